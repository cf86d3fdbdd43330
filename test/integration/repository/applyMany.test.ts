/** apply of many apps on a real etcd: how much is written at once, and what stops in the middle. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { startEtcd } from '../../support/etcd.ts';
import { runCliHere } from '../../support/fakeCommandIo.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { apps, base64, body, key, startRepository } from '../../support/repository.ts';
import { shared } from '../../support/shared.ts';
import { waitFor } from '../../support/waitFor.ts';

const repository = shared(startRepository);
beforeEach(() => repository().empty());

describe('supervene apply', () => {
  it('says what is written when it is ended in the middle', async () => {
    await repository().write(apps(80, 'v1'));
    const env = { SUPERVENE_ETCD: repository().etcd.endpoint };
    let isUndone = false;
    const onEnd = (act: () => void) => {
      act();
      return () => {
        isUndone = true;
      };
    };
    const before = await repository().etcd.revision();
    const { code, stderr } = await runCliHere(['apply', repository().dir], { env, onEnd });
    expect(code).toBe(1);
    expect(stderr).toContain('it was ended; before that nothing was written');
    expect(await repository().etcd.revision()).toBe(before);
    expect(isUndone).toBe(true);
  });

  it('holds the removal of many, and of all by an empty directory', async () => {
    await repository().write(apps(8, 'v1'));
    await repository().run('apply', repository().dir);
    for (const name of ['app000', 'app001', 'app002', 'app003'])
      await rm(join(repository().dir, `${name}.conf`));
    const before = await repository().etcd.revision();
    const held = await repository().run('apply', repository().dir, '--prune');
    expect(held.code).toBe(1);
    expect(held.stderr).toContain('4 of 8 apps would be removed, more than max(3, 30 %)');
    expect(await repository().run('apply', repository().dir)).toMatchObject({ code: 0 });
    expect(await repository().etcd.revision()).toBe(before);
    expect(
      await repository().run('apply', repository().dir, '--prune', '--allow-removals'),
    ).toMatchObject({
      code: 0,
    });
    await rm(repository().dir, { recursive: true });
    await mkdir(repository().dir);
    await repository().etcd.delPrefix('/services/apps/app004');
    await repository().etcd.delPrefix('/services/apps/app005');
    const empty = await repository().run('apply', repository().dir, '--prune');
    expect(empty.code).toBe(1);
    expect(empty.stderr).toContain('has no app: --prune would remove all 2 apps');
    expect(await repository().run('apply', repository().dir)).toMatchObject({ code: 0 });
    expect(await repository().run('apply', join(repository().dir, 'missing'))).toMatchObject({
      code: 1,
    });
  });

  it('writes 200 apps in as few transactions as etcd takes, and all of them', async () => {
    await repository().write(apps(200, 'v1'));
    const before = Number(await repository().etcd.revision());
    const { code, stdout } = await repository().run('apply', repository().dir, '--summary');
    expect(code).toBe(0);
    expect(stdout).toContain('200 created, 0 unchanged, in 8 transactions, each app whole');
    expect(stdout).not.toContain('/bin/cat');
    expect(Number(await repository().etcd.revision())).toBe(before + 8);
    expect(await repository().run('apply', repository().dir, '--prune')).toMatchObject({ code: 0 });
  });

  it('of two at once overwrites nothing that it did not read, and says so', async () => {
    await repository().write(apps(120, 'v1'));
    await repository().run('apply', repository().dir);
    const other = join(repository().dir, '.other');
    for (const [name, text] of Object.entries(apps(120, 'theirs'))) {
      await repository().write({ [`.other/${name}`]: text });
    }
    await repository().write(apps(120, 'ours'));
    const outcomes = await Promise.all([
      repository().run('apply', repository().dir),
      repository().run('apply', other),
    ]);
    for (const { code, stderr } of outcomes) {
      if (code !== 0)
        expect(stderr).toMatch(
          /somebody changed one of .*; before that (?:nothing was|\d+ of 120 apps were) written/,
        );
    }
    for (let index = 0; index < 120; index += 1) {
      const app = `app${String(index).padStart(3, '0')}`;
      const content = await repository().etcd.get(key(app));
      expect([base64(body('v1')), base64(body('ours')), base64(body('theirs'))]).toContain(content);
      // What stands there is what its last record says.
      const { stdout } = await repository().run('history', app, '--limit', '1', '--json');
      expect(JSON.parse(stdout)).toMatchObject({
        changes: [
          { action: 'apply', after: { content: Buffer.from(content ?? '', 'base64').toString() } },
        ],
      });
    }
    expect(await repository().run('apply', repository().dir)).toMatchObject({ code: 0 });
    expect(await repository().etcd.get(key('app119'))).toBe(base64(body('ours')));
  });

  it('writes nothing at all when etcd has no space', async () => {
    const small = await startEtcd({ flags: ['--quota-backend-bytes', '200000'] });
    try {
      await repository().write(apps(3, 'v1'));
      const fill = async (): Promise<void> => {
        for (let at = 0; at < 20; at += 1) await small.put(`/x/${String(at)}`, 'x'.repeat(50_000));
      };
      await expect(fill()).rejects.toThrow(/space/);
      const env = { SUPERVENE_ETCD: small.endpoint };
      const { code, stderr } = await runCliHere(['apply', repository().dir], { env });
      expect(code).toBe(1);
      expect(stderr).toMatch(/space.*; before that nothing was written/);
      expect(await small.get(key('app000'))).toBeUndefined();
      expect(await small.get('/services/fleet/history/app000/0000000001')).toBeUndefined();
    } finally {
      await small.stop();
    }
  });

  it('leaves each app whole when it is killed in the middle', async () => {
    await repository().write(apps(200, 'v1'));
    await repository().run('apply', repository().dir);
    await repository().write(apps(200, 'v2'));
    const main = join(findProjectRoot(), 'dist', 'src', 'main.js');
    expect(existsSync(main)).toBe(true);
    const env = { ...process.env, SUPERVENE_ETCD: repository().etcd.endpoint };
    const before = Number(await repository().etcd.revision());
    const child = spawn(process.execPath, [main, 'apply', repository().dir, '--summary'], {
      env,
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    await waitFor(
      'the first transaction',
      async () => Number(await repository().etcd.revision()) > before,
      {
        intervalMs: 1,
      },
    );
    child.kill('SIGKILL');
    await ended;
    const versions = { v1: 0, v2: 0 };
    for (let index = 0; index < 200; index += 1) {
      const app = `app${String(index).padStart(3, '0')}`;
      const content = await repository().etcd.get(key(app));
      const version = content === base64(body('v1')) ? 'v1' : 'v2';
      expect(content).toBe(base64(body(version)));
      versions[version] += 1;
      const last = await repository().etcd.get(`/services/fleet/history/${app}/0000000002`);
      expect(last === undefined).toBe(version === 'v1');
    }
    expect(versions.v2).toBeGreaterThan(0);
    expect(await repository().run('apply', repository().dir, '--prune')).toMatchObject({ code: 0 });
    expect(await repository().etcd.get(key('app199'))).toBe(base64(body('v2')));
  });
});
