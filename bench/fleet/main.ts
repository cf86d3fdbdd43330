/**
 * The bench of the fleet: what it costs etcd, how fast a publish is everywhere, and what `status` takes;
 * each on a small and a large fleet, side by side. Exit code 0 when it could measure: times are no test.
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { measureYardstick } from '../yardstick.ts';
import { summarize } from '../measurement.ts';
import { type Etcd, startEtcd } from '../../test/support/etcd.ts';
import { type BenchFleet, fill } from './benchFleet.ts';
import { layOutRuns, type Run } from './figure.ts';
import { measureEtcd } from './measureEtcd.ts';
import { type FleetOptions, measureFleet } from './measureFleet.ts';
import { measureStatus } from './measureStatus.ts';
import { startModelFleet } from './modelHosts.ts';
import { startRealFleet } from './realHosts.ts';

// Each etcd, supervisord and agent is ended with this process.
process.setMaxListeners(0);

const usage = `usage: npm run bench:fleet -- [--only etcd|real|rpc|model|status]... [options]
  --hosts N         real hosts, 50 by default
  --model-hosts N   modelled hosts, 200 by default
  --status-hosts N  hosts whose reports status reads, 1000 by default
  --apps N          apps on each host, 10 by default; 50 for status
  --elsewhere N     apps of 2 KiB in etcd for other hosts, 500 by default
  --idle SECONDS    how long nothing happens, 120 by default
  --rounds N        publishes to all, 5 by default
  --alone           only the large fleets, nothing to hold them against
  --json            all figures as one document`;

/** As stored: base64 of 1.5 KiB. */
const elsewhereBytes = 2_048;

type Title = 'etcd' | 'real' | 'rpc' | 'model' | 'status';

const given = readArgs();
if (given === undefined) {
  console.error(usage);
  process.exitCode = 2;
} else {
  process.exitCode = await main(given);
}
process.exit();

async function main({ only, isJson, sizes, fleet }: Given): Promise<number> {
  const benches: Readonly<Record<Title, () => Promise<readonly Run[]>>> = {
    etcd: async () => [await measureEtcd(1), await measureEtcd(256)],
    real: () => bothSizes(sizes.hosts, startRealFleet, fleet),
    rpc: () => bothSizes(sizes.hosts, startRpcFleet, fleet),
    model: () => bothSizes(sizes.modelHosts, startModelFleet, fleet),
    status: async () => [await measureStatus(10, 50), await measureStatus(sizes.statusHosts, 50)],
  };
  const yardstickMs = summarize((await measureYardstick()).samples).p50;
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${String(availableParallelism())} cores`;
  const results: { title: string; load: number; runs: readonly Run[] }[] = [];
  let failures = 0;
  for (const title of only) {
    process.stderr.write(`measuring: ${title}\n`);
    const [load = 0] = loadavg();
    try {
      results.push({ title, load, runs: await benches[title]() });
    } catch (error) {
      failures += 1;
      process.stderr.write(`${title} failed: ${String(error)}\n`);
    }
  }
  if (isJson) console.log(JSON.stringify({ machine, yardstickMs, results }, undefined, 2));
  else {
    console.log(`${machine}, Node ${process.version}`);
    console.log(`supervisorctl update, nothing to do: ${yardstickMs.toFixed(0)} ms\n`);
    for (const { title, load, runs } of results) {
      console.log(layOutRuns(`${title} (load before: ${load.toFixed(1)})`, runs).join('\n'));
    }
  }
  return failures > 0 ? 1 : 0;
}

function startRpcFleet(etcd: Etcd, hosts: number): Promise<BenchFleet> {
  return startRealFleet(etcd, hosts, { SUPERVENE_DRIVER: 'rpc' });
}

/** One host first: what the large fleet is held against. */
async function bothSizes(
  hosts: number,
  start: (etcd: Etcd, hosts: number) => Promise<BenchFleet>,
  options: Given['fleet'],
): Promise<readonly Run[]> {
  const runs: Run[] = [];
  for (const size of options.isAlone ? [hosts] : [...new Set([1, hosts])]) {
    const etcd = await startEtcd();
    try {
      await fill(etcd, options.elsewhere, elsewhereBytes);
      const fleet = await start(etcd, size);
      runs.push(await measureFleet(fleet, options).finally(fleet.stop));
    } finally {
      await etcd.stop();
    }
  }
  return runs;
}

interface Given {
  readonly only: readonly Title[];
  readonly isJson: boolean;
  readonly sizes: Readonly<Record<'hosts' | 'modelHosts' | 'statusHosts', number>>;
  /** `isAlone`: not on one host first. */
  readonly fleet: FleetOptions & { readonly isAlone: boolean };
}

function readArgs(): Given | undefined {
  const number = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      options: {
        only: {
          type: 'string',
          multiple: true,
          default: ['etcd', 'real', 'rpc', 'model', 'status'],
        },
        hosts: { ...number, default: '50' },
        'model-hosts': { ...number, default: '200' },
        'status-hosts': { ...number, default: '1000' },
        apps: { ...number, default: '10' },
        elsewhere: { ...number, default: '500' },
        idle: { ...number, default: '120' },
        rounds: { ...number, default: '5' },
        alone: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const titles: readonly Title[] = ['etcd', 'real', 'rpc', 'model', 'status'];
    const only = titles.filter((title) => values.only.includes(title));
    const all = [
      values.hosts,
      values['model-hosts'],
      values['status-hosts'],
      values.apps,
      values.elsewhere,
      values.idle,
      values.rounds,
    ].map(Number);
    if (only.length === 0 || !all.every((value) => Number.isInteger(value) && value > 0)) {
      return undefined;
    }
    const [hosts = 0, modelHosts = 0, statusHosts = 0, apps = 0] = all;
    const [elsewhere = 0, idleSec = 0, rounds = 0] = all.slice(4);
    return {
      ...{ only, isJson: values.json, sizes: { hosts, modelHosts, statusHosts } },
      fleet: { isAlone: values.alone, apps, elsewhere, rounds, idleSec, foreignSec: 45 },
    };
  } catch {
    return undefined;
  }
}
