/**
 * What supervisord shows, as events: a listing first and whenever supervisord may have started
 * anew, then only what changed. An observation that says nothing new is no event.
 *
 * It never ends and never errors. Polls follow one another, at most one is under way, and one that
 * is asked for is never lost: a poll that began before `pollNow$` spoke is followed by another.
 */
import { Observable, type SchedulerLike, type Subscriber, Subscription } from 'rxjs';
import type { CallError, Event } from '../src/domain/event.ts';
import { err, ok, type Result } from '../src/domain/result.ts';
import type { ProcessStatus } from '../src/domain/types.ts';

export type ProcessEvent = Extract<
  Event,
  { type: 'ProcessesListed' | 'ProcessesChanged' | 'SupervisorLost' }
>;

export interface WatchProcessesDeps {
  /** Sorted by id. */
  readonly getAllProcessInfo: () => Promise<Result<readonly ProcessStatus[], CallError>>;
  readonly getInstance: () => Promise<
    Result<{ readonly instance: string; readonly version: string }, CallError>
  >;
  /** Changes when `getInstance` may answer differently; without it, every poll asks. */
  readonly socketFingerprint?: () => string;
  readonly scheduler: SchedulerLike;
  /** `fast` while something is waited for: every call also wakes supervisord's loop. */
  readonly pace$: Observable<'normal' | 'fast'>;
  readonly pollNow$: Observable<void>;
}

export interface WatchProcessesOptions {
  readonly maxIntervalMs: number;
  /** Default 200. */
  readonly minIntervalMs?: number;
  /** Between the end of a poll and the next, at `fast`; default 15. */
  readonly fastIntervalMs?: number;
}

export function watchProcesses(
  deps: WatchProcessesDeps,
  options: WatchProcessesOptions,
): Observable<ProcessEvent> {
  return new Observable((subscriber) => {
    const watch = new Subscription();
    const observe = createObserver(subscriber);
    let timer: Subscription | undefined;
    let pace: 'normal' | 'fast' = 'normal';
    let isPolling = false;
    let isAsked = false;
    let pause: Pause = { roundTripMs: 0, quietMs: 0, error: undefined };
    let newsMs = deps.scheduler.now();

    const wait = (): void => {
      timer?.unsubscribe();
      timer = deps.scheduler.schedule(poll, pauseMs(pause, pace, options));
      watch.add(timer);
    };
    const poll = (): void => {
      isAsked = isPolling;
      if (isPolling) return;
      isPolling = true;
      timer?.unsubscribe();
      const beganMs = deps.scheduler.now();
      void look(deps, observe.fingerprint()).then((sight) => {
        if (watch.closed) return;
        const roundTripMs = deps.scheduler.now() - beganMs;
        if (observe.take(sight)) newsMs = deps.scheduler.now();
        const quietMs = deps.scheduler.now() - newsMs;
        pause = { roundTripMs, quietMs, error: sight.ok ? undefined : sight.error };
        isPolling = false;
        if (isAsked || (sight.ok && sight.value.isBlurred)) poll();
        else wait();
      });
    };
    // These end with the agent only; a fault in them must not end the polls.
    const ignore = (): void => undefined;
    watch.add(deps.pollNow$.subscribe({ next: poll, error: ignore }));
    watch.add(
      deps.pace$.subscribe({
        next: (wanted) => {
          const isFaster = wanted === 'fast' && pace === 'normal';
          pace = wanted;
          if (isFaster && !isPolling) wait();
        },
        error: ignore,
      }),
    );
    if (!isPolling) poll();
    return watch;
  });
}

interface Pause {
  readonly roundTripMs: number;
  /** For how long there has been no news. */
  readonly quietMs: number;
  readonly error: CallError | undefined;
}

// supervisord 4.2.5 may not come up again when a call reaches it while it restarts itself
// (Supervisor#1596), so a fault 6 is given time.
const shuttingDownMs = 1_000;

// With 50 programs, five polls a second cost 1.3 % of a core, and a still host may have 1 %.
const stillAfterMs = 10_000;
const stillFactor = 2;

function pauseMs(pause: Pause, pace: 'normal' | 'fast', options: WatchProcessesOptions): number {
  const { roundTripMs, quietMs, error } = pause;
  const leastMs = options.minIntervalMs ?? 200;
  const minMs = quietMs < stillAfterMs ? leastMs : stillFactor * leastMs;
  if (error?.type === 'ShuttingDown') return shuttingDownMs;
  if (pace === 'fast' && error === undefined) {
    // Never more than half of supervisord's time, however many processes it has.
    return Math.max(options.fastIntervalMs ?? 15, Math.min(roundTripMs, leastMs));
  }
  return Math.min(Math.max(20 * roundTripMs, minMs), Math.max(options.maxIntervalMs, minMs));
}

interface Sight {
  readonly processes: readonly ProcessStatus[];
  /** Undefined: as before. */
  readonly instance: { readonly instance: string; readonly version: string } | undefined;
  readonly fingerprint: string | undefined;
  /** supervisord changed while we looked, so this may be half of the old and half of the new. */
  readonly isBlurred: boolean;
}

/** Never rejects. */
async function look(
  deps: WatchProcessesDeps,
  knownFingerprint: string | undefined,
): Promise<Result<Sight, CallError>> {
  try {
    const fingerprint = deps.socketFingerprint?.();
    const listed = await deps.getAllProcessInfo();
    if (!listed.ok) return listed;
    const processes = listed.value;
    const isSame = fingerprint !== undefined && fingerprint === knownFingerprint;
    const found = isSame ? undefined : await deps.getInstance();
    if (found !== undefined && !found.ok) return found;
    const isBlurred = deps.socketFingerprint?.() !== fingerprint;
    return ok({ processes, instance: found?.value, fingerprint, isBlurred });
  } catch (error) {
    return err({ type: 'Failed', detail: String(error) });
  }
}

interface Observer {
  /** Of the instance that was reported; undefined while there is none. */
  fingerprint(): string | undefined;
  /** Whether there was news in it. */
  take(sight: Result<Sight, CallError>): boolean;
}

function createObserver(subscriber: Subscriber<ProcessEvent>): Observer {
  let instance: string | undefined;
  let fingerprint: string | undefined;
  let known: ReadonlyMap<string, ProcessStatus> = new Map();
  let lost: string | undefined;

  const lose = (error: CallError): boolean => {
    const kind = `${error.type} ${error.faultCode ?? ''}`;
    const isNew = kind !== lost;
    lost = kind;
    // So that the next success is a listing, and asks which instance it is.
    instance = undefined;
    fingerprint = undefined;
    if (isNew) subscriber.next({ type: 'SupervisorLost', error });
    return isNew;
  };
  const see = (sight: Sight): boolean => {
    const before = known;
    known = new Map(sight.processes.map((process) => [process.id, process]));
    lost = undefined;
    fingerprint = sight.fingerprint;
    const { processes } = sight;
    if (sight.instance !== undefined && sight.instance.instance !== instance) {
      instance = sight.instance.instance;
      const supervisorVersion = sight.instance.version;
      subscriber.next({ type: 'ProcessesListed', instance, supervisorVersion, processes });
      return true;
    }
    const changed = processes.filter((process) => !isEqual(process, before.get(process.id)));
    const gone = [...before.keys()].filter((id) => !known.has(id));
    const isNews = changed.length + gone.length > 0;
    if (isNews) subscriber.next({ type: 'ProcessesChanged', changed, gone });
    return isNews;
  };
  return {
    fingerprint: () => fingerprint,
    take: (sight) => {
      if (!sight.ok) return lose(sight.error);
      return sight.value.isBlurred || see(sight.value);
    },
  };
}

function isEqual(a: ProcessStatus, b: ProcessStatus | undefined): boolean {
  if (a === b) return true;
  return (
    b !== undefined &&
    a.state === b.state &&
    a.pid === b.pid &&
    a.startSec === b.startSec &&
    a.stopSec === b.stopSec &&
    a.exitStatus === b.exitStatus &&
    a.spawnError === b.spawnError
  );
}
