/**
 * Asks apps that were changed whether they are well: once a second each, until one says so. Tells the
 * first yes, and a no only when it is another one than before. Never throws.
 */
import type { SchedulerLike } from 'rxjs';
import type { Event } from '../../src/domain/event.ts';
import type { HealthWish } from '../../src/domain/rollout/healthWish.ts';
import { createAlarm } from '../fleet/alarm.ts';
import type { ProbeOutcome } from './probeUrl.ts';

export interface HealthRunnerDeps {
  readonly scheduler: SchedulerLike;
  /** Settles when it is aborted. */
  readonly probe: (wish: HealthWish, signal: AbortSignal) => Promise<ProbeOutcome>;
  readonly tell: (news: Extract<Event, { type: 'HealthChecked' }>) => void;
}

export interface HealthRunner {
  /** All that are to be asked now; whoever is not there is asked no more. */
  readonly want: (wishes: readonly HealthWish[]) => void;
  readonly stop: () => void;
}

const everyMs = 1_000;
export const probeMaxMs = 5_000;

interface Asked {
  readonly key: string;
  readonly over: AbortController;
}

export function startHealthRunner(deps: HealthRunnerDeps): HealthRunner {
  const askedByApp = new Map<string, Asked>();
  const end = (app: string): void => {
    askedByApp.get(app)?.over.abort();
    askedByApp.delete(app);
  };
  return {
    want: (wishes) => {
      const wanted = new Set<string>(wishes.map(({ app }) => app));
      for (const app of [...askedByApp.keys()]) if (!wanted.has(app)) end(app);
      for (const wish of wishes) {
        const key = keyOf(wish);
        if (askedByApp.get(wish.app)?.key === key) continue;
        end(wish.app);
        const over = new AbortController();
        askedByApp.set(wish.app, { key, over });
        void ask(deps, wish, over.signal);
      }
    },
    stop: () => {
      for (const app of [...askedByApp.keys()]) end(app);
    },
  };
}

/** Other processes are asked anew, though they are of the same version. */
function keyOf({ contentSha256, probe, program, processes }: HealthWish): string {
  return JSON.stringify([contentSha256, probe, program, processes]);
}

async function ask(deps: HealthRunnerDeps, wish: HealthWish, over: AbortSignal): Promise<void> {
  const { scheduler, probe, tell } = deps;
  const { app, contentSha256 } = wish;
  let told: string | undefined;
  // Whoever made the wish is to be done with it first.
  await Promise.resolve();
  while (!over.aborted) {
    const begunMs = scheduler.now();
    const { isHealthy, detail } = await bounded(scheduler, over, (signal) => probe(wish, signal));
    if (over.aborted) return;
    if (isHealthy || detail !== told) {
      tell({ type: 'HealthChecked', app, contentSha256, isHealthy, detail });
    }
    if (isHealthy) return;
    told = detail;
    const alarm = createAlarm(scheduler, over);
    await alarm.wait(begunMs + everyMs);
  }
}

async function bounded(
  scheduler: SchedulerLike,
  over: AbortSignal,
  run: (signal: AbortSignal) => Promise<ProbeOutcome>,
): Promise<ProbeOutcome> {
  const one = new AbortController();
  const abort = (): void => one.abort();
  over.addEventListener('abort', abort, { once: true });
  const timer = scheduler.schedule(abort, probeMaxMs);
  try {
    return await run(one.signal);
  } catch (error) {
    return { isHealthy: false, detail: `unexpected: ${String(error).slice(0, 200)}` };
  } finally {
    timer.unsubscribe();
    over.removeEventListener('abort', abort);
  }
}
