/**
 * One fleet from its start to its end: everything runs, nothing happens for a while, something is
 * published to all, and something that concerns nobody.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMs } from '../processCost.ts';
import { appName, type BenchFleet, fleetPrefix, nowMs, publish } from './benchFleet.ts';
import {
  type EtcdMeter,
  perHostAndHour,
  sentBytes,
  startEtcdMeter,
  watchCount,
} from './etcdMeter.ts';
import { type Figure, percentile, type Run } from './figure.ts';

export interface FleetOptions {
  /** Placed on every host. */
  readonly apps: number;
  /** In etcd for other hosts: every host lists them, and keeps none. */
  readonly elsewhere: number;
  /** Publishes to all whose times are taken. */
  readonly rounds: number;
  readonly idleSec: number;
  /** After a publish that concerns nobody; told revisions are at most half a minute late. */
  readonly foreignSec: number;
}

/** After a publish: with `startsecs=0` an app has to run for 10 s before its host calls it converged. */
const quietMs = 12_000;
/** Revisions alone are told after up to half a minute. */
const calmMs = 40_000;
const patienceMs = 300_000;

export async function measureFleet(fleet: BenchFleet, options: FleetOptions): Promise<Run> {
  const { etcd, hosts } = fleet;
  const meter = await startEtcdMeter(etcd, fleetPrefix);
  try {
    const apps = Array.from({ length: options.apps }, (_, index) => appName(index));
    const startMs = nowMs();
    await publish(etcd, apps, 'v0');
    for (const app of apps) await allRunning(fleet, app, startMs);
    await untilQuiet(meter, calmMs);
    const reporting = new Set(meter.writes.map(({ kind }) => kind)).has('hosts');
    const figures = [
      ...(await measureIdle(fleet, meter, options.idleSec)),
      ...(await measurePublishes(fleet, meter, options.rounds)),
      ...(await measureForeign(fleet, meter, options.foreignSec)),
      ...(await measureRestart(fleet)),
    ];
    const notes = reporting ? [] : ['no host has reported: figures of reports are of none'];
    return { label: hosts === 1 ? '1 host' : `${String(hosts)} hosts`, figures, notes };
  } finally {
    meter.close();
  }
}

async function measureIdle(
  fleet: BenchFleet,
  meter: EtcdMeter,
  seconds: number,
): Promise<readonly Figure[]> {
  const before = await meter.snapshot();
  const cpuBefore = fleet.agentsCpuMs();
  await sleep(seconds * 1000);
  const cost = await meter.since(before);
  const cpu = (fleet.agentsCpuMs() - cpuBefore) / (cost.seconds * 1000) / fleet.hosts;
  return [
    ...perHostAndHour(cost, fleet.hosts),
    { name: 'idle: CPU of an agent', value: cpu * 100, unit: '%' },
    { name: 'idle: memory of an agent', value: fleet.agentsRssMb() / fleet.hosts, unit: 'MB' },
  ];
}

async function measurePublishes(
  fleet: BenchFleet,
  meter: EtcdMeter,
  rounds: number,
): Promise<readonly Figure[]> {
  const { etcd, hosts } = fleet;
  const delays: number[] = [];
  const lasts: number[] = [];
  const reports: number[] = [];
  const before = await meter.snapshot();
  for (let round = 1; round <= rounds; round += 1) {
    const startMs = nowMs();
    await publish(etcd, [appName(0)], `v${String(round)}`);
    const times = await allRunning(fleet, appName(0), startMs);
    delays.push(...times.map((ms) => ms - startMs));
    lasts.push(Math.max(...times) - startMs);
    await untilQuiet(meter, quietMs);
    const said = meter.writes.at(-1)?.atMs ?? Number.NaN;
    reports.push(said + performance.timeOrigin - startMs);
  }
  const cost = await meter.since(before);
  const each = (amount: number): number => amount / rounds;
  return [
    { name: 'publish to all: RUNNING, p50 of hosts', value: percentile(delays, 50), unit: 'ms' },
    { name: 'publish to all: RUNNING, p99 of hosts', value: percentile(delays, 99), unit: 'ms' },
    { name: 'publish to all: RUNNING, the last host', value: percentile(lasts, 50), unit: 'ms' },
    { name: 'publish to all: the last word of a host', value: percentile(reports, 50), unit: 'ms' },
    {
      name: 'publish to all: transactions per host',
      value: each(cost.transactions) / hosts,
      unit: 'times',
    },
    {
      name: 'publish to all: bytes written per host',
      value: each(cost.bytes) / hosts,
      unit: 'bytes',
    },
    {
      name: 'publish to all: etcd sends per host',
      value: each(cost.sentBytes) / hosts,
      unit: 'bytes',
    },
  ];
}

async function measureForeign(
  { etcd, hosts }: BenchFleet,
  meter: EtcdMeter,
  seconds: number,
): Promise<readonly Figure[]> {
  await untilQuiet(meter, calmMs);
  const before = await meter.snapshot();
  await publish(etcd, ['elsewhere'], 'v1', '192.0.2.1');
  await sleep(1_000);
  const soon = await meter.since(before);
  await sleep(seconds * 1000);
  const cost = await meter.since(before);
  return [
    { name: 'publish to nobody: transactions within 1 s', value: soon.transactions, unit: 'count' },
    { name: 'publish to nobody: transactions in all', value: cost.transactions, unit: 'count' },
    {
      name: 'publish to nobody: bytes written per host',
      value: cost.bytes / hosts,
      unit: 'bytes',
    },
    {
      name: 'publish to nobody: etcd sends per host at once',
      value: soon.sentBytes / hosts,
      unit: 'bytes',
    },
  ];
}

/** Last, since the meter does not outlive it: every agent connects and looks at everything anew. */
async function measureRestart({ etcd, hosts }: BenchFleet): Promise<readonly Figure[]> {
  const watches = (await watchCount(etcd)) - 1;
  await etcd.kill();
  const startMs = performance.now();
  await etcd.start();
  const deadMs = startMs + patienceMs;
  while ((await watchCount(etcd)) < watches) {
    if (performance.now() > deadMs) throw new Error('not all watches are back');
    await sleep(50);
  }
  const backMs = performance.now() - startMs;
  await sleep(afterRestartMs);
  return [
    { name: 'watches per host', value: watches / hosts, unit: 'count' },
    { name: 'etcd restarted: all watches stand again', value: backMs, unit: 'ms' },
    {
      name: 'etcd restarted: it sends per host',
      value: (await sentBytes(etcd)) / hosts,
      unit: 'bytes',
    },
    { name: 'etcd restarted: its CPU per host', value: cpuMs(etcd.pid) / hosts, unit: 'ms' },
  ];
}

/** Leases are checked and reports written again; then little is sent any more. */
const afterRestartMs = 15_000;

async function allRunning(
  fleet: BenchFleet,
  app: string,
  sinceMs: number,
): Promise<readonly number[]> {
  for (;;) {
    const times = fleet.runningAt(app, sinceMs);
    if (times.length === fleet.hosts) return times;
    if (nowMs() - sinceMs > patienceMs) {
      const said = tellReports(fleet);
      throw new Error(`${app} runs on ${times.length} of ${fleet.hosts} hosts; ${said}`);
    }
    await sleep(50);
  }
}

/** What the hosts themselves say of what is not well. */
function tellReports({ etcd }: BenchFleet): string {
  const text = etcd.etcdctl('get', '--prefix', `${fleetPrefix}/hosts/`);
  const faults = text.match(/\{"app":"[^"]*","condition":"(?!converged")[^}]*\}/g) ?? [];
  return [`${faults.length} apps are not converged`, ...faults.slice(0, 20)].join('\n');
}

/**
 * Where hosts go on talking it goes on too: with hundreds of agents in one process some lose their
 * connection now and then, and tell of it.
 */
async function untilQuiet(meter: EtcdMeter, forMs: number): Promise<void> {
  const startMs = performance.now();
  const lastMs = (): number => Math.max(startMs, meter.writes.at(-1)?.atMs ?? 0);
  while (performance.now() - lastMs() < forMs) {
    if (performance.now() - startMs > 2 * forMs) {
      process.stderr.write(`not silent for ${forMs / 1000} s: measuring all the same\n`);
      return;
    }
    await sleep(200);
  }
}
