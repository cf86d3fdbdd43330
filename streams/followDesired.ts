/**
 * From a listing on: every later revision as one `DesiredChanged`, in order, until something makes
 * the watch doubtful. Audits it from time to time. Ends by resolving, always with a reason;
 * whoever listens must then list anew.
 */
import { type SchedulerLike, Subscription } from 'rxjs';
import { assertNever } from '../src/domain/assertNever.ts';
import {
  type EtcdError,
  type OpenWatch,
  type Range,
  type WatchHandle,
  type WatchSignal,
} from '../src/domain/etcdCalls.ts';
import { type DesiredEntry, type LostReason } from '../src/domain/event.ts';
import { compareRevisions, type Revision } from '../src/domain/types.ts';
import { auditDesired, type AuditFinding } from './auditDesired.ts';
import { createDelivery } from './deliverRevisions.ts';
import { prefixRange } from './etcdBytes.ts';
import { type Listing } from './listDesired.ts';

export interface FollowDeps {
  readonly range: Range;
  readonly openWatch: OpenWatch;
  readonly scheduler: SchedulerLike;
  readonly random: () => number;
  readonly onRevision: (
    revision: Revision,
    entries: readonly DesiredEntry[],
    isEmptied: boolean,
  ) => void;
  /** A revision of the store that was seen, whatever was changed by it. */
  readonly onStoreRevision: (revision: Revision) => void;
  /** The watch has stood for a while. */
  readonly onHealthy: () => void;
}

export interface FollowOptions {
  readonly prefix: string;
  readonly callTimeoutMs: number;
  readonly auditMs: number;
  readonly auditGraceMs: number;
  readonly healthyAfterMs: number;
}

export interface FollowEnd {
  readonly reason: LostReason;
  readonly detail: string;
}

/** Resolves with undefined when `stop` was aborted. */
export function followDesired(
  deps: FollowDeps,
  listing: Listing,
  options: FollowOptions,
  stop: AbortSignal,
): Promise<FollowEnd | undefined> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const timers = new Subscription();
    let handle: WatchHandle | undefined;
    const onStop = (): void => {
      end(undefined);
    };
    const end = (why: FollowEnd | undefined): void => {
      if (over.signal.aborted) return;
      over.abort();
      timers.unsubscribe();
      handle?.cancel();
      stop.removeEventListener('abort', onStop);
      resolve(why);
    };
    stop.addEventListener('abort', onStop);
    const life: Life = {
      signal: over.signal,
      end,
      after: (delayMs, run) => {
        const timer = deps.scheduler.schedule(run, delayMs);
        timers.add(timer);
        return timer;
      },
    };
    const gate = { pause: () => handle?.pause(), resume: () => handle?.resume() };
    const onSignal = createListener(deps, listing, options, life, gate);
    const query = { ...prefixRange(options.prefix), startRevision: next(listing.revision) };
    handle = deps.openWatch(query, onSignal);
    if (stop.aborted) onStop();
    // Ended while it was being opened.
    if (over.signal.aborted) handle.cancel();
  });
}

/** One watch from its opening to its end. */
interface Life {
  readonly signal: AbortSignal;
  readonly end: (why: FollowEnd) => void;
  /** Not after the end. */
  readonly after: (delayMs: number, run: () => void) => Subscription;
}

interface Gate {
  readonly pause: () => void;
  readonly resume: () => void;
}

function createListener(
  deps: FollowDeps,
  listing: Listing,
  options: FollowOptions,
  life: Life,
  gate: Gate,
): (signal: WatchSignal) => void {
  const { prefix, callTimeoutMs: timeoutMs } = options;
  const onFailure = (error: EtcdError): void => {
    life.end(endOf(error));
  };
  const { range, onRevision } = deps;
  const delivery = createDelivery({ range, onRevision, onFailure, ...gate }, listing, {
    ...{ prefix, timeoutMs, signal: life.signal },
  });
  const audits = createAudits(deps, listing, options, life, delivery.cursor);
  const createTimer = life.after(timeoutMs, () => {
    life.end({ reason: 'TimedOut', detail: `no watch within ${String(timeoutMs)} ms` });
  });

  function onStanding(revision: Revision): void {
    createTimer.unsubscribe();
    life.after(options.healthyAfterMs, deps.onHealthy);
    audits.start();
    // A member that lags, or an etcd that lost its data: a linearizable read tells.
    if (compareRevisions(revision, delivery.cursor()) < 0) audits.runNow();
  }

  return (signal) => {
    if (life.signal.aborted) return;
    if (signal.type === 'Failed') onFailure(signal.error);
    else if (signal.clusterId !== listing.clusterId) {
      const detail = `cluster ${listing.clusterId} became ${signal.clusterId}`;
      life.end({ reason: 'ClusterChanged', detail });
    } else if (signal.type === 'Created') onStanding(signal.revision);
    // A progress notice has no changes, and moves nothing.
    else delivery.push(signal.changes, signal.isFragment);
  };
}

function createAudits(
  deps: FollowDeps,
  { clusterId, view, revision }: Listing,
  options: FollowOptions,
  { signal, after, end }: Life,
  cursor: () => Revision,
) {
  const { prefix, callTimeoutMs: timeoutMs, auditMs, auditGraceMs } = options;
  let isRunning = false;
  let verified = revision;

  async function run(): Promise<void> {
    if (isRunning || signal.aborted) return;
    isRunning = true;
    const finding = await auditDesired({
      ...{ range: deps.range, limits: { timeoutMs, signal } },
      ...{ prefix, clusterId, cursor, keys: view.keys, verified },
      grace: () =>
        new Promise((resolve) => {
          after(auditGraceMs, resolve);
        }),
    });
    isRunning = false;
    if (finding.type === 'Fine') {
      verified = finding.storeRevision;
      deps.onStoreRevision(finding.storeRevision);
    } else end(endOfAudit(finding));
  }

  function start(): void {
    // Spread, for hosts that all began when etcd came back.
    after(auditMs * (0.75 + deps.random() / 2), () => {
      void run().then(start);
    });
  }

  return { start, runNow: () => void run() };
}

export function lostReasonOf({ type }: EtcdError): LostReason {
  return type === 'Failed' || type === 'NoLease' ? 'Canceled' : type;
}

function endOf(error: EtcdError): FollowEnd {
  return { reason: lostReasonOf(error), detail: error.detail };
}

function endOfAudit(finding: Exclude<AuditFinding, { type: 'Fine' }>): FollowEnd {
  switch (finding.type) {
    case 'Mismatch':
      return { reason: 'AuditMismatch', detail: finding.detail };
    case 'ClusterChanged':
    case 'RevisionRegressed':
      return { reason: finding.type, detail: finding.detail };
    case 'Unanswered':
      return endOf(finding.error);
    default:
      return assertNever(finding);
  }
}

function next(revision: Revision): Revision {
  return String(BigInt(revision) + 1n) as Revision;
}
