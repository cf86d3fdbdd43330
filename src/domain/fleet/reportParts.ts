/**
 * Spreads the items of a report over parts of bounded size, such that most changes rewrite one:
 * what was placed before stays in its part for as long as there is room, whatever comes and goes.
 * The first part is the head's own, and larger.
 */
import { utf8SizeBytes } from '../utf8.ts';

/** An item as JSON text. */
export interface PartItem {
  readonly key: string;
  readonly text: string;
}

/** The items of each part, in order; and where each one is. */
export interface Packing {
  readonly parts: readonly (readonly PartItem[])[];
  readonly placesByKey: ReadonlyMap<string, Place>;
}

interface Place {
  readonly part: number;
  readonly text: string;
}

export const emptyPacking: Packing = { parts: [], placesByKey: new Map() };

/** What fits in the first part, and in each of the others. */
export interface PartSizes {
  readonly firstBytes: number;
  readonly otherBytes: number;
}

/** An item that is larger by itself has a part of its own. */
export function packItems(items: readonly PartItem[], before: Packing, sizes: PartSizes): Packing {
  const packing = pack(items, before, sizes);
  if (packing.parts.length <= 2) return packing;
  // What many apps left behind when they went is cleared away once it is most of what there is.
  const anew = pack(items, emptyPacking, sizes);
  return packing.parts.length > 2 * anew.parts.length ? anew : packing;
}

interface OpenPart {
  readonly items: PartItem[];
  readonly roomBytes: number;
  sizeBytes: number;
}

function pack(items: readonly PartItem[], before: Packing, sizes: PartSizes): Packing {
  const parts: OpenPart[] = [];
  const partAt = (index: number): OpenPart => {
    for (;;) {
      const part = parts[index];
      if (part !== undefined) return part;
      const roomBytes = parts.length === 0 ? sizes.firstBytes : sizes.otherBytes;
      parts.push({ items: [], roomBytes, sizeBytes: 0 });
    }
  };
  const tryAdd = (part: OpenPart, item: PartItem): boolean => {
    const sizeBytes = utf8SizeBytes(item.text) + 1;
    if (part.items.length > 0 && part.sizeBytes + sizeBytes > part.roomBytes) return false;
    part.items.push(item);
    part.sizeBytes += sizeBytes;
    return true;
  };
  // First what did not change, which fitted before; then what grew, if it still fits; then the rest.
  const changed: PartItem[] = [];
  const rest: PartItem[] = [];
  for (const item of items) {
    const place = before.placesByKey.get(item.key);
    if (place?.text !== item.text) changed.push(item);
    else if (!tryAdd(partAt(place.part), item)) rest.push(item);
  }
  for (const item of changed) {
    const place = before.placesByKey.get(item.key);
    if (place === undefined || !tryAdd(partAt(place.part), item)) rest.push(item);
  }
  let from = 0;
  for (const item of rest) {
    while (!tryAdd(partAt(from), item)) from += 1;
  }
  return sealed(parts);
}

function sealed(parts: readonly OpenPart[]): Packing {
  const last = parts.findLastIndex(({ items }) => items.length > 0);
  const sorted = parts.slice(0, last + 1).map(({ items }) => items.toSorted(byKey));
  const placesByKey = new Map<string, Place>();
  for (const [part, items] of sorted.entries()) {
    for (const { key, text } of items) placesByKey.set(key, { part, text });
  }
  return { parts: sorted, placesByKey };
}

function byKey(a: PartItem, b: PartItem): number {
  return a.key < b.key ? -1 : 1;
}
