/**
 * Says in etcd, under a lease, up to which revision this host has taken in who drains: whoever is about
 * to stop an app waits for that. Written once when it begins, and then only when it is waited for.
 */
import type { SchedulerLike } from 'rxjs';
import type {
  EtcdError,
  EtcdLeases,
  Lease,
  TxnAnswer,
  TxnQuery,
} from '../../src/domain/etcdCalls.ts';
import { renderKey } from '../../src/domain/fleet/fleetKeys.ts';
import { formatRender } from '../../src/domain/rollout/turnCodec.ts';
import type { Result } from '../../src/domain/result.ts';
import type { Revision } from '../../src/domain/types.ts';
import { createAlarm } from '../fleet/alarm.ts';
import { holdLease } from '../fleet/heldLease.ts';
import { within } from '../fleet/within.ts';

export interface RenderToldDeps {
  readonly etcd: {
    readonly txn: (query: TxnQuery) => Promise<Result<TxnAnswer, EtcdError>>;
    readonly leases: EtcdLeases;
  };
  readonly scheduler: SchedulerLike;
  /** From [0, 1). */
  readonly random: () => number;
  readonly tell: (error: EtcdError) => void;
  /** Nothing is written before; milliseconds since the epoch. */
  readonly holdUntilMs: () => number;
}

export interface RenderToldOptions {
  readonly fleetPrefix: string;
  readonly host: string;
  readonly ttlSec: number;
}

export interface RenderTold {
  readonly say: (revision: Revision) => void;
  /** Takes it back; resolves when that is done, or after a second. */
  readonly stop: () => Promise<void>;
}

const pauseMinMs = 500;
const pauseMaxMs = 30_000;
const goodbyeMs = 1_000;
/** A timer of any length would do: nothing happens then. */
const idleMs = 3_600_000;

export function startRenderTold(deps: RenderToldDeps, options: RenderToldOptions): RenderTold {
  const { scheduler, random, etcd } = deps;
  const over = new AbortController();
  const alarm = createAlarm(scheduler, over.signal);
  const key = Buffer.from(renderKey(options.fleetPrefix, options.host));
  let wanted: Revision | undefined;
  let written: Revision | undefined;
  let lease: { readonly held: Lease; readonly letGo: () => void } | undefined;

  const loseLease = (): void => {
    lease?.letGo();
    lease = undefined;
    written = undefined;
    alarm.ring();
  };
  const takeLease = async (): Promise<EtcdError | undefined> => {
    const granted = await etcd.leases.grant(options.ttlSec, { signal: over.signal });
    if (!granted.ok) return granted.error;
    const held = granted.value;
    const letGo = holdLease({ scheduler, random, keepAlive: etcd.leases.keepAlive }, held, {
      onRenewed: () => undefined,
      onTrouble: deps.tell,
      onLost: () => {
        if (lease?.held === held) loseLease();
      },
    });
    lease = { held, letGo };
    return undefined;
  };
  const write = async ({ id }: Lease, revision: Revision): Promise<EtcdError | undefined> => {
    const value = Buffer.from(formatRender({ revision }));
    const answer = await etcd.txn({ compares: [], writes: [{ key, value, lease: id }] });
    if (!answer.ok) {
      if (answer.error.type === 'NoLease') loseLease();
      return answer.error;
    }
    if (lease?.held.id === id) written = revision;
    return undefined;
  };
  const step = async (): Promise<EtcdError | undefined> => {
    if (wanted === undefined || wanted === written) {
      await alarm.wait(scheduler.now() + idleMs);
      return undefined;
    }
    if (scheduler.now() < deps.holdUntilMs()) {
      await alarm.wait(deps.holdUntilMs());
      return undefined;
    }
    return lease === undefined ? takeLease() : write(lease.held, wanted);
  };
  const run = async (): Promise<void> => {
    let failures = 0;
    while (!over.signal.aborted) {
      const error = await step();
      if (error === undefined) {
        failures = 0;
        continue;
      }
      if (over.signal.aborted) return;
      deps.tell(error);
      const limitMs = Math.min(pauseMaxMs, pauseMinMs * 2 ** Math.min(failures, 10));
      failures += 1;
      const untilMs = scheduler.now() + limitMs * (0.5 + random() / 2);
      while (!over.signal.aborted && scheduler.now() < untilMs) await alarm.wait(untilMs);
    }
  };
  const ended = run();
  return {
    say: (revision) => {
      wanted = revision;
      alarm.ring();
    },
    stop: async () => {
      over.abort();
      const goodbye = async (): Promise<void> => {
        await ended;
        if (lease === undefined) return;
        lease.letGo();
        await etcd.leases.revoke(lease.held.id, { timeoutMs: goodbyeMs });
      };
      await within(scheduler, goodbyeMs, goodbye());
    },
  };
}
