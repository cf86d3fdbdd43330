/** All keys below the prefix as a tree or as a list, and a value as what it means. Pure. */
import type { KeyEntry } from '../../../domain/console/api.ts';
import { decodeContent } from '../../../domain/content/decodeContent.ts';
import { encodeUtf8Into } from '../../../domain/utf8.ts';

export interface KeyRow {
  /** Of the folder or the key, with the prefix. */
  readonly path: string;
  /** What to show of it, at that depth. */
  readonly name: string;
  readonly depth: number;
  /** Undefined for a folder that is no key itself. */
  readonly entry: KeyEntry | undefined;
  /** Undefined for what has nothing below it. */
  readonly isOpen: boolean | undefined;
  /** Keys below it, and those of them with a remark; both 0 for a key without any. */
  readonly count: number;
  readonly remarks: number;
}

export interface KeyFilter {
  readonly find: string;
  readonly isStrangeOnly: boolean;
}

export function chooseKeys(
  keys: readonly KeyEntry[],
  { find, isStrangeOnly }: KeyFilter,
): readonly KeyEntry[] {
  const wanted = find.trim().toLowerCase();
  return keys.filter(
    ({ key, remark }) => (!isStrangeOnly || remark !== null) && key.toLowerCase().includes(wanted),
  );
}

export function listRows(keys: readonly KeyEntry[], prefix: string): readonly KeyRow[] {
  return keys.map((entry) => ({
    ...{ path: entry.key, name: withoutPrefix(entry.key, prefix), depth: 0, entry },
    ...{ isOpen: undefined, count: 0, remarks: 0 },
  }));
}

function withoutPrefix(key: string, prefix: string): string {
  return key.startsWith(prefix) ? key.slice(prefix.length) : key;
}

interface Folder {
  readonly path: string;
  readonly name: string;
  entry: KeyEntry | undefined;
  readonly inside: Map<string, Folder>;
}

/** Folders first opened are those that `isOpen` says. Each key is in it once. */
export function treeRows(
  keys: readonly KeyEntry[],
  prefix: string,
  isOpen: (path: string) => boolean,
): readonly KeyRow[] {
  const root: Folder = { path: prefix, name: '', entry: undefined, inside: new Map() };
  for (const entry of keys) {
    let at = root;
    for (const segment of withoutPrefix(entry.key, prefix).split('/')) {
      const path = at === root ? `${prefix}${segment}` : `${at.path}/${segment}`;
      const next: Folder = at.inside.get(segment) ?? {
        ...{ path, name: segment, entry: undefined, inside: new Map<string, Folder>() },
      };
      at.inside.set(segment, next);
      at = next;
    }
    at.entry = entry;
  }
  return [...root.inside.values()].flatMap((folder) => rowsOf(folder, 0, isOpen));
}

function rowsOf(
  folder: Folder,
  depth: number,
  isOpen: (path: string) => boolean,
): readonly KeyRow[] {
  const { path, name, entry, inside } = folder;
  const below = [...inside.values()].flatMap(keysIn);
  const open = inside.size === 0 ? undefined : isOpen(path);
  const row: KeyRow = {
    ...{ path, name, depth, entry, isOpen: open, count: below.length },
    remarks: below.filter(({ remark }) => remark !== null).length,
  };
  if (open !== true) return [row];
  return [row, ...[...inside.values()].flatMap((one) => rowsOf(one, depth + 1, isOpen))];
}

function keysIn({ entry, inside }: Folder): readonly KeyEntry[] {
  const own = entry === undefined ? [] : [entry];
  return [...own, ...[...inside.values()].flatMap(keysIn)];
}

/** What a `content` means beside what stands there; undefined when it is the same, or nothing. */
export function meaningOf(leaf: string | null, text: string | null): string | undefined {
  if (leaf !== 'content' || text === null) return undefined;
  const decoded = decodeContent({ type: 'Text', text });
  return decoded.ok && decoded.value !== text ? decoded.value : undefined;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 of the text in UTF-8. */
export function encodeContent(text: string): string {
  const space = new Uint8Array(text.length * 3);
  const bytes = space.subarray(0, encodeUtf8Into(text, space));
  let encoded = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const bits = (a << 16) | (b << 8) | c;
    const digits = [18, 12, 6, 0].map((shift) => alphabet[(bits >> shift) & 63] ?? '');
    const left = bytes.length - at;
    encoded += left === 1 ? `${digits.slice(0, 2).join('')}==` : '';
    encoded += left === 2 ? `${digits.slice(0, 3).join('')}=` : '';
    encoded += left > 2 ? digits.join('') : '';
  }
  return encoded;
}

/** What is typed to remove a key: its last part. */
export function lastPart(key: string): string {
  return key.split('/').findLast((part) => part !== '') ?? key;
}
