/** The content of one app changes 500 times in about 0.85 s; only the last one matters. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Measurement, summarize } from '../measurement.ts';
import { nowMs } from '../witness.ts';
import { appName, prefix, startWorld, toBase64, type World } from '../world.ts';

const puts = 500;
const spanMs = 850;
const rounds = 3;

export async function benchBurst(): Promise<readonly Measurement[]> {
  const world = await startWorld({ driver: 'rpc', here: 10 });
  const last: number[] = [];
  const restarts: number[] = [];
  const spans: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      await sleep(2_000);
      const seen = await burst(world, appName(round));
      last.push(seen.runningMs);
      restarts.push(seen.restarts);
      spans.push(seen.spanMs);
    }
  } finally {
    await world.stop();
  }
  const note = `the puts took ${(summarize(spans).p50 / 1000).toFixed(2)} s`;
  return [
    {
      name: '500 puts: last one RUNNING after the last put',
      samples: last,
      unit: 'ms',
      budget: 500,
      replaced: 90,
      note,
    },
    { name: '500 puts: restarts', samples: restarts, unit: 'count', budget: 2 },
  ];
}

async function burst({ etcd, witness }: World, app: string) {
  const put = (version: number): Promise<string> =>
    etcd.put(`${prefix}/${app}/content`, toBase64(witness.content(app, `b${String(version)}`)));
  const before = witness.starts(app);
  const startMs = nowMs();
  const underWay: Promise<string>[] = [];
  for (let version = 1; version < puts; version += 1) {
    const dueMs = startMs + (version * spanMs) / puts;
    // A timer is too coarse for 1.7 ms; being late is made up for by the next ones.
    if (nowMs() < dueMs) await sleep(Math.floor(dueMs - nowMs()));
    underWay.push(put(version));
  }
  // Those before may overtake one another; the last one may not.
  await Promise.all(underWay);
  await put(puts);
  const lastPutMs = nowMs();
  const runningMs = (await witness.runningAt(app, `b${String(puts)}`)) - lastPutMs;
  return { runningMs, restarts: witness.starts(app) - before, spanMs: lastPutMs - startMs };
}
