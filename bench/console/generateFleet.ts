/**
 * A fleet that is not there: the reports of many hosts in a real etcd, as their agents would write
 * them, and changes to them at a steady rate. For the bench of the console, and for its tests in a
 * browser.
 */
import { reportKey } from '../../src/domain/fleet/fleetKeys.ts';
import type { AppReport, HostReport } from '../../src/domain/fleet/hostReport.ts';
import { encodeReport } from '../../src/domain/fleet/reportCodec.ts';
import type { AppName, Revision } from '../../src/domain/types.ts';
import type { Etcd } from '../../test/support/etcd.ts';
import { appName, fleetPrefix, nowMs, publish } from '../fleet/benchFleet.ts';

export interface GeneratedFleet {
  readonly hosts: readonly string[];
  readonly apps: readonly string[];
  /** Of all values that were written at first. */
  readonly bytes: number;
  /** Another pid, and now and then another condition, of one app on one host after the other. */
  change(): Promise<void>;
  /** Gives what ends it, and resolves when the last write is done. */
  changeSteadily(perSecond: number): SteadyChanges;
}

export interface SteadyChanges {
  /** Of writes that etcd has accepted. */
  count(): number;
  /** How long etcd took for each of the last 10,000. */
  writeMs(): readonly number[];
  stop(): Promise<void>;
}

/** etcd takes 128 operations in a transaction, and 1.5 MiB. */
const keysPerTxn = 100;
/** Long enough for any bench: nobody keeps this lease alive. */
const leaseSec = 7_200;

export async function generateFleet(
  etcd: Etcd,
  { hosts: hostCount, apps: appCount }: { readonly hosts: number; readonly apps: number },
): Promise<GeneratedFleet> {
  const apps = Array.from({ length: appCount }, (_, index) => appName(index));
  await publish(etcd, apps, 'v0');
  const revision = (await etcd.revision()) as Revision;
  const { ID: lease } = await etcd.call('/v3/lease/grant', { TTL: leaseSec });
  const reports = Array.from({ length: hostCount }, (_, index) => reportOf(index, apps, revision));
  const putsOf = (report: HostReport): readonly Put[] => puts(report, String(lease));
  const bytes = await writeAll(etcd, reports.flatMap(putsOf));

  let changes = 0;
  const change = async (): Promise<void> => {
    const at = changes;
    changes += 1;
    const index = (at * 7) % hostCount;
    const before = reports[index];
    if (before === undefined) return;
    const after = changed(before, at);
    reports[index] = after;
    await etcd.call('/v3/kv/txn', { success: putsOf(after) });
  };
  return {
    hosts: reports.map(({ host }) => host),
    apps,
    bytes,
    change,
    changeSteadily: (perSecond) => changeSteadily(change, perSecond),
  };
}

interface Put {
  readonly requestPut: { readonly key: string; readonly value: string; readonly lease?: string };
}

function puts(report: HostReport, lease: string): readonly Put[] {
  const { head, parts } = encodeReport(report);
  return (['hosts', 'known'] as const).flatMap((kind) =>
    [head, ...parts].map((value, part) => ({
      requestPut: {
        key: toBase64(reportKey(fleetPrefix, kind, report.host, part)),
        value: toBase64(value),
        // Without a lease it would be of no host that is alive.
        ...(kind === 'hosts' ? { lease } : {}),
      },
    })),
  );
}

async function writeAll(etcd: Etcd, all: readonly Put[]): Promise<number> {
  for (let first = 0; first < all.length; first += keysPerTxn) {
    await etcd.call('/v3/kv/txn', { success: all.slice(first, first + keysPerTxn) });
  }
  return all.reduce((sum, put) => sum + Buffer.byteLength(put.requestPut.value, 'base64'), 0);
}

function reportOf(index: number, apps: readonly string[], revision: Revision): HostReport {
  const atMs = Math.floor(nowMs());
  const host = hostName(index);
  return {
    ...{ host, instance: `instance-${String(index)}`, version: '0.1.0' },
    addresses: [`10.1.${String(index >> 8)}.${String(index & 255)}`],
    hostNames: [host],
    ...{ atMs, startedAtMs: atMs, observedRevision: revision, appliedRevision: revision },
    ...{ problems: [], others: [] },
    apps: apps.map((app, at) => appReport(app as AppName, revision, atMs, index * 100 + at)),
  };
}

export function hostName(index: number): string {
  return `host-${String(index).padStart(4, '0')}`;
}

function appReport(app: AppName, revision: Revision, atMs: number, pid: number): AppReport {
  const startSec = Math.floor(atMs / 1000);
  return {
    ...{ app, condition: 'converged', sinceMs: atMs },
    ...{ wantedRevision: revision, appliedRevision: revision },
    processes: [{ id: `${app}:${app}`, state: 'RUNNING', pid: 1000 + pid, startSec }],
  };
}

/** Every fifth app is quarantined for one round, the others were started anew. */
function changed(report: HostReport, count: number): HostReport {
  const atMs = Math.floor(nowMs());
  const at = count % report.apps.length;
  const isBad = count % 5 === 0;
  const apps = report.apps.map((app, index): AppReport => {
    if (index !== at) return app;
    const { code: _code, reason: _reason, ...rest } = app;
    const startSec = Math.floor(atMs / 1000);
    const processes = app.processes.map((process) => ({
      ...process,
      ...(isBad
        ? { state: 'FATAL' as const, pid: 0 }
        : { state: 'RUNNING' as const, pid: 200_000 + (count % 100_000), startSec }),
    }));
    return isBad
      ? {
          ...{ ...rest, condition: 'quarantined', sinceMs: atMs, processes },
          ...{ code: 'E_NOT_RUNNING', reason: 'it ended 3 times within 10 s of its start' },
        }
      : { ...rest, condition: 'converged', sinceMs: atMs, processes };
  });
  return { ...report, atMs, apps };
}

/** Several writes are under way at once, when etcd takes longer than their distance. */
function changeSteadily(change: () => Promise<void>, perSecond: number): SteadyChanges {
  const startMs = performance.now();
  const underWay = new Set<Promise<void>>();
  const tookMs: number[] = [];
  let begun = 0;
  let done = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) / 1000) * perSecond);
    while (begun < due && underWay.size < perSecond) {
      begun += 1;
      const writeStartMs = performance.now();
      const write = change()
        .then(() => {
          done += 1;
          tookMs.push(performance.now() - writeStartMs);
          if (tookMs.length > 10_000) tookMs.shift();
        })
        .catch(() => undefined)
        .finally(() => underWay.delete(write));
      underWay.add(write);
    }
  }, 10);
  return {
    count: () => done,
    writeMs: () => tookMs,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}
