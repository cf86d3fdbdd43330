/**
 * All keys below a prefix, then every revision that changes any of them, and all of them again
 * after the watch has ended: for what is reported and asked through etcd.
 *
 * Never completes, never errors; an outage is told once until the next listing, which replaces
 * everything. Apps have a source of their own (`watchDesired.ts`), which trusts etcd less: here
 * nothing is taken away because a key is not there. Unsubscribing ends everything.
 */
import { Observable, type SchedulerLike, Subscription } from 'rxjs';
import {
  type CallLimits,
  type EtcdError,
  type EtcdKeyValue,
  type KeyChange,
  type OpenWatch,
  type Range,
  type WatchHandle,
} from '../src/domain/etcdCalls.ts';
import { type LostReason } from '../src/domain/event.ts';
import { ok, type Result } from '../src/domain/result.ts';
import { type Revision } from '../src/domain/types.ts';
import { prefixRange } from './etcdBytes.ts';
import { lostReasonOf } from './followDesired.ts';
import { listPages, type Page } from './listPages.ts';
import { createOutage } from './outage.ts';
import { createRevisionBatches } from './revisionBatches.ts';

export interface FollowKeysDeps {
  readonly range: Range;
  readonly openWatch: OpenWatch;
  readonly scheduler: SchedulerLike;
  /** From [0, 1). */
  readonly random: () => number;
}

export interface FollowKeysOptions {
  /** With or without its slash; it counts with it. */
  readonly prefix: string;
  readonly pageSize?: number;
  /** Of a listing no more keys are told, the first ones. */
  readonly keysMax?: number;
  /** What is kept of a key that was put; undefined: it is passed over, as if it were not there. */
  readonly keep?: (item: EtcdKeyValue) => EtcdKeyValue | undefined;
  /**
   * Of a listing the value is read of no other keys, and is empty there: for a prefix below which most
   * values are large, and nobody's matter. Undefined: of all.
   */
  readonly isValueWanted?: ((key: Uint8Array) => boolean) | undefined;
  /** Of each page, and of the creation of a watch. */
  readonly callTimeoutMs?: number;
  readonly backoffMinMs?: number;
  readonly backoffMaxMs?: number;
  /** A watch that has stood for so long was a good one: the next pause is short again. */
  readonly healthyAfterMs?: number;
}

export type KeysEvent =
  /** Everything there is, sorted by key. */
  | Readonly<{
      type: 'Listed';
      clusterId: string;
      revision: Revision;
      kvs: readonly EtcdKeyValue[];
    }>
  /** One revision. */
  | Readonly<{ type: 'Changed'; revision: Revision; changes: readonly KeyChange[] }>
  | Readonly<{ type: 'Lost'; reason: LostReason; detail: string }>;

const defaults = {
  pageSize: 250,
  keysMax: Infinity,
  keep: (item: EtcdKeyValue): EtcdKeyValue | undefined => item,
  isValueWanted: undefined,
  callTimeoutMs: 3_000,
  backoffMinMs: 100,
  backoffMaxMs: 1_500,
  healthyAfterMs: 5_000,
};

/** Whoever may not look is not let in sooner by asking all the time. */
const forbiddenMaxMs = 30_000;

type Settled = Omit<typeof defaults, 'isValueWanted'> & FollowKeysOptions;

export function followKeys(deps: FollowKeysDeps, given: FollowKeysOptions): Observable<KeysEvent> {
  const options = { ...defaults, ...given };
  return new Observable((subscriber) => {
    const stop = new AbortController();
    const emit = (event: KeysEvent): void => {
      if (!stop.signal.aborted) subscriber.next(event);
    };
    void run(deps, options, stop.signal, emit);
    return () => {
      stop.abort();
    };
  });
}

async function run(
  deps: FollowKeysDeps,
  options: Settled,
  stop: AbortSignal,
  emit: (event: KeysEvent) => void,
): Promise<void> {
  const { scheduler, random } = deps;
  const tell = (reason: LostReason, detail: string): void => {
    emit({ type: 'Lost', reason, detail });
  };
  const outage = createOutage({ scheduler, random, tell, stop }, options.backoffMinMs);
  const fail = (error: EtcdError): Promise<void> => {
    const reason = lostReasonOf(error);
    const isForbidden = reason === 'Unauthorised';
    return outage.fail(reason, error.detail, isForbidden ? forbiddenMaxMs : options.backoffMaxMs);
  };
  while (!stop.aborted) {
    // What was listed is whoever heard it to keep: here nothing of it is, for as long as it is followed.
    const listed = await list(deps.range, options, stop, (event) => {
      outage.end();
      emit(event);
    });
    if (stop.aborted) return;
    if ('type' in listed) {
      await fail(listed);
      continue;
    }
    const error = await follow(deps, options, listed, { stop, emit, onHealthy: outage.forget });
    if (error !== undefined) await fail(error);
  }
}

interface Listed {
  readonly clusterId: string;
  readonly revision: Revision;
}

async function list(
  range: Range,
  { prefix, pageSize, callTimeoutMs: timeoutMs, keysMax, keep, isValueWanted }: Settled,
  signal: AbortSignal,
  tell: (event: Extract<KeysEvent, { type: 'Listed' }>) => void,
): Promise<Listed | EtcdError> {
  const kvs: EtcdKeyValue[] = [];
  let last: Listed | undefined;
  const keysOnly = isValueWanted !== undefined;
  for await (const page of listPages(range, { prefix, pageSize, keysOnly, timeoutMs, signal })) {
    if (!page.ok) return page.error;
    const { clusterId, revision } = page.value;
    const items = keysOnly
      ? await readValues(range, page.value, isValueWanted, { timeoutMs, signal })
      : ok(page.value.kvs);
    if (!items.ok) return items.error;
    for (const item of items.value) {
      const kept = kvs.length < keysMax ? keep(item) : undefined;
      if (kept !== undefined) kvs.push(kept);
    }
    last = { clusterId, revision };
  }
  if (last === undefined) {
    return { type: 'Malformed', wasSent: true, detail: 'etcd gave no page' };
  }
  if (!signal.aborted) tell({ type: 'Listed', ...last, kvs });
  return last;
}

/** So many questions on their way at once. */
const questionsMax = 8;

/** A page without values, with those that are wanted; at the revision of the listing. */
async function readValues(
  range: Range,
  { kvs, revision }: Page,
  isWanted: (key: Uint8Array) => boolean,
  limits: CallLimits,
): Promise<Result<readonly EtcdKeyValue[], EtcdError>> {
  const read: EtcdKeyValue[] = [...kvs];
  const open = read.flatMap(({ key }, index) => (isWanted(key) ? [{ key, index }] : []));
  for (let from = 0; from < open.length; from += questionsMax) {
    const some = open.slice(from, from + questionsMax);
    const answers = await Promise.all(some.map(({ key }) => range({ key, revision }, limits)));
    for (const [at, answer] of answers.entries()) {
      if (!answer.ok) return answer;
      const [kv] = answer.value.kvs;
      const index = some[at]?.index;
      if (kv !== undefined && index !== undefined) read[index] = kv;
    }
  }
  return ok(read);
}

/** Deletions are told of whatever was kept. */
function keptOf(
  changes: readonly KeyChange[],
  keep: (item: EtcdKeyValue) => EtcdKeyValue | undefined,
): readonly KeyChange[] {
  return changes.flatMap((change) => {
    if (change.type === 'Delete') return [change];
    const kept = keep(change);
    return kept === undefined ? [] : [{ ...change, ...kept }];
  });
}

interface Life {
  readonly stop: AbortSignal;
  readonly emit: (event: KeysEvent) => void;
  readonly onHealthy: () => void;
}

/** Resolves with what ended the watch; undefined when it was stopped. */
function follow(
  { openWatch, scheduler }: FollowKeysDeps,
  { prefix, callTimeoutMs, healthyAfterMs, keep }: Settled,
  { clusterId, revision }: Listed,
  { stop, emit, onHealthy }: Life,
): Promise<EtcdError | undefined> {
  const batches = createRevisionBatches(revision);
  return new Promise((resolve) => {
    const timers = new Subscription();
    let handle: WatchHandle | undefined;
    let isOver = false;
    const end = (error: EtcdError | undefined): void => {
      isOver = true;
      timers.unsubscribe();
      handle?.cancel();
      stop.removeEventListener('abort', onStop);
      resolve(error);
    };
    const onStop = (): void => {
      end(undefined);
    };
    stop.addEventListener('abort', onStop);
    const timer = scheduler.schedule(() => {
      const detail = `no watch within ${String(callTimeoutMs)} ms`;
      end({ type: 'TimedOut', wasSent: true, detail });
    }, callTimeoutMs);
    timers.add(timer);
    const startRevision = String(BigInt(revision) + 1n) as Revision;
    handle = openWatch({ ...prefixRange(prefix), startRevision }, (signal) => {
      if (isOver) return;
      if (signal.type === 'Failed') end(signal.error);
      else if (signal.clusterId !== clusterId) {
        const detail = `cluster ${clusterId} became ${signal.clusterId}`;
        end({ type: 'Canceled', wasSent: true, detail });
      } else if (signal.type === 'Created') {
        timer.unsubscribe();
        timers.add(scheduler.schedule(onHealthy, healthyAfterMs));
      } else {
        for (const batch of batches.push(signal.changes, signal.isFragment)) {
          emit({ type: 'Changed', ...batch, changes: keptOf(batch.changes, keep) });
        }
      }
    });
    // Ended while it was being opened, or whoever heard of the listing wanted no more.
    if (isOver) handle.cancel();
    else if (stop.aborted) end(undefined);
  });
}
