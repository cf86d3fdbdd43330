/**
 * Bounds how often something is shown, however much happens: what takes long to make is made less
 * often, so that most of the time is left for what it is made from.
 */
import { performance } from 'node:perf_hooks';

export interface Pace {
  /** Acts at once when it has been quiet, else when it is due; once for all calls until then. */
  readonly soon: () => void;
  readonly stop: () => void;
}

/** So many times as long as it took nothing is made. */
const restFactor = 4;

export function createPace(act: () => void, pauseMs: number): Pace {
  let timer: NodeJS.Timeout | undefined;
  let nextMs = Number.NEGATIVE_INFINITY;
  const run = (): void => {
    timer = undefined;
    const startMs = performance.now();
    act();
    const endMs = performance.now();
    nextMs = endMs + Math.max(pauseMs, restFactor * (endMs - startMs));
  };
  return {
    soon: () => {
      timer ??= setTimeout(run, Math.max(0, nextMs - performance.now()));
    },
    stop: () => {
      clearTimeout(timer);
    },
  };
}
