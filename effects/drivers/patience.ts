/**
 * How long a `supervisorctl` may take before it is taken for one that hangs.
 *
 * Nothing else is done while it runs, so it is given little more than those before it needed; but
 * one that was given up may only have been slow, so the next has twice as long, up to the most
 * there is. As soon as one comes to its end, the measure is that one.
 */
import type { SchedulerLike } from 'rxjs';

export interface Patience {
  /** For a run on so many groups, in milliseconds. */
  limitMs(groupCount: number): number;
  /** Call it as a run begins, and what it gives when the run is over. */
  begin(groupCount: number): (isGivenUp: boolean) => void;
}

/** Before any has run: Python starts late on a host that is just starting itself. */
const firstMs = 2_000;
const leastMs = 1_000;
/** So many times what the last one took. */
const margin = 4;

export function createPatience(
  scheduler: Pick<SchedulerLike, 'now'>,
  options: { readonly maxMs: number },
): Patience {
  let forOneMs = firstMs;
  return {
    limitMs: (groupCount) => Math.min(options.maxMs, forOneMs * effort(groupCount)),
    begin: (groupCount) => {
      const beganMs = scheduler.now();
      return (isGivenUp) => {
        const tookMs = (scheduler.now() - beganMs) / effort(groupCount);
        forOneMs = isGivenUp
          ? Math.min(options.maxMs, forOneMs * 2)
          : Math.max(leastMs, tookMs * margin);
      };
    },
  };
}

/** Most of it is Python's start; each group costs some more round trips. */
function effort(groupCount: number): number {
  return 1 + Math.max(0, groupCount - 1) / 10;
}
