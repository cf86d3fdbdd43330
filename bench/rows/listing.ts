/**
 * A first start with 10,000 apps of 8 KB in etcd, ten of them here. Time from the start of the process
 * to the first file in place, which is after the first plan; the most memory it had until ready.
 */
import type { Measurement } from '../measurement.ts';
import { peakRssMb } from '../processCost.ts';
import { startWorld } from '../world.ts';

export async function benchListing(): Promise<readonly Measurement[]> {
  const world = await startWorld({
    driver: 'rpc',
    here: 10,
    elsewhere: { count: 9_990, bytes: 8_000 },
  });
  try {
    return [
      {
        name: '10,000 apps of 8 KB: start to first file',
        samples: [world.firstFileMs],
        unit: 'ms',
        budget: 3_000,
        replaced: 4_000,
        note: 'the replaced system took that for every change',
      },
      {
        name: '10,000 apps of 8 KB: most memory',
        samples: [peakRssMb(world.agent.pid)],
        unit: 'MB',
        budget: 200,
        replaced: 984,
      },
    ];
  } finally {
    await world.stop();
  }
}
