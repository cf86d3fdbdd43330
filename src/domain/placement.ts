/**
 * The placement grammar (design section 5): on which hosts an app runs.
 *
 * Items are separated by commas and white space of any kind (line breaks and no-break spaces
 * too); empty items and duplicates are nothing special. An item that makes no sense is a warning
 * for that item alone. An exclusion wins over everything, wherever it stands; exclusions alone
 * place an app nowhere. Total, and linear in the length of the text.
 */
import {
  type Address,
  type Block,
  blockContains,
  canonicalAddress,
  formatBlock,
  parseAddress,
  parseBlock,
} from './address.ts';
import { assertNever } from './assertNever.ts';
import { quote } from './quote.ts';
import { type Identity, type Problem } from './types.ts';

export { canonicalAddress } from './address.ts';

export type PlacementItem = Readonly<{ isExclusion: boolean; target: PlacementTarget }>;

export type PlacementTarget =
  | Readonly<{ type: 'Everywhere' }>
  /** Canonical text. */
  | Readonly<{ type: 'Address'; address: string }>
  | Readonly<{ type: 'Block'; block: Block }>
  /** Lower case, without a dot at the end. */
  | Readonly<{ type: 'HostName'; name: string }>;

export interface Placement {
  /** In the order of the text, no duplicates. */
  readonly items: readonly PlacementItem[];
  /** `W_PLACEMENT_ITEM`, one for each different unknown item, the first 20 of them. */
  readonly warnings: readonly Problem[];
  /** Something is written, but no item of it makes sense. An exclusion makes sense. */
  readonly isUnintelligible: boolean;
}

const warningsMax = 20;

/** Host names end at 253 characters, addresses and blocks long before. */
const itemLengthMax = 256;

export function parsePlacement(text: string): Placement {
  const itemsByForm = new Map<string, PlacementItem>();
  const unknown = new Set<string>();
  for (const [word] of text.matchAll(/[^\s,]+/g)) {
    const parsed = parseItem(word);
    if (parsed === undefined) unknown.add(word);
    else itemsByForm.set(parsed.form, parsed.item);
  }
  return {
    items: [...itemsByForm.values()],
    warnings: warningsFor([...unknown]),
    isUnintelligible: itemsByForm.size === 0 && unknown.size > 0,
  };
}

export function isPlacedHere(placement: Placement, identity: Identity): boolean {
  return placementTest(identity)(placement);
}

/** The same for many placements on one host. */
export function placementTest(identity: Identity): (placement: Placement) => boolean {
  const host = hostFacts(identity);
  return ({ items }) => {
    let isIncluded = false;
    for (const { isExclusion, target } of items) {
      if (!isExclusion && isIncluded) continue;
      if (!isTarget(target, host)) continue;
      if (isExclusion) return false;
      isIncluded = true;
    }
    return isIncluded;
  };
}

/** Whether a placement item can name a host so: letters, digits, `-` and `_` between dots. */
export function isHostName(text: string): boolean {
  if (text.length > 253 || /^[\d.]*\.[\d.]*$/.test(text)) return false;
  return /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*$/.test(text);
}

function parseItem(word: string): { form: string; item: PlacementItem } | undefined {
  if (word.length > itemLengthMax) return undefined;
  const isExclusion = word.startsWith('!');
  const parsed = parseTarget(isExclusion ? word.slice(1) : word);
  if (parsed === undefined) return undefined;
  return {
    form: `${isExclusion ? '!' : ''}${parsed.form}`,
    item: { isExclusion, target: parsed.target },
  };
}

function parseTarget(word: string): { form: string; target: PlacementTarget } | undefined {
  if (word === '*') return { form: word, target: { type: 'Everywhere' } };
  const block = parseBlock(word);
  if (block !== undefined) return { form: formatBlock(block), target: { type: 'Block', block } };
  const address = canonicalAddress(word);
  if (address !== undefined) return { form: address, target: { type: 'Address', address } };
  const name = foldHostName(word);
  return isHostName(name) ? { form: name, target: { type: 'HostName', name } } : undefined;
}

/** Names that differ in case alone, or by a dot at the end, are one. */
export function foldHostName(name: string): string {
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}

interface HostFacts {
  readonly addressTexts: ReadonlySet<string>;
  readonly addresses: readonly Address[];
  readonly names: ReadonlySet<string>;
}

function hostFacts(identity: Identity): HostFacts {
  const addresses = identity.addresses.map(parseAddress).filter((a) => a !== undefined);
  return {
    addressTexts: new Set(identity.addresses.map((text) => canonicalAddress(text) ?? text)),
    addresses,
    names: new Set([identity.hostId, ...identity.hostNames].map(foldHostName)),
  };
}

function isTarget(target: PlacementTarget, host: HostFacts): boolean {
  switch (target.type) {
    case 'Everywhere':
      return true;
    case 'Address':
      return host.addressTexts.has(target.address);
    case 'Block':
      return host.addresses.some((address) => blockContains(target.block, address));
    case 'HostName':
      return host.names.has(target.name);
    default:
      return assertNever(target);
  }
}

function warningsFor(unknown: readonly string[]): readonly Problem[] {
  return unknown.slice(0, warningsMax).map((word, index) => {
    const more = unknown.length - warningsMax;
    const others = index === warningsMax - 1 && more > 0 ? ` (and ${String(more)} more)` : '';
    return {
      code: 'W_PLACEMENT_ITEM',
      line: 0,
      message: `${quote(word)} is no address, block or host name: ignored${others}`,
      remedy: `${hint(word)}Items are addresses, blocks like 10.0.0.0/8, host names, * or !item.`,
    };
  });
}

function hint(word: string): string {
  if (word.includes('%')) return 'Leave out the zone id. ';
  if (/[，、；;]/.test(word)) return 'Put commas or blanks between items. ';
  if (/^!?[\d.]+$/.test(word)) return 'An IPv4 address has four numbers from 0 to 255. ';
  if (word.includes('/')) return 'A block is an address, a slash and the number of leading bits. ';
  return '';
}
