/**
 * How often a host may write what it has to tell: soon, when that is rare or awaited; ever more slowly
 * for a host whose processes bounce for ever; and at a moment of its own when all hosts see the same.
 */
export interface Pace {
  /** There may be something new. */
  readonly note: (nowMs: number) => void;
  /** When it is to be looked at; undefined for not until something is noted. */
  readonly dueMs: () => number | undefined;
  /** Looked at; true when it is to be written now. */
  readonly look: (news: News, nowMs: number) => boolean;
}

export type News =
  | 'None'
  /** Of etcd as a whole: other hosts see the same at the same time. */
  | 'Revisions'
  /** Somebody may wait for it: how far an app is. */
  | 'Awaited'
  | 'Other';

/** What happens together is told together. */
const gatherMs = 200;
const lookEveryMs = 1_000;
/** So many writes at once, and one more for each of these times. */
const burst = 10;
const refillMs = 5_000;
export const revisionsEveryMs = 300_000;

/** `phase` from [0, 1): where in each five minutes this host tells of revisions. */
export function createPace(phase: number): Pace {
  const phaseMs = Math.floor(phase * revisionsEveryMs);
  let notedAtMs: number | undefined;
  let lookedAtMs = -Infinity;
  let revisionsDueMs: number | undefined;
  let tokens = burst;
  let refilledAtMs = 0;

  const refill = (nowMs: number): void => {
    if (tokens === burst) refilledAtMs = nowMs;
    const gained = Math.floor((nowMs - refilledAtMs) / refillMs);
    tokens = Math.min(burst, tokens + gained);
    refilledAtMs += gained * refillMs;
  };

  return {
    note: (nowMs) => {
      notedAtMs ??= nowMs;
    },
    dueMs: () => {
      if (notedAtMs === undefined) return revisionsDueMs;
      const dueMs = Math.max(notedAtMs + gatherMs, lookedAtMs + lookEveryMs);
      return Math.min(dueMs, revisionsDueMs ?? Infinity);
    },
    look: (news, nowMs) => {
      refill(nowMs);
      notedAtMs = undefined;
      lookedAtMs = nowMs;
      const isDue = revisionsDueMs !== undefined && nowMs >= revisionsDueMs;
      if (news === 'Revisions' && !isDue) {
        const sinceMs = (nowMs + revisionsEveryMs - phaseMs) % revisionsEveryMs;
        revisionsDueMs ??= nowMs + revisionsEveryMs - sinceMs;
        return false;
      }
      revisionsDueMs = undefined;
      if (news === 'None' || news === 'Revisions') return news === 'Revisions';
      if (tokens === 0 && news === 'Other') {
        notedAtMs = nowMs;
        return false;
      }
      tokens = Math.max(0, tokens - 1);
      return true;
    },
  };
}
