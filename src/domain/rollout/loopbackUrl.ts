/**
 * URLs that a health check may ask: those of this host and of nothing else.
 *
 * Stricter than what a browser takes: no user, no blank, no backslash, no other spelling of an
 * address, so that whoever connects cannot read another host out of it than was seen here.
 */
import { type Address, parseAddress } from '../address.ts';

const urlMax = 2048;
const pattern =
  /^https?:\/\/(?:\[([0-9a-fA-F:.]+)\]|([0-9a-zA-Z.]+))(?::(\d{1,5}))?(?:[/?][\w!$%&'()*+,./:;=?@~-]*)?$/;

/** Undefined when it may be asked; else why not, as the end of "… is not ". */
export function loopbackUrlFault(url: string): string | undefined {
  const match = url.length > urlMax ? null : pattern.exec(url);
  if (match === null) return 'a URL such as http://127.0.0.1:8088/ready';
  const [, inBrackets, plain = '', port] = match;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) {
    return 'a URL with a port from 1 to 65535';
  }
  if (plain.toLowerCase() === 'localhost') return undefined;
  const address = parseAddress(inBrackets ?? plain);
  const isOfItsForm = inBrackets === undefined || inBrackets.includes(':');
  return address !== undefined && isOfItsForm && isLoopback(address)
    ? undefined
    : 'on this host: a health check asks localhost, 127.0.0.1 or [::1]';
}

function isLoopback({ groups }: Address): boolean {
  const [first = 0, ...rest] = groups;
  if (groups.length === 2) return first >> 8 === 127;
  return [first, ...rest].every((group, index) => group === (index === 7 ? 1 : 0));
}
