/** One console, many open pages, and a fleet that changes all the time. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { startConsoleHost } from '../../test/support/consoleHost.ts';
import { startEtcd } from '../../test/support/etcd.ts';
import { findProjectRoot } from '../../test/support/findProjectRoot.ts';
import { fleetPrefix } from '../fleet/benchFleet.ts';
import { type Figure, percentile, type Run } from '../fleet/figure.ts';
import { cpuMs, peakRssMb, rssMb } from '../processCost.ts';
import { generateFleet } from './generateFleet.ts';
import type { PagesFound } from './pages.ts';

export interface ConsoleLoad {
  readonly hosts: number;
  readonly apps: number;
  readonly pages: number;
  readonly perSecond: number;
  readonly minutes: number;
}

const sampleMs = 1_000;

export async function measureConsole(load: ConsoleLoad): Promise<Run> {
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const etcd = await startEtcd();
    stops.push(etcd.stop);
    const fleet = await generateFleet(etcd, load);
    const startMs = performance.now();
    const host = await startConsoleHost({
      etcdEndpoint: etcd.endpoint,
      environment: { SUPERVENE_FLEET_PREFIX: fleetPrefix },
    });
    stops.push(host.stop);
    const client = await host.logIn();
    await client.ask('fleet');
    const firstMs = performance.now() - startMs;
    const pages = await openPages(host.url, client.cookies(), load.pages);
    stops.push(pages.stop);
    const openMb = rssMb(host.pid);

    const changes = fleet.changeSteadily(load.perSecond);
    stops.push(changes.stop);
    await sleep(2_000);
    await pages.ask('found');
    const [cpuBefore, countBefore, beganMs] = [cpuMs(host.pid), changes.count(), performance.now()];
    const samples: number[] = [];
    const endMs = beganMs + load.minutes * 60_000;
    while (performance.now() < endMs) {
      await sleep(sampleMs);
      samples.push(rssMb(host.pid));
    }
    const found = await pages.ask('found');
    const seconds = (performance.now() - beganMs) / 1_000;
    const cpu = (cpuMs(host.pid) - cpuBefore) / (seconds * 10);
    const written = (changes.count() - countBefore) / seconds;
    const again = await pages.ask('again');
    const figures: readonly Figure[] = [
      { name: 'console started, first snapshot read', value: firstMs, unit: 'ms' },
      { name: 'all pages list at once: the last has it', value: pages.listedMs, unit: 'ms' },
      { name: 'the same again, under load', value: again.listedMs, unit: 'ms' },
      { name: 'changes written', value: written, unit: 'per second' },
      { name: 'changes a page heard of', value: found.changes / seconds, unit: 'per second' },
      { name: 'write begun to read by the page, p50', value: found.p50Ms, unit: 'ms' },
      { name: 'write begun to read by the page, p95', value: found.p95Ms, unit: 'ms' },
      { name: 'write begun to read by the page, p99', value: found.p99Ms, unit: 'ms' },
      { name: 'write begun to read by the page, most', value: found.maxMs, unit: 'ms' },
      {
        name: 'of that: etcd takes the write, p95',
        value: percentile(changes.writeMs(), 95),
        unit: 'ms',
      },
      { name: 'of that: folded in to read by the page, p95', value: found.tellP95Ms, unit: 'ms' },
      { name: 'sent to each page in a second', value: found.bytesPerPage / seconds, unit: 'bytes' },
      { name: 'pages ended or sent away', value: found.losses + found.agains, unit: 'count' },
      { name: 'CPU of the console', value: cpu, unit: '%' },
      { name: 'memory with all pages open', value: openMb, unit: 'MB' },
      { name: 'memory, first quarter', value: mean(samples, 0, 0.25), unit: 'MB' },
      { name: 'memory, last quarter', value: mean(samples, 0.75, 1), unit: 'MB' },
      { name: 'memory after all came back at once', value: rssMb(host.pid), unit: 'MB' },
      { name: 'memory at most', value: peakRssMb(host.pid), unit: 'MB' },
    ];
    const label = `${String(load.hosts)} x ${String(load.apps)}, ${String(load.pages)} pages`;
    return { label, figures, notes: [] };
  } finally {
    for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop();
  }
}

function mean(samples: readonly number[], from: number, to: number): number {
  const some = samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to));
  return some.reduce((a, b) => a + b, 0) / some.length;
}

async function openPages(url: string, cookies: string, count: number) {
  const script = join(findProjectRoot(), 'dist/bench/console/pages.js');
  const child = spawn(process.execPath, [script, url, cookies, String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('the pages ended');
    return JSON.parse(line.value) as T;
  };
  const { listedMs } = await next<Pick<PagesFound, 'listedMs'>>();
  return {
    listedMs,
    ask: (what: 'found' | 'again'): Promise<PagesFound> => {
      child.stdin.write(`${what}\n`);
      return next<PagesFound>();
    },
    stop: () => end(child),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, 'exit');
  child.kill('SIGKILL');
  await over;
}
