/**
 * One watch as a member of etcd serves it: what it sends, in order, right or with the bugs that
 * the wire is told to have.
 */
import { type KeyChange, type WatchQuery, type WatchSignal } from '../../domain/etcdCalls.ts';
import { type Revision } from '../../domain/types.ts';
import { type ModelEtcd } from './etcd.ts';
import { type CallsDeps, lostConnection, refusalOf } from './etcdModelCalls.ts';
import { type NameRange, nameRange, textOf } from './etcdStore.ts';
import { createWatchFeed } from './etcdWatchFeed.ts';
import { type EtcdWireState } from './etcdWire.ts';

export interface WatchServer {
  /** The request has arrived; once. */
  readonly begin: () => void;
  readonly isEmpty: () => boolean;
  readonly take: () => WatchSignal | undefined;
  /** Ends the watch, behind all that was sent. */
  readonly fail: (signal: Failed) => void;
  readonly close: () => void;
}

export interface WatchServerHooks {
  /** There is something to take. */
  readonly onSent: () => void;
  /** The member ended, and the connection with it. */
  readonly onRestart: () => void;
}

/** In messages; a reader that is further behind is caught up from the history. */
const outboxMax = 128;

export function createWatchServer(
  etcd: ModelEtcd,
  deps: CallsDeps,
  query: WatchQuery,
  { onSent, onRestart }: WatchServerHooks,
): WatchServer {
  const range = nameRange(query.key, query.rangeEnd);
  const outbox: WatchSignal[] = [];
  let isOver = false;

  const send = (signal: WatchSignal): void => {
    if (isOver) return;
    outbox.push(signal);
    if (signal.type === 'Failed') close();
    onSent();
  };
  const feed = createWatchFeed(etcd.history, deps, range, {
    onChanges: createPost(etcd, deps, send),
    isCrowded: () => outbox.length >= outboxMax,
    onCompacted: (revision) => {
      send(compactedAt(revision));
    },
    onRestart,
  });

  function close(): void {
    isOver = true;
    feed.close();
  }

  function notifyOfProgress(delayMs: number): void {
    deps.scheduler.schedule(() => {
      if (isOver) return;
      if (outbox.length === 0 && !feed.isBehind()) send(notice(etcd));
      notifyOfProgress(delayMs);
    }, delayMs);
  }

  return {
    begin: () => {
      if (isOver) return;
      const state = deps.wire.state();
      const first = greeting(etcd, state, range);
      send(first);
      if (first.type === 'Failed') return;
      feed.start(BigInt(query.startRevision), deps.rng.chance(state.bugs.old));
      if (state.progressMs !== undefined) notifyOfProgress(state.progressMs);
    },
    isEmpty: () => outbox.length === 0,
    take: () => outbox.shift(),
    fail: send,
    close,
  };
}

/** What the request to watch is answered with. */
function greeting(
  etcd: ModelEtcd,
  state: EtcdWireState,
  { low, high }: NameRange,
): Extract<WatchSignal, { type: 'Created' | 'Failed' }> {
  const refusal = refusalOf(state);
  if (refusal !== undefined) return failed({ ...refusal, wasSent: true });
  if (high !== undefined && low >= high) return emptyRange;
  const asOf = etcd.history.current() - BigInt(state.lagRevisions);
  const revision = textOf(asOf > 1n ? asOf : 1n);
  return { type: 'Created', clusterId: etcd.clusterId(), revision };
}

/** From changes to messages, where what is wrong with etcd goes wrong. */
function createPost(
  etcd: ModelEtcd,
  { rng, wire }: CallsDeps,
  send: (signal: WatchSignal) => void,
): (changes: readonly KeyChange[], revision: Revision) => void {
  /** Some of what was sent, for it to come again. */
  let remembered: readonly KeyChange[][] = [];

  return (changes, revision) => {
    const { bugs, fragmentMax } = wire.state();
    const sendAll = (some: readonly KeyChange[], isCut = false): void => {
      for (let start = 0; start < some.length; start += fragmentMax) {
        const part = some.slice(start, start + fragmentMax);
        const isFragment = isCut || start + fragmentMax < some.length;
        const clusterId = etcd.clusterId();
        send({ type: 'Changed', clusterId, revision, changes: part, isFragment });
      }
    };
    if (rng.chance(bugs.earlyNotices)) send(notice(etcd));
    if (rng.chance(bugs.breaks)) {
      sendAll(changes.slice(0, rng.below(changes.length)), true);
      send(failed(lostConnection));
      return;
    }
    const kept = rng.chance(bugs.drops) ? withoutOne(changes, rng.below(changes.length)) : changes;
    sendAll(kept);
    if (rng.chance(bugs.repeats)) sendAll(kept);
    if (rng.chance(bugs.old) && remembered.length > 0) sendAll(rng.pick(remembered));
    if (bugs.old > 0) remembered = [...remembered.slice(-15), [...changes]];
  };
}

function withoutOne<T>(all: readonly T[], index: number): readonly T[] {
  return all.filter((_, at) => at !== index);
}

function notice(etcd: ModelEtcd): WatchSignal {
  const [clusterId, revision] = [etcd.clusterId(), etcd.revision()];
  return { type: 'Changed', clusterId, revision, changes: [], isFragment: false };
}

type Failed = Extract<WatchSignal, { type: 'Failed' }>;

export function failed(error: Failed['error']): Failed {
  return { type: 'Failed', error };
}

const emptyRange = failed({
  type: 'Canceled',
  wasSent: true,
  detail: 'etcd cancelled the watch: mvcc: watcher range is empty',
});

function compactedAt(revision: bigint): Failed {
  const detail = `the history before revision ${String(revision)} is gone`;
  return failed({ type: 'Compacted', wasSent: true, detail });
}
