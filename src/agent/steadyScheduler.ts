/**
 * The agent's time: the wall clock, except that it never stands still and never goes back.
 *
 * What has to wait is waited for by this time. When somebody sets the date back, or the journal is of
 * a time that is yet to come (the machine woke up with a wrong date), it goes on from where it was,
 * a little slower than the wall clock, which so catches up with it again.
 */
import { asyncScheduler, type SchedulerLike } from 'rxjs';

export interface SteadyDeps {
  /** Milliseconds since the epoch; may jump. */
  readonly wallMs: () => number;
  /** Milliseconds since whenever; only ever goes on. */
  readonly monotonicMs: () => number;
}

export interface SteadyScheduler extends SchedulerLike {
  /** From now on it is at least this late, in milliseconds since the epoch. */
  readonly raiseTo: (ms: number) => void;
}

/** How fast time goes while the wall clock is behind. */
const slowPace = 0.9;

const realTime: SteadyDeps = { wallMs: Date.now, monotonicMs: () => performance.now() };

export function createSteadyScheduler(deps: SteadyDeps = realTime): SteadyScheduler {
  let lastMs = deps.wallMs();
  let readMs = deps.monotonicMs();
  const now = (): number => {
    const monotonicMs = deps.monotonicMs();
    lastMs = Math.max(deps.wallMs(), lastMs + (monotonicMs - readMs) * slowPace);
    readMs = monotonicMs;
    // Times are whole milliseconds everywhere; the rest of them is not lost.
    return Math.floor(lastMs);
  };
  return {
    now,
    raiseTo: (ms) => {
      lastMs = Math.max(now(), ms);
    },
    // Its timers are those of Node, which do not know the date.
    schedule: asyncScheduler.schedule.bind(asyncScheduler),
  };
}
