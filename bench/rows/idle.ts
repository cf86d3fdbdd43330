/** Fifty apps run and nothing happens for 30 s. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Measurement } from '../measurement.ts';
import { cpuMs, rssMb } from '../processCost.ts';
import { startWorld } from '../world.ts';

const settleMs = 5_000;
const watchMs = 30_000;

export async function benchIdle(): Promise<readonly Measurement[]> {
  const world = await startWorld({ driver: 'supervisorctl', here: 50 });
  try {
    await sleep(settleMs);
    const { pid } = world.agent;
    const cpuBefore = cpuMs(pid);
    const startMs = performance.now();
    await sleep(watchMs);
    const percent = ((cpuMs(pid) - cpuBefore) / (performance.now() - startMs)) * 100;
    return [
      { name: 'idle with 50 apps: CPU of a core', samples: [percent], unit: '%', budget: 1 },
      { name: 'idle with 50 apps: memory', samples: [rssMb(pid)], unit: 'MB', budget: 90 },
    ];
  } finally {
    await world.stop();
  }
}
