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
/** What came of the last try is to be known when the time is over. */
const lastWordMs = 200;

interface Asked {
  readonly key: string;
  /** When it is too late may only be known later. */
  untilMs: number | undefined;
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
        const { untilMs } = wish;
        const before = askedByApp.get(wish.app);
        if (before?.key === key) {
          before.untilMs = untilMs;
          continue;
        }
        end(wish.app);
        const asked = { key, untilMs, over: new AbortController() };
        askedByApp.set(wish.app, asked);
        void ask(deps, wish, asked);
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

async function ask(deps: HealthRunnerDeps, wish: HealthWish, asked: Asked): Promise<void> {
  const { scheduler, probe, tell } = deps;
  const over = asked.over.signal;
  const { app, contentSha256 } = wish;
  let told: string | undefined;
  // Whoever made the wish is to be done with it first.
  await Promise.resolve();
  while (!over.aborted) {
    const begunMs = scheduler.now();
    const maxMs = maxMsOf(asked, begunMs);
    const run = (signal: AbortSignal): Promise<ProbeOutcome> => probe(wish, signal);
    const { outcome, isCut } = await bounded(scheduler, { over, maxMs, run });
    const { isHealthy, detail } = outcome;
    if (over.aborted) return;
    // One that had less time than any says nothing against what is known.
    const isLess = isCut && maxMs < probeMaxMs && told !== undefined;
    if (isHealthy || (detail !== told && !isLess)) {
      tell({ type: 'HealthChecked', app, contentSha256, isHealthy, detail });
    }
    if (isHealthy) return;
    if (!isLess) told = detail;
    const alarm = createAlarm(scheduler, over);
    await alarm.wait(begunMs + everyMs);
  }
}

/** It ends in time to be told of before it is too late. */
function maxMsOf({ untilMs }: Asked, nowMs: number): number {
  const leftMs = untilMs === undefined ? Infinity : untilMs - nowMs;
  if (leftMs <= 0) return probeMaxMs;
  return Math.min(probeMaxMs, Math.max(leftMs - lastWordMs, leftMs / 2));
}

interface Try {
  readonly over: AbortSignal;
  readonly maxMs: number;
  readonly run: (signal: AbortSignal) => Promise<ProbeOutcome>;
}

async function bounded(
  scheduler: SchedulerLike,
  { over, maxMs, run }: Try,
): Promise<{ readonly outcome: ProbeOutcome; readonly isCut: boolean }> {
  const one = new AbortController();
  const abort = (): void => one.abort();
  over.addEventListener('abort', abort, { once: true });
  const timer = scheduler.schedule(abort, maxMs);
  try {
    return { outcome: await run(one.signal), isCut: one.signal.aborted };
  } catch (error) {
    const detail = `unexpected: ${String(error).slice(0, 200)}`;
    return { outcome: { isHealthy: false, detail }, isCut: false };
  } finally {
    timer.unsubscribe();
    over.removeEventListener('abort', abort);
  }
}
