/**
 * The model etcd of the simulator against a real one: whatever is done to both, what can be seen
 * is the same. SUPERVENE_DIFFERENTIAL_RUNS sets the number of random scripts.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RangeQuery, type TxnQuery } from '../../../src/domain/etcdCalls.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { type EtcdStep, etcdSteps, runOnBoth } from '../../support/etcdScript.ts';
import {
  type EtcdSide,
  kindOf,
  type ModelSide,
  modelSide,
  realSide,
  type SeenWatch,
} from '../../support/etcdSides.ts';
import { rev } from '../../support/etcdValues.ts';
import { fcParams } from '../../support/seed.ts';
import { waitFor } from '../../support/waitFor.ts';

const runs = Number(process.env['SUPERVENE_DIFFERENTIAL_RUNS'] ?? 15);

const bytes = (text: string): Uint8Array => Buffer.from(text);
const everything = { key: bytes('/'), rangeEnd: bytes('\0') };

let etcd: Etcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.stop());

const closed: EtcdSide[] = [];
afterEach(() => {
  for (const side of closed.splice(0)) side.close();
});

function keep<Side extends EtcdSide>(side: Side): Side {
  closed.push(side);
  return side;
}

async function bothSides(): Promise<{ real: EtcdSide; model: ModelSide; revision: bigint }> {
  const revision = await emptied();
  return { real: keep(realSide(etcd)), model: keep(modelSide(revision)), revision };
}

async function same(real: EtcdSide, model: ModelSide, query: RangeQuery): Promise<string> {
  const found = await model.range(query);
  expect(await real.range(query)).toBe(found);
  return found;
}

const put = (key: string, value: string | undefined): TxnQuery => ({
  compares: [],
  writes: [{ key: bytes(key), value: value === undefined ? undefined : bytes(value) }],
});

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
        const { real, model, revision } = await bothSides();
        try {
          await runOnBoth({ real, model }, steps, revision);
        } finally {
          real.close();
          model.close();
        }
      });
      await fc.assert(property, fcParams(runs));
    },
    60_000 + runs * 1_000,
  );

  it('forgets a deletion with the revision that it happened at, as 3.4 does', async () => {
    const { real, model, revision } = await bothSides();
    const write = (key: string, value?: string) =>
      ({ type: 'Txn', compares: [], writes: [{ key, value }] }) as const;
    const span = { key: '/p/', rangeEnd: '/p0' };
    const steps: readonly EtcdStep[] = [
      write('/p/a/ips', '1'),
      write('/p/a/ips'),
      { type: 'Compact', ago: 0 },
      { type: 'Watch', span, from: 'Compacted' },
      write('/p/b/ips', '1'),
      { type: 'Compact', ago: 0 },
      { type: 'Watch', span, from: 'Compacted' },
    ];
    await runOnBoth({ real, model }, steps, revision);
    const watch = model.watch({
      key: bytes('/p/'),
      rangeEnd: bytes('/p0'),
      startRevision: rev(revision + 3n),
    });
    await model.pass(200);
    expect(watch.seen()).toContain('Put new /p/b/ips');
  });

  it('comes back from a backup with its revision and history of then, and empty when wiped', async () => {
    const own = await startEtcd();
    try {
      const { real, model } = { real: keep(realSide(own)), model: keep(modelSide(1n)) };
      const write = async (query: TxnQuery): Promise<void> => {
        expect(await real.txn(query)).toBe(await model.txn(query));
      };
      for (const value of ['1', '2', '3']) await write(put('/p/a', value));
      const file = join(own.dataDir, '..', 'backup');
      own.etcdctl('snapshot', 'save', file);
      const snapshot = model.etcd.snapshot();
      await write(put('/p/b', 'after the backup'));
      await write(put('/p/a', undefined));
      const query = { key: bytes('/p/'), rangeEnd: bytes('/p0'), startRevision: rev(2) };
      const watches = [real.watch(query), model.watch(query)];
      await model.pass(200);
      await waitFor('the watch', () => watches[0]?.seen() === watches[1]?.seen());

      const [member] = (await own.call('/v3/cluster/member/list', {}))['members'] as readonly [
        { readonly peerURLs: readonly [string] },
      ];
      await own.kill();
      await rm(own.dataDir, { recursive: true });
      const peer = member.peerURLs[0];
      own.etcdctl(
        ...['snapshot', 'restore', file, '--data-dir', own.dataDir, '--name', 'default'],
        ...['--initial-cluster', `default=${peer}`, '--initial-advertise-peer-urls', peer],
      );
      await own.start();
      model.etcd.restore(snapshot);
      await model.pass(200);
      await waitFor('the end of the watch', () => watches[0]?.failure());
      expect(watches[0]?.failure()).toBe(watches[1]?.failure());

      const again = keep(realSide(own));
      for (const revision of [undefined, 2, 3, 4, 5, 6]) {
        const asOf = revision === undefined ? {} : { revision: rev(revision) };
        await same(again, model, { ...everything, ...asOf });
      }
      await own.wipe();
      model.etcd.wipe();
      const wiped = keep(realSide(own));
      expect(await same(wiped, model, everything)).toContain('"revision":"1"');
      await same(wiped, model, { ...everything, revision: rev(2) });
    } finally {
      await own.stop();
    }
  });

  it('fails as a real one does that is not there, or does not answer', async () => {
    const own = await startEtcd();
    try {
      const { real, model } = { real: keep(realSide(own)), model: keep(modelSide(1n)) };
      const everyWatch = { ...everything, startRevision: rev(1) };
      const ends = async (watch: SeenWatch): Promise<string> => {
        await model.pass(1_000);
        return waitFor('the end', watch.failure);
      };
      const endsOnBoth = async (): Promise<string> => {
        const end = await ends(model.watch(everyWatch));
        expect(await ends(real.watch(everyWatch))).toBe(end);
        return end;
      };
      const answers = async (): Promise<string> => {
        const answer = kindOf(await model.txn(put('/p/a', '1')));
        expect(kindOf(await real.txn(put('/p/a', '1')))).toBe(answer);
        return answer;
      };
      expect(await answers()).toBe('done at 2');
      const standing = [real.watch(everyWatch), model.watch(everyWatch)];
      await model.pass(200);
      await waitFor('the watch', () => standing[0]?.seen() === standing[1]?.seen());
      own.pause();
      model.wire.set({ link: 'Silent' });
      expect(await answers()).toBe('TimedOut, sent');
      own.resume();
      model.wire.set({ link: 'Cut' });
      await own.kill();
      for (const watch of standing) expect(await ends(watch)).toBe('Unreachable, sent');
      expect(await answers()).toBe('Unreachable, not sent');
      expect(await endsOnBoth()).toBe('Unreachable, not sent');
    } finally {
      await own.stop();
    }
  });
});
