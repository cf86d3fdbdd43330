/** Waiting until something happens, or a time has come, or it is all over. */
import { type SchedulerLike, Subscription } from 'rxjs';

export interface Alarm {
  /** Who waits goes on. */
  readonly ring: () => void;
  /** By the scheduler's time at the latest; at once when it is all over. */
  readonly wait: (untilMs: number) => Promise<void>;
}

export function createAlarm(scheduler: SchedulerLike, over: AbortSignal): Alarm {
  let wake: () => void = () => undefined;
  const ring = (): void => {
    wake();
  };
  over.addEventListener('abort', ring, { once: true });
  return {
    ring,
    wait: (untilMs) =>
      new Promise((resolve) => {
        const timer = new Subscription();
        wake = () => {
          wake = () => undefined;
          timer.unsubscribe();
          resolve();
        };
        if (over.aborted) wake();
        else timer.add(scheduler.schedule(ring, Math.max(0, untilMs - scheduler.now())));
      }),
  };
}
