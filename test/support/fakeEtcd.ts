/**
 * An etcd in memory for the streams: keeps every revision, and does wrong what a test tells it to.
 * Answers at once; a watch is told only what `deliver` sends.
 */
import {
  type EtcdError,
  type EtcdKeyValue,
  type KeyChange,
  type OpenWatch,
  type Range,
  type RangeQuery,
  type WatchQuery,
  type WatchSignal,
} from '../../src/domain/etcdCalls.ts';
import { err, ok } from '../../src/domain/result.ts';
import { del, kv, put, rev } from './etcdValues.ts';

export interface FakeWatch {
  readonly query: WatchQuery;
  readonly send: (signal: WatchSignal) => void;
  isPaused: boolean;
  isCanceled: boolean;
}

export interface FakeEtcd {
  readonly range: Range;
  readonly openWatch: OpenWatch;
  readonly queries: RangeQuery[];
  readonly watches: FakeWatch[];
  clusterId: string;
  /** Instead of an answer. */
  fail: ((query: RangeQuery) => EtcdError | undefined) | undefined;
  /** Awaited before each answer. */
  delay: (() => Promise<void>) | undefined;
  /** How many ranges are under way, and were at most. */
  readonly inFlight: () => { readonly now: number; readonly max: number };
  readonly revision: () => number;
  /** Changes at one revision; undefined deletes. Nobody is told. */
  readonly write: (changes: Readonly<Record<string, string | undefined>>) => readonly KeyChange[];
  /** Goes back to this revision, as a restored snapshot does. */
  readonly restore: (revision: number) => void;
  readonly compact: (revision: number) => void;
  /** To the newest watch. */
  readonly created: () => void;
  readonly deliver: (changes: readonly KeyChange[], isFragment?: boolean) => void;
  readonly break: (error: EtcdError) => void;
}

export function etcdError(type: EtcdError['type'], detail: string = type): EtcdError {
  return { type, wasSent: true, detail };
}

type Store = ReadonlyMap<string, EtcdKeyValue>;

export function createFakeEtcd(): FakeEtcd {
  let stores: Store[] = [new Map(), new Map()];
  let compacted = 0;
  let now = 0;
  let max = 0;
  const latest = (): Store => stores.at(-1) ?? new Map<string, EtcdKeyValue>();
  const revision = (): number => stores.length - 1;
  const header = () => ({ clusterId: fake.clusterId, revision: rev(revision()) });
  const last = (): FakeWatch | undefined => fake.watches.at(-1);

  const fake: FakeEtcd = {
    clusterId: 'c1',
    fail: undefined,
    delay: undefined,
    queries: [],
    watches: [],
    range: async (query, limits) => {
      fake.queries.push(query);
      now += 1;
      max = Math.max(max, now);
      await fake.delay?.();
      now -= 1;
      if (limits?.signal?.aborted === true) return err(etcdError('Canceled'));
      const failed = fake.fail?.(query);
      if (failed !== undefined) return err(failed);
      if (Number(query.revision ?? revision()) < compacted) return err(etcdError('Compacted'));
      const store = query.revision === undefined ? latest() : stores[Number(query.revision)];
      return ok({ ...header(), ...select(store ?? new Map(), query) });
    },
    openWatch: (query, onSignal) => {
      const watch: FakeWatch = {
        query,
        isPaused: false,
        isCanceled: false,
        send: (signal) => {
          if (!watch.isCanceled) onSignal(signal);
        },
      };
      fake.watches.push(watch);
      return {
        pause: () => (watch.isPaused = true),
        resume: () => (watch.isPaused = false),
        cancel: () => (watch.isCanceled = true),
      };
    },
    inFlight: () => ({ now, max }),
    revision,
    write: (changes) => {
      const store = new Map(latest());
      const at = revision() + 1;
      const events = Object.entries(changes).map(([key, value]) => {
        const isNew = !store.has(key);
        if (value === undefined) store.delete(key);
        else store.set(key, kv(key, value, at));
        return value === undefined ? del(key, at) : put(key, value, at, isNew);
      });
      stores.push(store);
      return events;
    },
    restore: (to) => {
      stores = stores.slice(0, to + 1);
    },
    compact: (at) => {
      compacted = at;
    },
    created: () => last()?.send({ type: 'Created', ...header() }),
    deliver: (changes, isFragment = false) =>
      last()?.send({ type: 'Changed', ...header(), changes, isFragment }),
    break: (error) => last()?.send({ type: 'Failed', error }),
  };
  return fake;
}

function select(store: Store, query: RangeQuery) {
  const end = query.rangeEnd;
  const all = [...store.values()]
    .filter(({ key }) =>
      end === undefined
        ? Buffer.compare(key, query.key) === 0
        : Buffer.compare(key, query.key) >= 0 && Buffer.compare(key, end) < 0,
    )
    .sort((a, b) => Buffer.compare(a.key, b.key));
  if (query.countOnly === true) return { kvs: [], count: all.length, hasMore: false };
  const after = Number(query.changedAfter ?? 0);
  const wanted = all.filter(({ modRevision }) => Number(modRevision) > after);
  const kvs = wanted.slice(0, query.limit);
  return { kvs, count: all.length, hasMore: kvs.length < wanted.length };
}
