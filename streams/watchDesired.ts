/**
 * etcd as events: a listing, then one event for each revision, and a new listing whenever the
 * watch ended or is in doubt.
 *
 * Never completes, never errors: an outage is `DesiredLost`, told once (and again when its reason
 * changes) until the next listing. A listing is authoritative even when its revision is lower than
 * what was known; its reason says so. One list is in flight at most. Unsubscribing ends everything.
 */
import { Observable, type SchedulerLike } from 'rxjs';
import { assertNever } from '../src/domain/assertNever.ts';
import { type OpenWatch, type Range } from '../src/domain/etcdCalls.ts';
import { type Event, type ListReason, type LostReason } from '../src/domain/event.ts';
import { followDesired, type FollowDeps, lostReasonOf } from './followDesired.ts';
import { listDesired, type Listing } from './listDesired.ts';
import { createOutage } from './outage.ts';
import { createStoreMemory, type StoreMark } from './storeMemory.ts';

export interface WatchDesiredDeps {
  readonly range: Range;
  readonly openWatch: OpenWatch;
  readonly scheduler: SchedulerLike;
  /** From [0, 1). */
  readonly random: () => number;
  /**
   * Does this app concern this host? Called with the raw name and the text of its `ips`, which is
   * undefined when that leaf is missing. Must not throw.
   */
  readonly concernsHost: (app: string, ips: string | undefined) => boolean;
  /** Where signatures are looked at: ids of the trusted keys that signed such a document; sorted. */
  readonly signersOf?: ((document: string) => readonly string[]) | undefined;
  /** Emits when `concernsHost` may answer differently: all is listed again. */
  readonly relist$: Observable<void>;
}

export interface WatchDesiredOptions {
  readonly prefix: string;
  /** In keys; two for each app. */
  readonly pageSize?: number;
  /** Of each page, and of the creation of a watch. */
  readonly callTimeoutMs?: number;
  readonly auditMs?: number;
  /** How late a watched change may be before the audit believes that it was lost. */
  readonly auditGraceMs?: number;
  readonly backoffMinMs?: number;
  readonly backoffMaxMs?: number;
  /** While credentials are refused; each login costs etcd 70 ms of CPU. */
  readonly unauthorisedBackoffMaxMs?: number;
  /** A watch that stood for so long is no part of a series of failures. */
  readonly healthyAfterMs?: number;
  /** What the journal knew of etcd. */
  readonly known?: StoreMark | undefined;
}

export type DesiredEvent = Extract<
  Event,
  { type: 'DesiredListed' | 'DesiredChanged' | 'DesiredLost' }
>;

const defaults = {
  pageSize: 250,
  callTimeoutMs: 3_000,
  // With its spread of a quarter and the grace, an event that was lost is found within 30 s.
  auditMs: 22_000,
  auditGraceMs: 2_000,
  backoffMinMs: 100,
  // With the connection attempt of the client, an etcd that is back is listed within two seconds.
  backoffMaxMs: 1_500,
  unauthorisedBackoffMaxMs: 5_000,
  healthyAfterMs: 5_000,
};

export function watchDesired(
  deps: WatchDesiredDeps,
  options: WatchDesiredOptions,
): Observable<DesiredEvent> {
  return new Observable((subscriber) => {
    const stop = new AbortController();
    const source = createSource(deps, { ...defaults, ...options }, stop.signal, (event) => {
      if (!stop.signal.aborted) subscriber.next(event);
    });
    const relists = deps.relist$.subscribe({
      next: source.relist,
      // Without it identity changes go unnoticed; the list goes on.
      error: () => undefined,
    });
    void source.run();
    return () => {
      stop.abort();
      relists.unsubscribe();
    };
  });
}

type Settled = typeof defaults & WatchDesiredOptions;

function createSource(
  deps: WatchDesiredDeps,
  options: Settled,
  stop: AbortSignal,
  emit: (event: DesiredEvent) => void,
) {
  const tell = (reason: LostReason, detail: string): void => {
    emit({ type: 'DesiredLost', reason, detail });
  };
  const { scheduler, random } = deps;
  const outage = createOutage({ scheduler, random, tell, stop }, options.backoffMinMs);
  const memory = createStoreMemory(deps.range, options.known);
  let listReason: ListReason = 'Initial';
  /** Aborted when the listing or the watch in hand has become useless. */
  let round = new AbortController();

  function lose(reason: LostReason, detail: string): Promise<void> {
    const { backoffMaxMs, unauthorisedBackoffMaxMs } = options;
    const maxMs = reason === 'Unauthorised' ? unauthorisedBackoffMaxMs : backoffMaxMs;
    return outage.fail(reason, detail, maxMs);
  }

  function tellListing(listing: Listing, reason: ListReason): void {
    const { clusterId, revision, view, entries } = listing;
    memory.noteListing(listing);
    // Should identity change from here on; an outage overwrites it.
    listReason = 'IdentityChanged';
    outage.end();
    const [elsewhere, ignoredKeys] = [view.elsewhere(), view.ignoredKeys()];
    emit({ type: 'DesiredListed', clusterId, revision, reason, entries, elsewhere, ignoredKeys });
  }

  async function follow(listing: Listing): Promise<void> {
    const onRevision: FollowDeps['onRevision'] = (revision, entries, isEmptied) => {
      memory.noteRevision(revision);
      const extent = isEmptied ? { isEmptied } : {};
      emit({ type: 'DesiredChanged', revision, entries, ...extent });
    };
    const hooks = { onRevision, onStoreRevision: memory.noteAudit, onHealthy: outage.forget };
    const end = await followDesired({ ...deps, ...hooks }, listing, options, round.signal);
    if (end === undefined) return;
    listReason = reasonAfter(end.reason);
    await lose(end.reason, end.detail);
  }

  async function runOnce(): Promise<void> {
    const { signal } = (round = new AbortController());
    const { prefix, pageSize, callTimeoutMs: timeoutMs } = options;
    const listed = await listDesired(deps, { prefix, pageSize, timeoutMs, signal });
    if (signal.aborted || stop.aborted) return;
    if (!listed.ok) await lose(lostReasonOf(listed.error), listed.error.detail);
    else {
      const change = await memory.judge(listed.value, { timeoutMs, signal });
      if (signal.aborted || stop.aborted) return;
      tellListing(listed.value, change ?? listReason);
      if (!signal.aborted && !stop.aborted) await follow(listed.value);
    }
  }

  const abortRound = (): void => {
    round.abort();
  };

  async function run(): Promise<void> {
    stop.addEventListener('abort', abortRound);
    while (!stop.aborted) {
      try {
        await runOnce();
      } catch (thrown) {
        // Nothing in here throws; should it, then this source still must not die.
        await lose('Malformed', String(thrown));
      }
    }
  }

  return { relist: abortRound, run };
}

function reasonAfter(lost: LostReason): ListReason {
  switch (lost) {
    case 'Compacted':
    case 'ClusterChanged':
    case 'RevisionRegressed':
    case 'AuditMismatch':
      return lost;
    case 'Canceled':
      return 'WatchCanceled';
    case 'Unreachable':
    case 'TimedOut':
    case 'Unauthorised':
    case 'NoLeader':
    case 'Malformed':
      return 'Reconnected';
    default:
      return assertNever(lost);
  }
}
