/**
 * A model of one etcd, as clients see it: revisions, transactions, compaction, history for
 * watches, and what can happen to its data (wiped, restored, another cluster). Synchronous and
 * without faults of its own; the wire is `etcdClient.ts`. Proven against etcd 3.4 by a
 * differential test; not in here are leases, users and limits on the size of a request.
 */
import {
  type EtcdError,
  type EtcdKeyValue,
  type RangeAnswer,
  type RangeQuery,
  type TxnAnswer,
  type TxnQuery,
} from '../../domain/etcdCalls.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { type Revision } from '../../domain/types.ts';
import {
  compactStore,
  copyStore,
  createStore,
  type EtcdStore,
  nameOf,
  nameRange,
  readStore,
  revisionsFrom,
  type StoredRevision,
  type StoreWrite,
  textOf,
  writeStore,
} from './etcdStore.ts';

export interface ModelEtcdOptions {
  readonly clusterId?: string;
  /** Of the empty store; 1 as in etcd by default. A wipe goes back to 1 all the same. */
  readonly revision?: bigint;
}

/** Text stands for its UTF-8. */
export type Bytes = string | Uint8Array;

export interface ModelEtcd {
  readonly clusterId: () => string;
  readonly revision: () => Revision;
  /** These three give the revision of the store afterwards. */
  readonly put: (key: Bytes, value: Bytes) => Revision;
  readonly delete: (key: Bytes) => Revision;
  /** Without an end the one key; the end `\0` means all from the key on. */
  readonly deleteRange: (key: Bytes, rangeEnd?: Bytes) => Revision;
  /** At one revision, without a condition; `undefined` deletes. */
  readonly write: (values: Readonly<Record<string, Bytes | undefined>>) => Revision;
  readonly txn: (query: TxnQuery) => Result<TxnAnswer, EtcdError>;
  /** Always of the newest state: linearizable, as our client asks. */
  readonly range: (query: RangeQuery) => Result<RangeAnswer, EtcdError>;
  readonly get: (key: Bytes) => EtcdKeyValue | undefined;
  /** Up to this revision, the newest one by default. */
  readonly compact: (revision?: Revision) => Result<Revision, EtcdError>;
  /** An empty store at revision 1; the same cluster id unless another one is given. Ends watches. */
  readonly wipe: (clusterId?: string) => void;
  readonly snapshot: () => EtcdSnapshot;
  /** With all history it had; the cluster id stays unless another one is given. Ends watches. */
  readonly restore: (snapshot: EtcdSnapshot, clusterId?: string) => void;
  /** The same data under another cluster id. Ends watches. */
  readonly changeCluster: (clusterId: string) => void;
  /** A restart: the data stays, watches end. */
  readonly restart: () => void;
  readonly history: EtcdHistory;
}

/** What serves watches. */
export interface EtcdHistory {
  readonly current: () => bigint;
  readonly compacted: () => bigint;
  /** At most so many, from a revision that is not compacted. */
  readonly from: (revision: bigint, countMax: number) => readonly StoredRevision[];
  readonly follow: (follower: EtcdFollower) => void;
  readonly unfollow: (follower: EtcdFollower) => void;
}

export interface EtcdFollower {
  /** Each new revision, at once. Must not write. */
  readonly onRevision: (stored: StoredRevision) => void;
  /** etcd ended; it may be back with other data. Nobody follows any more. */
  readonly onRestart: () => void;
}

declare const isSnapshot: unique symbol;
/** Whatever happens to the etcd it was taken of, it stays as it is. */
export interface EtcdSnapshot {
  readonly [isSnapshot]: true;
}

/** The cluster id of an etcd that was started with the flags of its manual. */
const defaultClusterId = '14841639068965178418';

const txnWritesMax = 128;

export function createModelEtcd(options: ModelEtcdOptions = {}): ModelEtcd {
  let clusterId = options.clusterId ?? defaultClusterId;
  let store = createStore(options.revision);
  const followers = new Set<EtcdFollower>();

  const revision = (): Revision => store.log.at(-1)?.text ?? textOf(store.revision);

  function write(writes: readonly StoreWrite[]): Revision {
    const stored = writeStore(store, writes);
    if (stored !== undefined) for (const follower of followers) follower.onRevision(stored);
    return revision();
  }

  function restart(): void {
    const all = [...followers];
    followers.clear();
    for (const follower of all) follower.onRestart();
  }

  function replace(next: EtcdStore, nextClusterId: string | undefined): void {
    store = next;
    clusterId = nextClusterId ?? clusterId;
    restart();
  }

  return {
    clusterId: () => clusterId,
    revision,
    put: (key, value) => write([{ key: bytesOf(key), value: bytesOf(value) }]),
    delete: (key) => write([{ key: bytesOf(key), value: undefined }]),
    deleteRange: (key, rangeEnd = '') =>
      write([{ deleteAll: nameRange(bytesOf(key), bytesOf(rangeEnd)) }]),
    write: (values) => write(writesOf(values)),
    txn: (query) => {
      const refusal = refusalOfTxn(query);
      if (refusal !== undefined) return refusal;
      const isDone = query.compares.every(
        ({ key, modRevision }) => (newest(store, key)?.modRevision ?? '0') === modRevision,
      );
      if (isDone) write(query.writes);
      return ok({ clusterId, revision: revision(), isDone });
    },
    range: (query) => {
      const answer = select(store, query);
      return answer.ok ? ok({ clusterId, revision: revision(), ...answer.value }) : answer;
    },
    get: (key) => newest(store, bytesOf(key)),
    compact: (given) => {
      const at = given === undefined ? store.revision : BigInt(given);
      if (at <= store.compacted) return compacted();
      if (at > store.revision) return future();
      compactStore(store, at);
      return ok(revision());
    },
    wipe: (nextClusterId) => {
      replace(createStore(), nextClusterId);
    },
    // Nobody else can look inside.
    snapshot: () => copyStore(store) as unknown as EtcdSnapshot,
    restore: (snapshot, nextClusterId) => {
      replace(copyStore(snapshot as unknown as EtcdStore), nextClusterId);
    },
    changeCluster: (nextClusterId) => {
      replace(store, nextClusterId);
    },
    restart,
    history: {
      current: () => store.revision,
      compacted: () => store.compacted,
      from: (from, countMax) => revisionsFrom(store, from, countMax),
      follow: (follower) => followers.add(follower),
      unfollow: (follower) => followers.delete(follower),
    },
  };
}

function writesOf(values: Readonly<Record<string, Bytes | undefined>>): readonly StoreWrite[] {
  return Object.entries(values).map(([key, value]) => ({
    key: bytesOf(key),
    value: value === undefined ? undefined : bytesOf(value),
  }));
}

function newest(store: EtcdStore, key: Uint8Array): EtcdKeyValue | undefined {
  return readStore(store, nameRange(key, undefined), store.revision, 1).kvs[0];
}

type Selected = Pick<RangeAnswer, 'kvs' | 'hasMore' | 'count'>;

function select(store: EtcdStore, query: RangeQuery): Result<Selected, EtcdError> {
  if (query.key.length === 0) return refused(3, 'key is not provided');
  const asked = BigInt(query.revision ?? 0);
  if (asked > store.revision) return future();
  const revision = asked > 0n ? asked : store.revision;
  if (revision < store.compacted) return compacted();
  const range = nameRange(query.key, query.rangeEnd);
  const limit = Math.max(0, query.limit ?? 0);
  if (query.countOnly === true) {
    return ok({ kvs: [], hasMore: false, count: readStore(store, range, revision, 1).count });
  }
  const { kvs: read, count } = readStore(store, range, revision, limit, query.changedAfter);
  const some = limit > 0 ? read.slice(0, limit) : read;
  const kvs = query.keysOnly === true ? some.map((kv) => ({ ...kv, value: noValue })) : some;
  return ok({ kvs, hasMore: some.length < read.length, count });
}

const noValue = new Uint8Array();

/** What etcd refuses before it looks at its data. */
function refusalOfTxn({ compares, writes }: TxnQuery): ReturnType<typeof refused> | undefined {
  if (compares.length > txnWritesMax || writes.length > txnWritesMax) {
    return refused(3, 'too many operations in txn request');
  }
  if ([...compares, ...writes].some(({ key }) => key.length === 0)) {
    return refused(3, 'key is not provided');
  }
  const [puts, deletes] = [new Set<string>(), new Set<string>()];
  for (const { key, value } of writes) {
    const name = nameOf(key);
    const isTwice = puts.has(name) || (value !== undefined && deletes.has(name));
    if (isTwice) return refused(3, 'duplicate key given in txn request');
    (value === undefined ? deletes : puts).add(name);
  }
  return undefined;
}

function compacted() {
  return refused(11, 'mvcc: required revision has been compacted', 'Compacted');
}

function future() {
  return refused(11, 'mvcc: required revision is a future revision');
}

const namesOfCodes = { 3: 'INVALID_ARGUMENT', 11: 'OUT_OF_RANGE' } as const;

/** As the client puts etcd's refusals. */
function refused(code: 3 | 11, text: string, type: EtcdError['type'] = 'Failed') {
  const detail = `${String(code)} ${namesOfCodes[code]}: etcdserver: ${text}`;
  return err<EtcdError>({ type, wasSent: true, detail });
}

function bytesOf(bytes: Bytes): Uint8Array {
  return typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
}
