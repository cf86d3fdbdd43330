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
import { type Alarm, createAlarm } from '../fleet/alarm.ts';
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
  /** What was said is perhaps of another etcd: it is not written again. */
  readonly forget: () => void;
  /** Takes it back; resolves when that is done, or after a second. */
  readonly stop: () => Promise<void>;
}

const pauseMinMs = 500;
const pauseMaxMs = 30_000;
const goodbyeMs = 1_000;
/** A timer of any length would do: nothing happens then. */
const idleMs = 3_600_000;

interface Life {
  readonly deps: RenderToldDeps;
  readonly options: RenderToldOptions;
  readonly alarm: Alarm;
  readonly over: AbortSignal;
  wanted: Revision | undefined;
  written: Revision | undefined;
  lease: { readonly held: Lease; readonly letGo: () => void } | undefined;
}

export function startRenderTold(deps: RenderToldDeps, options: RenderToldOptions): RenderTold {
  const { scheduler, etcd } = deps;
  const over = new AbortController();
  const alarm = createAlarm(scheduler, over.signal);
  const life: Life = {
    ...{ deps, options, alarm, over: over.signal },
    ...{ wanted: undefined, written: undefined, lease: undefined },
  };
  const ended = run(life);
  const goodbye = async (): Promise<void> => {
    await ended;
    const { lease } = life;
    if (lease === undefined) return;
    lease.letGo();
    await etcd.leases.revoke(lease.held.id, { timeoutMs: goodbyeMs });
  };
  return {
    say: (revision) => {
      life.wanted = revision;
      alarm.ring();
    },
    forget: () => {
      life.wanted = undefined;
      life.written = undefined;
    },
    stop: async () => {
      over.abort();
      await within(scheduler, goodbyeMs, goodbye());
    },
  };
}

async function run(life: Life): Promise<void> {
  const { deps, alarm, over } = life;
  const { scheduler, random } = deps;
  let failures = 0;
  while (!over.aborted) {
    const error = await step(life);
    if (error === undefined) {
      failures = 0;
      continue;
    }
    if (over.aborted) return;
    deps.tell(error);
    const limitMs = Math.min(pauseMaxMs, pauseMinMs * 2 ** Math.min(failures, 10));
    failures += 1;
    const untilMs = scheduler.now() + limitMs * (0.5 + random() / 2);
    while (!over.aborted && scheduler.now() < untilMs) await alarm.wait(untilMs);
  }
}

/** Whatever is next. */
async function step(life: Life): Promise<EtcdError | undefined> {
  const { deps, alarm, wanted, written, lease } = life;
  const nowMs = deps.scheduler.now();
  const holdUntilMs = deps.holdUntilMs();
  if (wanted === undefined || wanted === written) await alarm.wait(nowMs + idleMs);
  else if (nowMs < holdUntilMs) await alarm.wait(holdUntilMs);
  else return lease === undefined ? takeLease(life) : write(life, lease.held, wanted);
  return undefined;
}

async function takeLease(life: Life): Promise<EtcdError | undefined> {
  const { deps, options, over } = life;
  const { leases } = deps.etcd;
  const granted = await leases.grant(options.ttlSec, { signal: over });
  if (!granted.ok) return granted.error;
  const held = granted.value;
  const letGo = holdLease({ ...deps, keepAlive: leases.keepAlive }, held, {
    onRenewed: () => undefined,
    onTrouble: deps.tell,
    onLost: () => {
      if (life.lease?.held === held) loseLease(life);
    },
  });
  life.lease = { held, letGo };
  return undefined;
}

function loseLease(life: Life): void {
  life.lease?.letGo();
  life.lease = undefined;
  life.written = undefined;
  life.alarm.ring();
}

async function write(
  life: Life,
  { id }: Lease,
  revision: Revision,
): Promise<EtcdError | undefined> {
  const { deps, options } = life;
  const key = Buffer.from(renderKey(options.fleetPrefix, options.host));
  const value = formatRender({ revision });
  const answer = await deps.etcd.txn({ compares: [], writes: [{ key, value, lease: id }] });
  if (!answer.ok) {
    if (answer.error.type === 'NoLease') loseLease(life);
    return answer.error;
  }
  if (life.lease?.held.id === id && life.wanted !== undefined) life.written = revision;
  return undefined;
}
