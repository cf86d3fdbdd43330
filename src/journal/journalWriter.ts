/**
 * Appends events to the journal: observations in batches, intents on disk before they count.
 *
 * When the disk refuses, nothing half-written stays visible and lines are no longer kept: the next
 * segment begins with a checkpoint that contains what they said. That segment is begun as soon as
 * there is space again, by itself. Never throws; memory is bounded.
 */
import { type SchedulerLike, type Subscription } from 'rxjs';
import { type FileDeps, nodeFileDeps } from '../clients/fileSystem.ts';
import { type DecisionSettings, type Recorded } from '../domain/event.ts';
import { err, type Result } from '../domain/result.ts';
import { type JournalError } from './journalError.ts';
import { createPendingLines } from './pendingLines.ts';
import { type Checkpoint, createSegmentKeeper } from './segmentKeeper.ts';

export interface JournalWriterDeps {
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  readonly scheduler: SchedulerLike;
  /** What the reducer has made of the events so far. Called when a segment begins. */
  readonly getCheckpoint: () => Checkpoint;
  readonly getSettings: () => DecisionSettings;
  /** The journal became unwritable, for this reason; undefined: writable again. */
  readonly onFault?: (fault: JournalError | undefined) => void;
  /** This machine's disk unless it is said otherwise. */
  readonly files?: FileDeps;
}

export interface JournalWriterOptions {
  readonly dir: string;
  /** Of supervene. */
  readonly version: string;
  readonly host: string;
  readonly segmentBytes?: number;
  readonly keepBytes?: number;
  /** How long observations may wait to be written, and to be made durable. */
  readonly flushMs?: number;
  readonly syncMs?: number;
  /** Between attempts to write again after a fault. */
  readonly retryMs?: number;
}

export interface JournalWriter {
  /** Begins a segment of this life. Also when that fails, the writer goes on trying. */
  readonly start: () => Promise<Result<void, JournalError>>;
  /** In the order of `seq`. Written within `flushMs`. */
  readonly append: (recorded: Recorded) => void;
  /**
   * Resolves when everything appended before is on disk, as a line or in a checkpoint, or says why
   * it is not: then no effect may follow. After a fault a call is also an attempt to recover.
   */
  readonly commitIntent: () => Promise<Result<void, JournalError>>;
  readonly fault: () => JournalError | undefined;
  /** Writes what is left. Nothing may be appended afterwards. */
  readonly close: () => Promise<Result<void, JournalError>>;
}

const defaults = {
  segmentBytes: 16 * 1024 * 1024,
  keepBytes: 256 * 1024 * 1024,
  flushMs: 50,
  syncMs: 500,
  retryMs: 1_000,
};

export function createJournalWriter(
  deps: JournalWriterDeps,
  options: JournalWriterOptions,
): JournalWriter {
  const settings = { ...defaults, ...options };
  const pending = createPendingLines();
  const keeper = createSegmentKeeper({ files: nodeFileDeps, ...deps, pending }, settings);
  let fault: JournalError | undefined;
  let chain: Promise<unknown> = Promise.resolve();
  const alarm = createAlarm(deps.scheduler, () => save(false));

  /** One at a time, in the order asked for: that is the order on disk. */
  const save = (isDurable: boolean): Promise<Result<void, JournalError>> => {
    const dropsBefore = pending.drops();
    const done = chain.then(async () => {
      const result = await keeper.save(isDurable);
      report(result.ok ? undefined : result.error);
      if (!result.ok) alarm.within(settings.retryMs);
      else if (keeper.hasUnsynced()) alarm.within(settings.syncMs);
      if (!result.ok || pending.drops() === dropsBefore) return result;
      // Lines of this caller may be among those that were given up in the meantime.
      return err<JournalError>({ type: 'Failed', detail: 'the journal was unwritable meanwhile' });
    });
    chain = done;
    return done;
  };

  const report = (now: JournalError | undefined): void => {
    const isNews = fault?.detail !== now?.detail;
    fault = now;
    if (isNews) deps.onFault?.(now);
  };

  return {
    start: () => save(true),
    append: (recorded) => {
      pending.push(recorded);
      alarm.within(fault === undefined ? settings.flushMs : settings.retryMs);
    },
    commitIntent: () => save(true),
    fault: () => fault,
    close: async () => {
      alarm.close();
      const result = await save(true);
      await keeper.close();
      return result;
    },
  };
}

/** Calls `ring` at the earliest time asked for; not again before the last call is over. */
function createAlarm(scheduler: SchedulerLike, ring: () => Promise<unknown>) {
  let next: { readonly atMs: number; readonly timer: Subscription } | undefined;
  let isRinging = false;
  let isMissed = false;
  let isClosed = false;

  const within = (delayMs: number): void => {
    const atMs = scheduler.now() + delayMs;
    if (isClosed || (next !== undefined && next.atMs <= atMs)) return;
    next?.timer.unsubscribe();
    next = { atMs, timer: scheduler.schedule(() => void fire(), delayMs) };
  };

  const fire = async (): Promise<void> => {
    next = undefined;
    isMissed = isRinging;
    if (isRinging) return;
    isRinging = true;
    await ring();
    isRinging = false;
    if (isMissed) within(0);
  };

  return {
    within,
    close: (): void => {
      isClosed = true;
      next?.timer.unsubscribe();
    },
  };
}
