/**
 * An immutable map from text to values, cheap to change at any size.
 *
 * A change copies one path of a three-level, 32-way trie and shares the rest, so an event on one
 * app costs the same with 10 or 10,000 apps. Keys come from outside: `__proto__` is a key like
 * any other. Iteration order depends only on the keys, not on how the map came about.
 */
type Bucket<V> = readonly (readonly [string, V])[];
type Level<T> = readonly (T | undefined)[];
type Root<V> = Level<Level<Level<Bucket<V>>>>;

export interface PersistentMap<V> {
  readonly size: number;
  readonly root: Root<V>;
}

export const emptyMap: PersistentMap<never> = { size: 0, root: [] };

export function mapGet<V>(map: PersistentMap<V>, key: string): V | undefined {
  const hash = hashOf(key);
  const bucket = map.root[hash & 31]?.[(hash >>> 5) & 31]?.[(hash >>> 10) & 31];
  if (bucket === undefined) return undefined;
  for (const pair of bucket) if (pair[0] === key) return pair[1];
  return undefined;
}

export function mapHas<V>(map: PersistentMap<V>, key: string): boolean {
  return mapGet(map, key) !== undefined;
}

/** The same map when the value is the same. `undefined` deletes. */
export function mapSet<V>(
  map: PersistentMap<V>,
  key: string,
  value: V | undefined,
): PersistentMap<V> {
  const hash = hashOf(key);
  const [a, b, c] = [hash & 31, (hash >>> 5) & 31, (hash >>> 10) & 31];
  const level1 = map.root[a];
  const level2 = level1?.[b];
  const bucket = level2?.[c] ?? [];
  const index = bucket.findIndex((pair) => pair[0] === key);
  const old = index < 0 ? undefined : bucket[index]?.[1];
  if (old === value) return map;
  const rest = index < 0 ? bucket : bucket.filter((_, at) => at !== index);
  const next = value === undefined ? rest : insertSorted(rest, key, value);
  const nextLevel2 = replace(level2 ?? [], c, next.length === 0 ? undefined : next);
  const nextLevel1 = replace(level1 ?? [], b, nextLevel2);
  return {
    size: map.size + (old === undefined ? 1 : 0) - (value === undefined ? 1 : 0),
    root: replace(map.root, a, nextLevel1) ?? [],
  };
}

export function* mapEntries<V>(map: PersistentMap<V>): Generator<readonly [string, V]> {
  if (map.size === 0) return;
  for (const level1 of map.root) {
    if (level1 === undefined) continue;
    for (const level2 of level1) {
      if (level2 === undefined) continue;
      for (const bucket of level2) if (bucket !== undefined) yield* bucket;
    }
  }
}

/** Keys whose values are not the same in both; sorted. What the two share is not looked at. */
export function mapChangedKeys<V>(
  before: PersistentMap<V>,
  after: PersistentMap<V>,
): readonly string[] {
  if (before === after) return [];
  const keys = new Set<string>();
  for (let a = 0; a < 32; a++) {
    const [beforeA, afterA] = [before.root[a], after.root[a]];
    if (beforeA === afterA) continue;
    for (let b = 0; b < 32; b++) {
      const [beforeB, afterB] = [beforeA?.[b], afterA?.[b]];
      if (beforeB === afterB) continue;
      for (let c = 0; c < 32; c++) {
        if (beforeB?.[c] === afterB?.[c]) continue;
        for (const [key] of beforeB?.[c] ?? []) keys.add(key);
        for (const [key] of afterB?.[c] ?? []) keys.add(key);
      }
    }
  }
  return [...keys].filter((key) => mapGet(before, key) !== mapGet(after, key)).sort();
}

/** Sorted by code units, so that what is derived from it does not depend on hashing. */
export function mapKeysSorted<V>(map: PersistentMap<V>): readonly string[] {
  if (map.size === 0) return [];
  const keys: string[] = [];
  for (const [key] of mapEntries(map)) keys.push(key);
  return keys.length === 1 ? keys : keys.sort();
}

export function mapFrom<V>(entries: Iterable<readonly [string, V]>): PersistentMap<V> {
  let map: PersistentMap<V> = emptyMap;
  for (const [key, value] of entries) map = mapSet(map, key, value);
  return map;
}

/** Undefined when nothing is left: what is empty must not be gone through again and again. */
function replace<T>(level: Level<T>, index: number, value: T | undefined): Level<T> | undefined {
  if (value === undefined && level.every((item, at) => at === index || item === undefined)) {
    return undefined;
  }
  const copy = level.slice();
  while (copy.length < index) copy.push(undefined);
  copy[index] = value;
  return copy;
}

function insertSorted<V>(bucket: Bucket<V>, key: string, value: V): Bucket<V> {
  const at = bucket.findIndex((pair) => pair[0] > key);
  const pair = [key, value] as const;
  return at < 0 ? [...bucket, pair] : [...bucket.slice(0, at), pair, ...bucket.slice(at)];
}

/** FNV-1a over UTF-16 code units, folded to 15 bits. */
function hashOf(key: string): number {
  const hash = fnv1a(key);
  return (hash ^ (hash >>> 15)) & 0x7fff;
}

/** 32-bit FNV-1a over UTF-16 code units; also what the retry jitter is derived from. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}
