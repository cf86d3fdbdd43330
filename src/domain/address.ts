/**
 * IPv4 and IPv6 addresses and CIDR blocks as values that can be compared.
 *
 * Accepted is what `inet_pton` accepts: four decimal octets without leading zeros, or RFC 4291
 * text. An IPv4-mapped IPv6 address is its IPv4 address. Zone ids (`fe80::1%eth0`) are refused:
 * a zone names an interface of one machine and means nothing to the others.
 */
export interface Address {
  /** 16-bit groups, most significant first: two for IPv4, eight for IPv6. */
  readonly groups: readonly number[];
}

export interface Block {
  readonly address: Address;
  /** How many leading bits count; bits after these are ignored, whatever was written. */
  readonly prefixBits: number;
}

/** A leading zero is octal to some programs and decimal to others: no address. */
const ipv4Pattern = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** RFC 5952 text (dotted decimal for IPv4), or undefined for anything but an address. */
export function canonicalAddress(text: string): string | undefined {
  if (ipv4Pattern.test(text)) return text;
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}

export function parseAddress(text: string): Address | undefined {
  if (text.length > 45) return undefined;
  const groups = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  if (groups === undefined) return undefined;
  return { groups: isIpv4Mapped(groups) ? groups.slice(6) : groups };
}

export function formatAddress({ groups }: Address): string {
  return groups.length === 2 ? formatIpv4(groups) : formatIpv6(groups);
}

/** `10.0.0.0/8`, `fd00::/8`. Host bits may be set: `10.1.2.3/8` is the same block. */
export function parseBlock(text: string): Block | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const bitsText = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(bitsText)) return undefined;
  const written = text.slice(0, slash);
  const address = parseAddress(written);
  if (address === undefined) return undefined;
  const bits = Number(bitsText);
  if (written.includes(':') && address.groups.length === 2) return mappedBlock(address, bits);
  return bits <= address.groups.length * 16 ? { address, prefixBits: bits } : undefined;
}

/** Blocks of one family contain no address of the other: `::/0` is every IPv6 address. */
export function blockContains(block: Block, address: Address): boolean {
  const groups = block.address.groups;
  if (groups.length !== address.groups.length) return false;
  return groups.every((group, index) => {
    const bits = Math.min(16, Math.max(0, block.prefixBits - index * 16));
    const mask = (0xffff << (16 - bits)) & 0xffff;
    return (group & mask) === ((address.groups[index] ?? 0) & mask);
  });
}

/** One text per block, so that two spellings of it are found to be the same. */
export function formatBlock({ address, prefixBits }: Block): string {
  return `${formatAddress(address)}/${String(prefixBits)}`;
}

function mappedBlock(address: Address, bits: number): Block | undefined {
  if (bits > 128) return undefined;
  if (bits >= 96) return { address, prefixBits: bits - 96 };
  return { address: { groups: [0, 0, 0, 0, 0, 0xffff, ...address.groups] }, prefixBits: bits };
}

function isIpv4Mapped(groups: readonly number[]): boolean {
  return groups.length === 8 && groups[5] === 0xffff && groups.slice(0, 5).every((g) => g === 0);
}

function parseIpv4(text: string): readonly number[] | undefined {
  if (!ipv4Pattern.test(text)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}

function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [headText = '', tailText] = halves;
  const head = parseGroups(headText, tailText === undefined);
  const tail = parseGroups(tailText ?? '', true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (tailText === undefined) return missing === 0 ? head : undefined;
  return missing >= 1 ? [...head, ...Array.from({ length: missing }, () => 0), ...tail] : undefined;
}

function parseGroups(text: string, isLast: boolean): readonly number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(parseInt(part, 16));
    else {
      // Dotted decimal may stand for the last two groups.
      const embedded = isLast && index === parts.length - 1 ? parseIpv4(part) : undefined;
      if (embedded === undefined) return undefined;
      groups.push(...embedded);
    }
  }
  return groups;
}

function formatIpv4(groups: readonly number[]): string {
  return groups.flatMap((group) => [group >> 8, group & 0xff]).join('.');
}

function formatIpv6(groups: readonly number[]): string {
  const run = longestZeroRun(groups);
  const hex = (part: readonly number[]): string => part.map((g) => g.toString(16)).join(':');
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let index = 0; index < groups.length; index += 1) {
    if (groups[index] !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
