/**
 * The model etcd of the simulator against a real one: whatever is done to both, what can be seen
 * is the same. SUPERVENE_DIFFERENTIAL_RUNS sets the number of random scripts.
 */
import process from 'node:process';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { etcdSteps, runOnBoth } from '../../support/etcdScript.ts';
import { modelSide, realSide } from '../../support/etcdSides.ts';
import { fcParams } from '../../support/seed.ts';

const runs = Number(process.env['SUPERVENE_DIFFERENTIAL_RUNS'] ?? 15);

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

/** Nothing in it, and no history. */
async function emptied(): Promise<bigint> {
  await etcd.put('~', '');
  await etcd.call('/v3/kv/deleterange', { key: 'AA==', range_end: 'AA==' });
  const revision = await etcd.revision();
  await etcd.compact(revision);
  return BigInt(revision);
}

describe('the model etcd', () => {
  it(
    'answers, refuses and tells watches what a real etcd does',
    async () => {
      const property = fc.asyncProperty(etcdSteps, async (steps) => {
        const revision = await emptied();
        const sides = { real: realSide(etcd), model: modelSide(revision) };
        try {
          await runOnBoth(sides, steps, revision);
        } finally {
          sides.real.close();
          sides.model.close();
        }
      });
      await fc.assert(property, fcParams(runs));
    },
    60_000 + runs * 1_000,
  );
});
