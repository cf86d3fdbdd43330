/**
 * One app of ten changes while nothing else happens. Time runs from the moment etcd has answered the
 * put. The apps take turns, so that the limit of restarts per app is not reached; between two changes
 * the world is quiet for a while.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Measurement, summarize } from '../measurement.ts';
import { cpuMs } from '../processCost.ts';
import { nowMs } from '../witness.ts';
import { appName, type DriverName, prefix, startWorld, toBase64, type World } from '../world.ts';

const appsHere = 10;
const changes = 20;
const quietMs = 400;
const budgetMs = { supervisorctl: 450, rpc: 100 };

export async function benchOneChange(driver: DriverName): Promise<readonly Measurement[]> {
  const { files, running } = await measure(driver);
  return [
    {
      name: `put to file in place, idle (${driver})`,
      samples: files,
      unit: 'ms',
      budget: 15,
      replaced: 15,
    },
    {
      name: `put to RUNNING, 10 apps (${driver})`,
      samples: running,
      unit: 'ms',
      budget: budgetMs[driver],
      replaced: 680,
    },
  ];
}

/** The same with few and with many apps of other hosts in etcd, right after one another. */
export async function benchManyApps(): Promise<readonly Measurement[]> {
  const few = await measure('rpc');
  const many = await measure('rpc', { count: 10_000 - appsHere, bytes: 400 });
  const ratio = summarize(many.running).p50 / summarize(few.running).p50;
  return [
    {
      name: 'put to RUNNING, 10,000 apps in etcd (rpc)',
      samples: many.running,
      unit: 'ms',
      budget: undefined,
      replaced: 4_600,
      note: `with 10 apps in the same minute ${summarize(few.running).p50.toFixed(1)} ms`,
    },
    {
      name: '10,000 apps against 10 apps',
      samples: [ratio],
      unit: 'times',
      budget: 1.2,
    },
    {
      name: 'agent CPU per change, 10,000 apps',
      samples: [many.cpuPerChangeMs],
      unit: 'ms',
      budget: undefined,
      replaced: 2_000,
      note: `with 10 apps ${few.cpuPerChangeMs.toFixed(1)} ms; its polls meanwhile included`,
    },
  ];
}

async function measure(
  driver: DriverName,
  elsewhere?: { readonly count: number; readonly bytes: number },
) {
  const world = await startWorld({ driver, here: appsHere, ...(elsewhere && { elsewhere }) });
  try {
    await sleep(1_000);
    const files: number[] = [];
    const running: number[] = [];
    const cpuBefore = cpuMs(world.agent.pid);
    for (let change = 0; change < changes; change += 1) {
      const seen = await changeOne(world, appName(change % appsHere), `v${String(change + 1)}`);
      files.push(seen.fileMs);
      running.push(seen.runningMs);
      await sleep(quietMs);
    }
    const cpuPerChangeMs = (cpuMs(world.agent.pid) - cpuBefore) / changes;
    return { files, running, cpuPerChangeMs };
  } finally {
    await world.stop();
  }
}

async function changeOne({ etcd, witness }: World, app: string, version: string) {
  await etcd.put(`${prefix}/${app}/content`, toBase64(witness.content(app, version)));
  const putMs = nowMs();
  const fileMs = (await witness.fileAt(app, version)) - putMs;
  const runningMs = (await witness.runningAt(app, version)) - putMs;
  return { fileMs, runningMs };
}
