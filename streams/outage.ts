/**
 * Outages of a source: told once, and again when the reason changes, or its text by more than
 * numbers: an etcd that dropped the connection may have come back with a certificate that expired.
 * Each failure is followed by a longer pause, full jitter up to a limit.
 */
import { type SchedulerLike, Subscription } from 'rxjs';

export interface Outage<Reason> {
  /** Resolves when it is time to try again, or when stopped. */
  readonly fail: (reason: Reason, detail: string, pauseMaxMs: number) => Promise<void>;
  readonly isGoingOn: () => boolean;
  /** It works again; the next pause still counts the failures before. */
  readonly end: () => void;
  /** It has worked for long enough: the next pause is short. */
  readonly forget: () => void;
}

export interface OutageDeps<Reason> {
  readonly scheduler: SchedulerLike;
  /** From [0, 1). */
  readonly random: () => number;
  readonly tell: (reason: Reason, detail: string) => void;
  readonly stop: AbortSignal;
}

/** Different texts that are told for one reason in one outage: who tells them is not to be trusted. */
const textsMax = 5;

export function createOutage<Reason>(
  { scheduler, random, tell, stop }: OutageDeps<Reason>,
  pauseMinMs: number,
): Outage<Reason> {
  let told: { reason: Reason; texts: Set<string> } | undefined;
  let failures = 0;
  return {
    fail: (reason, detail, pauseMaxMs) => {
      const text = detail.replace(/\d+/g, '');
      if (told?.reason !== reason) told = { reason, texts: new Set() };
      if (!told.texts.has(text) && told.texts.size < textsMax) {
        told.texts.add(text);
        tell(reason, detail);
      }
      const limitMs = Math.min(pauseMaxMs, pauseMinMs * 2 ** Math.min(failures, 20));
      failures += 1;
      return pause(scheduler, random() * limitMs, stop);
    },
    isGoingOn: () => told !== undefined,
    end: () => {
      told = undefined;
    },
    forget: () => {
      failures = 0;
    },
  };
}

/** Resolves early when stopped. */
function pause(scheduler: SchedulerLike, delayMs: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = new Subscription();
    const done = (): void => {
      timer.unsubscribe();
      stop.removeEventListener('abort', done);
      resolve();
    };
    stop.addEventListener('abort', done);
    timer.add(scheduler.schedule(done, delayMs));
    if (stop.aborted) done();
  });
}
