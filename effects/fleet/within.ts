/** A bound on how long something is waited for. */
import type { SchedulerLike } from 'rxjs';

/** Resolves with the work, or after so long at the latest. */
export function within(scheduler: SchedulerLike, ms: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = scheduler.schedule(() => {
      resolve();
    }, ms);
    void work.then(() => {
      timer.unsubscribe();
      resolve();
    });
  });
}
