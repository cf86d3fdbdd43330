/**
 * Keys and values at every revision that is still kept, as etcd 3.4 keeps them: synchronous, no
 * time and no wire. Revisions are bigints in here. A write costs one object for each key it
 * changes; only `copyStore` copies.
 */
import { type EtcdKeyValue, type KeyChange } from '../../domain/etcdCalls.ts';
import { compareRevisions, type Revision } from '../../domain/types.ts';

export interface EtcdStore {
  revision: bigint;
  /** Reads of what was before are refused; what stood at this revision is kept. */
  compacted: bigint;
  readonly historiesByName: Map<string, KeyHistory>;
  /** The keys of the map, sorted; a deleted key stays until it is compacted. */
  names: string[];
  /** Consecutive, up to `revision`. */
  log: StoredRevision[];
}

/** Everything that one revision changed. */
export interface StoredRevision {
  readonly revision: bigint;
  readonly text: Revision;
  readonly changes: readonly StoredChange[];
}

/** `name` is the key as one character for each byte: compares as etcd compares keys. */
export interface StoredChange extends KeyChange {
  readonly name: string;
}

interface KeyHistory {
  readonly name: string;
  readonly key: Uint8Array;
  /** Oldest first. */
  versions: Version[];
}

interface Version {
  readonly revision: bigint;
  /** Undefined: deleted. */
  readonly kv: EtcdKeyValue | undefined;
}

/** Keys from `low` up to, and without, `high`; undefined: no end. */
export interface NameRange {
  readonly low: string;
  readonly high: string | undefined;
}

/** `value` undefined deletes. */
export type StoreWrite =
  Readonly<{ key: Uint8Array; value: Uint8Array | undefined }> | Readonly<{ deleteAll: NameRange }>;

/** One at a `revision` above 1 is as if everything up to it were compacted. */
export function createStore(revision = 1n): EtcdStore {
  const compacted = revision > 1n ? revision : 0n;
  return { revision, compacted, historiesByName: new Map(), names: [], log: [] };
}

export function copyStore(store: EtcdStore): EtcdStore {
  const historiesByName = new Map<string, KeyHistory>();
  for (const [name, history] of store.historiesByName) {
    historiesByName.set(name, { ...history, versions: [...history.versions] });
  }
  return { ...store, historiesByName, names: [...store.names], log: [...store.log] };
}

/** All at the next revision, in this order; undefined when nothing was changed by it. */
export function writeStore(
  store: EtcdStore,
  writes: readonly StoreWrite[],
): StoredRevision | undefined {
  const revision = store.revision + 1n;
  const text = textOf(revision);
  const changes: StoredChange[] = [];
  const remove = (history: KeyHistory | undefined): void => {
    if (history?.versions.at(-1)?.kv === undefined) return;
    history.versions.push({ revision, kv: undefined });
    const { name, key } = history;
    changes.push({ type: 'Delete', name, key, value: nothing, isNew: false, modRevision: text });
  };
  const put = (key: Uint8Array, value: Uint8Array): void => {
    const history = historyOf(store, key);
    const isNew = history.versions.at(-1)?.kv === undefined;
    const kv = { key: history.key, value, modRevision: text };
    history.versions.push({ revision, kv });
    changes.push({ type: 'Put', name: history.name, ...kv, isNew });
  };
  for (const write of writes) {
    if ('deleteAll' in write) namesIn(store, write.deleteAll).forEach((name) => remove(get(name)));
    else if (write.value === undefined) remove(get(nameOf(write.key)));
    else put(write.key, write.value);
  }
  if (changes.length === 0) return undefined;
  store.revision = revision;
  const stored = { revision, text, changes };
  store.log.push(stored);
  return stored;

  function get(name: string): KeyHistory | undefined {
    return store.historiesByName.get(name);
  }
}

/**
 * Sorted by key, and one more than the limit when there are more; `limit` 0 for all. `count` is of
 * all keys, whenever they were changed. `revision` must be kept.
 */
export function readStore(
  store: EtcdStore,
  range: NameRange,
  revision: bigint,
  limit: number,
  changedAfter?: Revision,
): { readonly kvs: readonly EtcdKeyValue[]; readonly count: number } {
  const kvs: EtcdKeyValue[] = [];
  let count = 0;
  const { names, historiesByName } = store;
  for (let index = firstAtLeast(names, range.low); index < names.length; index += 1) {
    const name = names[index] ?? '';
    if (range.high !== undefined && name >= range.high) break;
    const kv = kvAt(historiesByName.get(name), revision);
    if (kv === undefined) continue;
    count += 1;
    const isAsked =
      changedAfter === undefined || compareRevisions(kv.modRevision, changedAfter) > 0;
    if (isAsked && (limit === 0 || kvs.length <= limit)) kvs.push(kv);
  }
  return { kvs, count };
}

/** From this revision on, at most so many; it must not be below what is compacted. */
export function revisionsFrom(
  { log }: EtcdStore,
  revision: bigint,
  countMax: number,
): readonly StoredRevision[] {
  const first = log[0]?.revision;
  if (first === undefined) return [];
  const start = revision <= first ? 0 : Number(revision - first);
  return log.slice(start, start + countMax);
}

/**
 * Keeps of the history up to this revision only what stood there. As in etcd before 3.4.36, a
 * deletion by this very revision is forgotten, though a watch may still begin at it.
 */
export function compactStore(store: EtcdStore, revision: bigint): void {
  for (const [name, history] of store.historiesByName) {
    const { versions } = history;
    const last = versions.findLastIndex((version) => version.revision <= revision);
    if (last < 0) continue;
    const first = versions[last]?.kv === undefined ? last + 1 : last;
    if (first > 0) history.versions = versions.slice(first);
    if (history.versions.length === 0) store.historiesByName.delete(name);
  }
  if (store.historiesByName.size < store.names.length) {
    store.names = store.names.filter((name) => store.historiesByName.has(name));
  }
  const kept = revisionsFrom(store, revision, Infinity);
  store.log = kept.map((stored) =>
    stored.revision === revision
      ? { ...stored, changes: stored.changes.filter(({ type }) => type === 'Put') }
      : stored,
  );
  store.compacted = revision;
}

/** As etcd reads a range: without an end the one key, with the end `\0` all from the key on. */
export function nameRange(key: Uint8Array, rangeEnd: Uint8Array | undefined): NameRange {
  const low = nameOf(key);
  if (rangeEnd === undefined || rangeEnd.length === 0) return { low, high: `${low}\0` };
  const high = nameOf(rangeEnd);
  return { low, high: high === '\0' ? undefined : high };
}

export function isInRange(name: string, { low, high }: NameRange): boolean {
  return name >= low && (high === undefined || name < high);
}

export function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

export function textOf(revision: bigint): Revision {
  return String(revision) as Revision;
}

const nothing = new Uint8Array();

function historyOf(store: EtcdStore, key: Uint8Array): KeyHistory {
  const name = nameOf(key);
  const known = store.historiesByName.get(name);
  if (known !== undefined) return known;
  const history: KeyHistory = { name, key, versions: [] };
  store.historiesByName.set(name, history);
  store.names.splice(firstAtLeast(store.names, name), 0, name);
  return history;
}

function namesIn({ names }: EtcdStore, { low, high }: NameRange): readonly string[] {
  const end = high === undefined ? names.length : firstAtLeast(names, high);
  return names.slice(firstAtLeast(names, low), end);
}

function kvAt(history: KeyHistory | undefined, revision: bigint): EtcdKeyValue | undefined {
  const versions = history?.versions ?? [];
  for (let index = versions.length - 1; index >= 0; index -= 1) {
    const version = versions[index];
    if (version !== undefined && version.revision <= revision) return version.kv;
  }
  return undefined;
}

function firstAtLeast(names: readonly string[], name: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] ?? '') < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
