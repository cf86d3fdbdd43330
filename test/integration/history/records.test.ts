/** What is recorded of a publish, on a real etcd. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { AppStore } from '../../../src/commands/appStore.ts';
import { openAppStore } from '../../../src/commands/openAppStore.ts';
import { ok } from '../../../src/domain/result.ts';
import type { AppName } from '../../../src/domain/types.ts';
import { readSettings } from '../../../src/settings/readSettings.ts';
import {
  body,
  contentKey,
  createAppHistory,
  ipsKey,
  readHistory,
  recordKey,
  startAppHistory,
} from '../../support/appHistory.ts';
import { startEtcd } from '../../support/etcd.ts';
import { shared } from '../../support/shared.ts';

const web = shared(startAppHistory);
beforeEach(async () => {
  await web().etcd.delPrefix('/services/');
});

const app = 'web' as AppName;

async function openStore(): Promise<AppStore> {
  const sources = { env: {}, readText: () => ok(undefined), workingDir: '/', hostName: 'web1' };
  const flags = new Map([['--etcd', web().etcd.endpoint]]);
  const settings = readSettings({ ...sources, isTerminal: false, flags });
  const store = settings.ok ? await openAppStore(settings.value) : undefined;
  if (store?.ok !== true) throw new Error('no store');
  return store.value;
}

describe('the record of a publish', () => {
  it('is written at the revision of the change: who, from where, why, and the texts', async () => {
    await web().publish('v1', '10.0.0.1', '-m', 'first');
    const revision = await web().etcd.revision();
    expect(await web().record(1)).toMatchObject({
      ...{ v: 1, action: 'publish', by: 'alice', from: 'web1', why: 'first' },
      before: null,
      after: { ips: '10.0.0.1', content: body('v1') },
    });
    expect((await readHistory(web())).changes).toMatchObject([
      { revision, by: 'alice', message: 'first' },
    ]);
  });

  it('does not repeat what the record before says, and tells what another tool left', async () => {
    await web().publish('v1', '10.0.0.1');
    await web().publish('v2', '10.0.0.1');
    expect(await web().record(2)).not.toHaveProperty('before');
    expect(await web().record(2)).toHaveProperty('beforeSha256');
    await web().etcd.put(contentKey, body('by hand'));
    await web().run(['unpublish', 'web', '-m', 'away']);
    expect(await web().record(3)).toMatchObject({
      action: 'unpublish',
      before: { ips: '10.0.0.1', content: body('by hand') },
      after: null,
    });
  });

  it('is not written for a publish that changes nothing, nor with --no-history', async () => {
    await web().publish('v1', '10.0.0.1');
    await web().publish('v1', '10.0.0.1');
    expect(await web().publish('v2', '10.0.0.1', '--no-history')).toMatchObject({ code: 0 });
    expect(await web().record(2)).toEqual({});
    expect((await readHistory(web())).changes).toMatchObject([{ by: null }, { by: 'alice' }]);
  });

  it('says what to do about a key that leaves no number', async () => {
    await web().etcd.put(recordKey(9_999_999_999), 'x');
    const { code, stderr } = await web().publish('v1', '10.0.0.1');
    expect(code).toBe(1);
    expect(stderr).toContain(`etcdctl del ${recordKey(9_999_999_999)}`);
    expect(stderr).toContain('--no-history');
  });

  it('goes when there are 50 younger ones', async () => {
    for (let index = 1; index <= 52; index += 1)
      await web().publish(`v${String(index)}`, '10.0.0.1');
    expect(await web().record(2)).toEqual({});
    expect(await web().record(3)).toMatchObject({ after: { content: body('v3') } });
    expect(await web().record(52)).toMatchObject({ after: { content: body('v52') } });
  });

  it('is of one only when two publish at once, and the other is told', async () => {
    await web().publish('v1', '10.0.0.1');
    const store = await openStore();
    const reading = await store.read(app);
    if (!reading.ok) throw new Error(reading.error.message);
    const outcomes = await Promise.all(
      ['a', 'b', 'c', 'd'].map((by) => {
        const wish = { action: 'publish', by, from: 'x', atMs: 1 } as const;
        const values = { ips: by, content: Buffer.from(body(by)).toString('base64') };
        return store.publish(app, values, reading.value.entry, wish);
      }),
    );
    store.close();
    const types = outcomes.map((outcome) => (outcome.ok ? outcome.value.type : 'error'));
    expect(types.sort()).toEqual(['Changed', 'Changed', 'Changed', 'Written']);
    const { by, after } = await web().record(2);
    expect(after).toEqual({ ips: by, content: body(String(by)) });
    expect(await web().etcd.get(ipsKey)).toBe(by);
    expect(await web().record(3)).toEqual({});
  });
});

describe('etcd without space', () => {
  it('refuses whole: neither the change nor its record', async () => {
    const small = await startEtcd({ flags: ['--quota-backend-bytes', '200000'] });
    try {
      const argv = ['publish', 'web', '--hosts', '10.0.0.1', '--file', 'w'];
      expect(await createAppHistory(small).run(argv, body('v1'))).toMatchObject({ code: 0 });
      const big = 'x'.repeat(50_000);
      await expect(
        (async () => {
          for (let index = 0; index < 20; index += 1)
            await small.put(`/other/${String(index)}`, big);
        })(),
      ).rejects.toThrow(/space/);
      const { code, stderr } = await createAppHistory(small).run(argv, body('v2'));
      expect(code).toBe(1);
      expect(stderr).toContain('space');
      expect(await small.get(contentKey)).toBe(Buffer.from(body('v1')).toString('base64'));
      expect(await small.get(recordKey(2))).toBeUndefined();
    } finally {
      await small.stop();
    }
  });
});
