/** Fifty groups change at one revision; time until supervisord says RUNNING of the last of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Measurement } from '../measurement.ts';
import { nowMs } from '../witness.ts';
import { appName, type DriverName, publishHere, startWorld } from '../world.ts';

const groups = 50;
const rounds = 3;
const budgetMs = { supervisorctl: 2_000, rpc: 500 };

export async function benchFifty(driver: DriverName): Promise<readonly Measurement[]> {
  const world = await startWorld({ driver, here: groups });
  const apps = Array.from({ length: groups }, (_, index) => appName(index));
  const samples: number[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1) {
      await sleep(3_000);
      const version = `v${String(round)}`;
      await publishHere(world.etcd, world.witness, apps, version);
      const putMs = nowMs();
      const times = await Promise.all(apps.map((app) => world.witness.runningAt(app, version)));
      samples.push(Math.max(...times) - putMs);
    }
  } finally {
    await world.stop();
  }
  return [
    {
      name: `50 groups changed to all RUNNING (${driver})`,
      samples,
      unit: 'ms',
      budget: budgetMs[driver],
      replaced: 35_900,
    },
  ];
}
