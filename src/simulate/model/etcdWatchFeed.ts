/**
 * What a watch is to be sent, out of the history: a watch that begins in the past is caught up in
 * rounds, and cancelled when what it needs was compacted; so is one whose reader is too slow.
 */
import { type KeyChange } from '../../domain/etcdCalls.ts';
import { type Revision } from '../../domain/types.ts';
import { type EtcdFollower, type EtcdHistory } from './etcd.ts';
import { type CallsDeps } from './etcdModelCalls.ts';
import {
  isInRange,
  type NameRange,
  type StoredChange,
  type StoredRevision,
  textOf,
} from './etcdStore.ts';

export interface WatchFeed {
  /** From this revision on; 0 means from now. `isOldSent`: with something older first. */
  readonly start: (revision: bigint, isOldSent: boolean) => void;
  readonly isBehind: () => boolean;
  readonly close: () => void;
}

export interface WatchFeedHooks {
  /** Never empty. The revision is that of the store. */
  readonly onChanges: (changes: readonly KeyChange[], revision: Revision) => void;
  /** No more should come for a while. */
  readonly isCrowded: () => boolean;
  readonly onCompacted: (compacted: bigint) => void;
  readonly onRestart: () => void;
}

/** etcd 3.4: so many revisions in a round, and a round in so many milliseconds. */
const roundMax = 1_000;
const roundMs = 100;

export function createWatchFeed(
  history: EtcdHistory,
  { scheduler, rng }: Pick<CallsDeps, 'scheduler' | 'rng'>,
  range: NameRange,
  { onChanges, isCrowded, onCompacted, onRestart }: WatchFeedHooks,
): WatchFeed {
  /** All before was handed on, or is not wanted. */
  let next = 0n;
  let isBehind = false;
  let isOver = false;

  const handOn = (stored: readonly StoredRevision[], revision: Revision): void => {
    const changes = stored.flatMap((one) => within(range, one.changes));
    if (changes.length > 0) onChanges(changes, revision);
  };

  const follower: EtcdFollower = {
    onRevision: (stored) => {
      if (isBehind || stored.revision < next) return;
      if (isCrowded()) fallBehind(stored.revision, roundMs);
      else handOn([stored], stored.text);
    },
    onRestart: () => {
      isOver = true;
      onRestart();
    },
  };

  function fallBehind(revision: bigint, delayMs: number): void {
    next = revision;
    isBehind = true;
    scheduler.schedule(catchUp, delayMs);
  }

  function catchUp(): void {
    if (isOver) return;
    if (isCrowded()) fallBehind(next, roundMs);
    else if (next < history.compacted()) onCompacted(history.compacted());
    else {
      const round = history.from(next, roundMax);
      const current = history.current();
      const last = round.at(-1)?.revision ?? current;
      next = last + 1n;
      isBehind = last < current;
      if (isBehind) fallBehind(next, roundMs);
      handOn(round, textOf(current));
    }
  }

  return {
    start: (revision, isOldSent) => {
      const current = history.current();
      history.follow(follower);
      next = revision > 0n ? revision : current + 1n;
      if (next <= current) fallBehind(next, rng.next() * roundMs);
      // Fixed in 3.4.38: a watch from the future is sent what is older.
      else if (isOldSent) handOn(history.from(current, 1), textOf(current));
    },
    isBehind: () => isBehind,
    close: () => {
      isOver = true;
      history.unfollow(follower);
    },
  };
}

function within(range: NameRange, changes: readonly StoredChange[]): readonly StoredChange[] {
  const isAll = changes.every(({ name }) => isInRange(name, range));
  return isAll ? changes : changes.filter(({ name }) => isInRange(name, range));
}
