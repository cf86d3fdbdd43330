/**
 * Tells in etcd what this host has to tell, under a lease, for as long as it lives.
 *
 * Works beside everything else and in the way of nothing: whatever etcd does, or does not allow,
 * is told and tried again, ever more rarely. Where another agent reports for the same host it
 * keeps its hands off, until that one's lease is gone.
 */
import type { SchedulerLike } from 'rxjs';
import type { EtcdError, EtcdLeases, Lease } from '../../src/domain/etcdCalls.ts';
import type { HostReport } from '../../src/domain/fleet/hostReport.ts';
import { type EncodedReport, encodeReport } from '../../src/domain/fleet/reportCodec.ts';
import type { Revision } from '../../src/domain/types.ts';
import { type Alarm, createAlarm } from './alarm.ts';
import { holdLease } from './heldLease.ts';
import { newsIn } from './newsIn.ts';
import { createPace, type Pace } from './pace.ts';
import {
  createReportKeys,
  type ReportKeys,
  type ReportKeysDeps,
  type ReportKeysOptions,
  type ReportWrite,
  type StoredReport,
} from './reportKeys.ts';
import { createToldStates, type ToldStates } from './toldStates.ts';
import { within } from './within.ts';

export interface ReporterDeps {
  readonly etcd: ReportKeysDeps & { readonly leases: EtcdLeases };
  readonly scheduler: SchedulerLike;
  /** From [0, 1). */
  readonly random: () => number;
  /** What is to be told now. */
  readonly report: () => HostReport;
  /** What this host told last, in an earlier life: known before the first report is asked for. */
  readonly remember: (last: HostReport) => void;
  readonly tell: (news: ReporterNews) => void;
  /** Nothing is written before; milliseconds since the epoch. */
  readonly holdUntilMs?: () => number;
}

export interface ReporterOptions extends ReportKeysOptions {
  /** Of the journal directory. */
  readonly instance: string;
  readonly startedAtMs: number;
  readonly ttlSec: number;
}

export type ReporterNews =
  | Readonly<{ type: 'Written'; sizeBytes: number }>
  | Readonly<{ type: 'Renewed' }>
  | Readonly<{ type: 'LeaseLost' }>
  /** What is told in etcd is not, or may soon not be, what is known here. */
  | Readonly<{ type: 'Failed'; at: 'Write' | 'Renewal'; error: EtcdError }>
  /** Another agent reports for this host. */
  | Readonly<{ type: 'Occupied'; by: HostReport }>;

export interface Reporter {
  /** There may be something new to tell. */
  readonly poke: () => void;
  /** Says goodbye; resolves when that is said, or after a second. */
  readonly stop: () => Promise<void>;
}

const pauseMinMs = 1_000;
const pauseMaxMs = 30_000;
const occupiedPauseMs = 5_000;
/** Whether what was written still stands there: somebody may have cleared it away. */
const verifyEveryMs = 60_000;
const goodbyeMs = 1_000;

interface Life {
  readonly deps: ReporterDeps;
  readonly options: ReporterOptions;
  readonly keys: ReportKeys;
  readonly pace: Pace;
  readonly told: ToldStates;
  readonly alarm: Alarm;
  readonly over: AbortSignal;
  lease: { readonly held: Lease; readonly letGo: () => void } | undefined;
  written: Written | undefined;
  /** Something was written in this life: nobody else has a right to. */
  hasWritten: boolean;
  failures: number;
}

interface Written extends EncodedReport {
  readonly report: HostReport;
  readonly headRevision: Revision;
  readonly verifyAtMs: number;
}

export function startReporter(deps: ReporterDeps, options: ReporterOptions): Reporter {
  const over = new AbortController();
  const life: Life = {
    ...{ deps, options, over: over.signal },
    keys: createReportKeys(deps.etcd, options),
    pace: createPace(deps.random()),
    told: createToldStates(),
    alarm: createAlarm(deps.scheduler, over.signal),
    ...{ lease: undefined, written: undefined, hasWritten: false, failures: 0 },
  };
  const ended = run(life);
  return {
    poke: () => {
      life.pace.note(deps.scheduler.now());
      life.alarm.ring();
    },
    stop: async () => {
      over.abort();
      await within(
        deps.scheduler,
        goodbyeMs,
        ended.then(() => sayGoodbye(life)),
      );
    },
  };
}

async function run(life: Life): Promise<void> {
  while (!life.over.aborted) {
    const error = await step(life);
    if (error === undefined) {
      life.failures = 0;
      continue;
    }
    const { deps, over } = life;
    // In the middle of a write nobody knows what came of it: it is read again.
    life.written = undefined;
    if (error.type === 'NoLease') loseLease(life);
    if (over.aborted) return;
    deps.tell({ type: 'Failed', at: 'Write', error });
    const limitMs = Math.min(pauseMaxMs, pauseMinMs * 2 ** Math.min(life.failures, 10));
    life.failures += 1;
    await pause(life, limitMs);
  }
}

/** Half of it at least. */
async function pause({ deps, alarm, over }: Life, limitMs: number): Promise<void> {
  const untilMs = deps.scheduler.now() + limitMs * (0.5 + deps.random() / 2);
  while (!over.aborted && deps.scheduler.now() < untilMs) await alarm.wait(untilMs);
}

/** Whatever is next. */
async function step(life: Life): Promise<EtcdError | undefined> {
  if (life.lease === undefined) return takeLease(life);
  const holdUntilMs = life.deps.holdUntilMs?.() ?? 0;
  if (life.deps.scheduler.now() < holdUntilMs) {
    await life.alarm.wait(holdUntilMs);
    return undefined;
  }
  if (life.written === undefined) return writeAll(life, life.lease.held);
  return follow(life, life.lease.held, life.written);
}

async function takeLease(life: Life): Promise<EtcdError | undefined> {
  const { deps, options, alarm, over } = life;
  const { leases } = deps.etcd;
  const granted = await leases.grant(options.ttlSec, { signal: over });
  if (!granted.ok) return granted.error;
  const held = granted.value;
  const letGo = holdLease({ ...deps, keepAlive: leases.keepAlive }, held, {
    onRenewed: () => {
      deps.tell({ type: 'Renewed' });
    },
    onTrouble: (error) => {
      deps.tell({ type: 'Failed', at: 'Renewal', error });
    },
    onLost: () => {
      if (life.lease?.held !== held) return;
      loseLease(life);
      alarm.ring();
    },
  });
  life.lease = { held, letGo };
  return undefined;
}

function loseLease(life: Life): void {
  if (life.lease === undefined) return;
  life.lease.letGo();
  life.lease = undefined;
  life.written = undefined;
  life.deps.tell({ type: 'LeaseLost' });
}

async function writeAll(life: Life, lease: Lease): Promise<EtcdError | undefined> {
  const { deps, options, keys } = life;
  const stored = await keys.read();
  if (!stored.ok) return stored.error;
  const { live, known, lastPart } = stored.value;
  if (live !== undefined && isOfAnother(life, live)) {
    deps.tell({ type: 'Occupied', by: live });
    await pause(life, occupiedPauseMs);
    return undefined;
  }
  const last = live ?? known;
  if (!life.hasWritten && last?.instance === options.instance) deps.remember(last);
  const report = deps.report();
  const encoded = encodeReport(report);
  const parts = new Map<number, string | undefined>();
  for (let part = 1; part <= lastPart; part += 1) parts.set(part, undefined);
  for (const [index, text] of encoded.parts.entries()) parts.set(index + 1, text);
  life.pace.look('Awaited', deps.scheduler.now());
  const { headRevision } = stored.value;
  return write(life, lease, { report, encoded, parts, headRevision, isOfRevisions: false });
}

/** Another one, or this one again from a copy of its journal directory. */
function isOfAnother(
  { options, hasWritten }: Life,
  live: NonNullable<StoredReport['live']>,
): boolean {
  if (live.instance !== options.instance) return true;
  return hasWritten && live.startedAtMs !== options.startedAtMs;
}

interface Writing extends Pick<ReportWrite, 'parts' | 'headRevision' | 'isOfRevisions'> {
  readonly report: HostReport;
  readonly encoded: EncodedReport;
}

async function write(
  life: Life,
  { id }: Lease,
  { report, encoded, parts, headRevision, isOfRevisions }: Writing,
): Promise<EtcdError | undefined> {
  const { deps, keys } = life;
  const { head } = encoded;
  const outcome = await keys.write({ lease: id, headRevision, head, parts, isOfRevisions });
  if (!outcome.ok) return outcome.error;
  // Lost meanwhile, and with it what was written.
  if (life.lease?.held.id !== id) return undefined;
  if (outcome.value === 'Overtaken') {
    life.written = undefined;
    await pause(life, pauseMinMs);
    return undefined;
  }
  const verifyAtMs = deps.scheduler.now() + verifyEveryMs * (0.75 + deps.random() / 2);
  life.written = { ...encoded, report, headRevision: outcome.value, verifyAtMs };
  life.hasWritten = true;
  life.told.note(report);
  let sizeBytes = head.length;
  for (const text of parts.values()) sizeBytes += text?.length ?? 0;
  deps.tell({ type: 'Written', sizeBytes: sizeBytes * (isOfRevisions ? 1 : 2) });
  return undefined;
}

/** Waits until there is something to do, and does it. */
async function follow(life: Life, lease: Lease, written: Written): Promise<EtcdError | undefined> {
  const { deps, pace, alarm, keys } = life;
  const dueMs = pace.dueMs() ?? Infinity;
  const nowMs = deps.scheduler.now();
  if (nowMs < Math.min(dueMs, written.verifyAtMs)) {
    await alarm.wait(Math.min(dueMs, written.verifyAtMs));
    return undefined;
  }
  if (nowMs < dueMs) return verify(life, written, keys);
  const report = deps.report();
  const news = newsIn(written.report, report, life.told);
  if (!pace.look(news, nowMs)) return undefined;
  const encoded = encodeReport(report, written.packing);
  const parts = new Map<number, string | undefined>();
  const count = Math.max(written.parts.length, encoded.parts.length);
  for (let index = 0; index < count; index += 1) {
    const text = encoded.parts[index];
    if (text !== written.parts[index]) parts.set(index + 1, text);
  }
  const { headRevision } = written;
  const isOfRevisions = news === 'Revisions';
  return write(life, lease, { report, encoded, parts, headRevision, isOfRevisions });
}

async function verify(
  life: Life,
  written: Written,
  keys: ReportKeys,
): Promise<EtcdError | undefined> {
  const { deps } = life;
  const found = await keys.headRevision();
  if (!found.ok) return found.error;
  const verifyAtMs = deps.scheduler.now() + verifyEveryMs * (0.75 + deps.random() / 2);
  const stands = found.value === written.headRevision;
  if (life.written === written) life.written = stands ? { ...written, verifyAtMs } : undefined;
  return undefined;
}

async function sayGoodbye(life: Life): Promise<void> {
  const { deps, keys, lease, written } = life;
  if (lease === undefined) return;
  lease.letGo();
  const limits = { timeoutMs: goodbyeMs };
  if (written !== undefined) {
    const endedAtMs = deps.scheduler.now();
    const { head } = encodeReport({ ...written.report, endedAtMs }, written.packing);
    await keys.writeKnownHead(head, written.headRevision, limits);
  }
  await deps.etcd.leases.revoke(lease.held.id, limits);
}
