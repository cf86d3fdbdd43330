/**
 * What an agent answers through etcd: takes a request away as it answers it, so that nobody acts on
 * it twice, and puts the last word later. Answers are under a lease that several share.
 */
import type { SchedulerLike } from 'rxjs';
import type { EtcdClient } from '../../clients/etcd.ts';
import type { EtcdError, LeaseId, TxnQuery } from '../../domain/etcdCalls.ts';
import { answerKey, requestKey } from '../../domain/fleet/fleetKeys.ts';
import { answerTtlSec, type FleetAnswer } from '../../domain/fleet/fleetRequest.ts';
import { formatAnswer } from '../../domain/fleet/requestCodec.ts';
import { ok, type Result } from '../../domain/result.ts';
import { type Revision, revisionZero } from '../../domain/types.ts';
import type { Log } from '../../log/log.ts';

export interface AnswersDeps {
  readonly etcd: Pick<EtcdClient, 'txn' | 'leases'>;
  readonly scheduler: SchedulerLike;
  readonly log: Log;
}

export interface AnswersOptions {
  readonly fleetPrefix: string;
  readonly host: string;
}

export interface Answers {
  /** True when the request was taken away, by us, with this answer; false: leave it alone. */
  accept(
    request: { readonly id: string; readonly modRevision: Revision },
    answer: FleetAnswer,
  ): Promise<boolean>;
  /** The last word on what was accepted; tried for a while. */
  put(answer: FleetAnswer): Promise<void>;
  /** Nothing is tried again from now on. */
  close(): void;
}

/** Answers given within this time share a lease. */
const sharedSec = 15;
const triesMax = 5;
const pauseMs = 500;

export function createAnswers(deps: AnswersDeps, options: AnswersOptions): Answers {
  const { etcd, scheduler, log } = deps;
  const { fleetPrefix, host } = options;
  const bytes = (key: string): Uint8Array => Buffer.from(key);
  const lease = createSharedLease(deps);
  let isClosed = false;

  const write = async (
    answer: FleetAnswer,
    rest: (key: Uint8Array) => { compares: TxnQuery['compares']; removed?: Uint8Array },
  ): Promise<Result<boolean, EtcdError>> => {
    const granted = await lease.get();
    if (!granted.ok) return granted;
    const key = bytes(answerKey(fleetPrefix, host, answer.id));
    const { compares, removed } = rest(key);
    const put = { key, value: formatAnswer(answer), lease: granted.value };
    const gone = removed === undefined ? [] : [{ key: removed, value: undefined }];
    const written = await etcd.txn({ compares, writes: [...gone, put] });
    if (!written.ok) lease.forget();
    return written.ok ? ok(written.value.isDone) : written;
  };

  const put = async (answer: FleetAnswer): Promise<void> => {
    for (let tried = 1; ; tried += 1) {
      const written = await write(answer, () => ({ compares: [] }));
      if (written.ok) return;
      if (isClosed || tried >= triesMax) {
        log.warn({ id: answer.id }, `the answer could not be given: ${written.error.detail}`);
        return;
      }
      await pause(scheduler);
    }
  };

  return {
    put,
    accept: async ({ id, modRevision }, answer) => {
      const request = bytes(requestKey(fleetPrefix, host, id));
      const giveUp = async (): Promise<boolean> => {
        const detail = 'etcd did not say whether this was taken on, so it was not done: try again';
        await put({ id, state: 'Failed', detail });
        return false;
      };
      let isInDoubt = false;
      for (let tried = 1; ; tried += 1) {
        const taken = await write(answer, (key) => ({
          // An id that has been answered is not acted on again.
          compares: [
            { key: request, modRevision },
            { key, modRevision: revisionZero },
          ],
          removed: request,
        }));
        if (taken.ok) return !taken.value && isInDoubt ? giveUp() : taken.value;
        isInDoubt ||= taken.error.wasSent;
        if (isClosed || tried >= triesMax) {
          log.warn({ id }, `a request could not be taken on: ${taken.error.detail}`);
          return false;
        }
        await pause(scheduler);
      }
    },
    close: () => {
      isClosed = true;
    },
  };
}

function pause(scheduler: SchedulerLike): Promise<void> {
  return new Promise((resolve) => {
    scheduler.schedule(() => resolve(), pauseMs);
  });
}

function createSharedLease({ etcd, scheduler }: AnswersDeps) {
  let current: { readonly id: LeaseId; readonly untilMs: number } | undefined;
  return {
    get: async (): Promise<Result<LeaseId, EtcdError>> => {
      if (current !== undefined && scheduler.now() < current.untilMs) return ok(current.id);
      const granted = await etcd.leases.grant(answerTtlSec + sharedSec);
      if (!granted.ok) return granted;
      const { id } = granted.value;
      current = { id, untilMs: scheduler.now() + sharedSec * 1_000 };
      return ok(id);
    },
    /** It may be gone. */
    forget: (): void => {
      current = undefined;
    },
  };
}
