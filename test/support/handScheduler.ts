/**
 * A scheduler moved by hand. `advance` lets promises settle between any two actions, which
 * rxjs's own virtual time does not, so streams that await can be tested without a clock.
 */
import { setImmediate as settle } from 'node:timers/promises';
import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';

export interface HandScheduler extends SchedulerLike {
  /** Runs everything that falls due within `ms`, in order. */
  advance(ms: number): Promise<void>;
}

export function createHandScheduler(startMs = 0): HandScheduler {
  let nowMs = startMs;
  let queue: { readonly atMs: number; readonly run: () => void }[] = [];
  const schedule: SchedulerLike['schedule'] = (work, delayMs = 0, state) => {
    const action: SchedulerAction<typeof state> = Object.assign(new Subscription(), {
      schedule: (nextState?: typeof state, nextDelayMs = 0): Subscription => {
        const entry = {
          atMs: nowMs + Math.max(nextDelayMs, 0),
          run: () => {
            if (!action.closed) work.call(action as SchedulerAction<never>, nextState as never);
          },
        };
        queue.push(entry);
        action.add(() => (queue = queue.filter((other) => other !== entry)));
        return action;
      },
    });
    return action.schedule(state, delayMs);
  };
  return {
    now: () => nowMs,
    schedule,
    advance: async (ms) => {
      const untilMs = nowMs + ms;
      for (;;) {
        await settle();
        const next = queue
          .filter((entry) => entry.atMs <= untilMs)
          .reduce<(typeof queue)[number] | undefined>(
            (first, entry) => (first === undefined || entry.atMs < first.atMs ? entry : first),
            undefined,
          );
        if (next === undefined) break;
        queue = queue.filter((entry) => entry !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
      }
      nowMs = untilMs;
    },
  };
}
