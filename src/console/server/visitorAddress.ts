/**
 * Where a request comes from: the other end of its connection, unless that is a proxy whose word is
 * taken (console.proxies). Such a one adds whom it heard to `X-Forwarded-For`; what stands before
 * that was written by the visitor, and is worth nothing.
 */
import {
  type Block,
  blockContains,
  canonicalAddress,
  parseAddress,
  parseBlock,
} from '../../domain/address.ts';

/** `peer`: as the socket has it. `forwarded`: all of the header's lines, joined by commas. */
export type VisitorAddress = (peer: string, forwarded: string | undefined) => string;

/** Of addresses and blocks. */
export function createVisitorAddress(proxies: readonly string[]): VisitorAddress {
  const blocks = proxies.flatMap((text) => {
    const block = parseProxy(text);
    return block === undefined ? [] : [block];
  });
  const isProxy = (text: string): boolean => {
    const address = parseAddress(text);
    return address !== undefined && blocks.some((block) => blockContains(block, address));
  };
  return (peer, forwarded) => {
    const own = canonicalAddress(peer) ?? peer;
    if (forwarded === undefined || !isProxy(own)) return own;
    let from = own;
    for (const entry of forwarded.split(',').reverse()) {
      const address = canonicalAddress(entry.trim());
      if (address === undefined) return own;
      from = address;
      if (!isProxy(address)) break;
    }
    return from;
  };
}

/** One address is a block of its own. */
export function parseProxy(text: string): Block | undefined {
  const address = parseAddress(text);
  if (address === undefined) return parseBlock(text);
  return { address, prefixBits: address.groups.length * 16 };
}
