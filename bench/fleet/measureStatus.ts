/** `supervene status` over the reports of many hosts, which are written by hand. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { encodeReport } from '../../src/domain/fleet/reportCodec.ts';
import { reportKey } from '../../src/domain/fleet/fleetKeys.ts';
import type { AppReport, HostReport } from '../../src/domain/fleet/hostReport.ts';
import type { AppName, Revision } from '../../src/domain/types.ts';
import { type Etcd, startEtcd } from '../../test/support/etcd.ts';
import { findProjectRoot } from '../../test/support/findProjectRoot.ts';
import { createCountingProxy } from '../countingProxy.ts';
import { peakRssMb } from '../processCost.ts';
import { appName, fleetPrefix, nowMs, publish } from './benchFleet.ts';
import type { Figure, Run } from './figure.ts';

const runs = 5;
/** etcd takes 128 operations in a transaction, and 1.5 MiB. */
const keysPerTxn = 100;

export async function measureStatus(hosts: number, apps: number): Promise<Run> {
  const etcd = await startEtcd();
  const proxy = await createCountingProxy(etcd.port);
  try {
    const names = Array.from({ length: apps }, (_, index) => appName(index));
    await publish(etcd, names, 'v0');
    const bytes = await writeReports(etcd, hosts, names);
    const plain = await medianOf(() => runStatus(proxy.endpoint, []));
    const before = proxy.bytes();
    const json = await medianOf(() => runStatus(proxy.endpoint, ['--json']));
    const read = (proxy.bytes() - before) / runs;
    const ctl = await medianOf(() => runEtcdctl(etcd));
    const figures: readonly Figure[] = [
      { name: 'reports in etcd', value: bytes / 1024 ** 2, unit: 'MB' },
      { name: 'etcdctl get --prefix of the same', value: ctl.ms, unit: 'ms' },
      { name: 'supervene status', value: plain.ms, unit: 'ms' },
      { name: 'supervene status --json', value: json.ms, unit: 'ms' },
      { name: 'supervene status --json, memory at most', value: json.peakMb, unit: 'MB' },
      { name: 'supervene status, bytes read from etcd', value: read / 1024 ** 2, unit: 'MB' },
    ];
    return { label: `${String(hosts)} x ${String(apps)}`, figures, notes: [] };
  } finally {
    proxy.close();
    await etcd.stop();
  }
}

async function writeReports(etcd: Etcd, hosts: number, apps: readonly string[]): Promise<number> {
  const revision = (await etcd.revision()) as Revision;
  const { ID: lease } = await etcd.call('/v3/lease/grant', { TTL: 3_600 });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  let pending: unknown[] = [];
  let bytes = 0;
  for (let index = 0; index < hosts; index += 1) {
    const { head, parts } = encodeReport(reportOf(index, apps, revision));
    for (const kind of ['hosts', 'known'] as const) {
      const host = `host-${String(index)}`;
      for (const [part, value] of [head, ...parts].entries()) {
        const key = base64(reportKey(fleetPrefix, kind, host, part));
        // Without a lease it would be of no host that is alive.
        const put = { key, value: base64(value), ...(kind === 'hosts' ? { lease } : {}) };
        pending.push({ requestPut: put });
        bytes += Buffer.byteLength(value);
      }
    }
    if (pending.length < keysPerTxn && index < hosts - 1) continue;
    while (pending.length > 0) {
      await etcd.call('/v3/kv/txn', { success: pending.splice(0, keysPerTxn) });
    }
    pending = [];
  }
  return bytes;
}

function reportOf(index: number, apps: readonly string[], revision: Revision): HostReport {
  const atMs = Math.floor(nowMs());
  return {
    ...{ host: `host-${String(index)}`, instance: `instance-${String(index)}`, version: '0.1.0' },
    addresses: [`10.1.${String(index >> 8)}.${String(index & 255)}`],
    hostNames: [`host-${String(index)}`],
    ...{ atMs, startedAtMs: atMs, observedRevision: revision, appliedRevision: revision },
    ...{ problems: [], others: [] },
    apps: apps.map((app, at) => appReport(app as AppName, revision, atMs, index * 100 + at)),
  };
}

function appReport(app: AppName, revision: Revision, atMs: number, pid: number): AppReport {
  const startSec = Math.floor(atMs / 1000);
  return {
    ...{ app, condition: 'converged', sinceMs: atMs },
    ...{ wantedRevision: revision, appliedRevision: revision },
    processes: [{ id: `${app}:${app}`, state: 'RUNNING', pid: 1000 + pid, startSec }],
  };
}

interface Outcome {
  readonly ms: number;
  readonly peakMb: number;
}

async function medianOf(run: () => Promise<Outcome>): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (let count = 0; count < runs; count += 1) outcomes.push(await run());
  const middle = (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return {
    ms: middle(outcomes.map(({ ms }) => ms)),
    peakMb: Math.max(...outcomes.map(({ peakMb }) => peakMb)),
  };
}

function runStatus(endpoint: string, options: readonly string[]): Promise<Outcome> {
  const main = join(findProjectRoot(), 'dist/src/main.js');
  return time(process.execPath, [main, 'status', '--etcd', endpoint, ...options], [0, 3]);
}

function runEtcdctl(etcd: Etcd): Promise<Outcome> {
  const endpoint = `--endpoints=${etcd.endpoint}`;
  return time('etcdctl', [endpoint, 'get', '--prefix', `${fleetPrefix}/`], [0]);
}

/** Output goes nowhere. */
function time(command: string, args: readonly string[], fine: readonly number[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ETCDCTL_API: '3' },
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    let peakMb = 0;
    const look = setInterval(() => {
      try {
        peakMb = Math.max(peakMb, peakRssMb(child.pid ?? 0) || 0);
      } catch {
        // It has just ended.
      }
    }, 10);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearInterval(look);
      if (fine.includes(code ?? -1)) resolve({ ms: performance.now() - startMs, peakMb });
      else reject(new Error(`${command} ended with ${String(code)}: ${said.slice(-500)}`));
    });
  });
}
