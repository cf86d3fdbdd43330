/** Bounds how often something is shown, however much happens. */
import { performance } from 'node:perf_hooks';

export interface Pace {
  /** Acts at once when it has been quiet, else when it is due; once for all calls until then. */
  readonly soon: () => void;
  readonly stop: () => void;
}

export function createPace(act: () => void, pauseMs: number): Pace {
  let timer: NodeJS.Timeout | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  const run = (): void => {
    timer = undefined;
    lastMs = performance.now();
    act();
  };
  return {
    soon: () => {
      timer ??= setTimeout(run, Math.max(0, pauseMs - (performance.now() - lastMs)));
    },
    stop: () => {
      clearTimeout(timer);
    },
  };
}
