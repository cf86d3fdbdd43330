/** export from a real etcd into a real directory. */
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runCliHere } from '../../support/fakeCommandIo.ts';
import { appFile, apps, base64, body, key, startRepository } from '../../support/repository.ts';
import { shared } from '../../support/shared.ts';

const repository = shared(startRepository);
beforeEach(() => repository().empty());

describe('supervene export', () => {
  it('writes files for their owner alone, and only into an empty directory', async () => {
    await repository().etcd.txn({
      [key('web', 'ips')]: '10.0.0.1',
      [key('web')]: base64(body('v1')),
    });
    await repository().write({ '.git/x': '', 'README.md': 'kept' });
    expect(await repository().run('export', repository().dir)).toMatchObject({ code: 0 });
    expect(await readFile(join(repository().dir, 'web.conf'), 'utf8')).toBe(
      appFile('10.0.0.1', body('v1')),
    );
    expect((await stat(join(repository().dir, 'web.conf'))).mode & 0o777).toBe(0o600);
    const again = await repository().run('export', repository().dir);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('--force');
  });

  it('empties no repository for a wrong prefix, nor takes many files away', async () => {
    await repository().write(apps(8, 'v1'));
    await repository().run('apply', repository().dir);
    const env = { SUPERVENE_ETCD: repository().etcd.endpoint, SUPERVENE_PREFIX: '/nowhere' };
    const wrong = await runCliHere(['export', repository().dir, '--force'], { env });
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain(
      `there is no app in etcd: all 8 of ${repository().dir} would be removed`,
    );
    for (const name of ['app000', 'app001', 'app002', 'app003']) {
      await repository().etcd.delPrefix(`/services/apps/${name}/`);
    }
    const many = await repository().run('export', repository().dir, '--force');
    expect(many.code).toBe(1);
    expect(many.stderr).toContain('4 of 8 apps would be removed, more than max(3, 30 %)');
    expect(await readdir(repository().dir)).toHaveLength(8);
    const allowed = await repository().run(
      'export',
      repository().dir,
      '--force',
      '--allow-removals',
    );
    expect(allowed).toMatchObject({ code: 0, stderr: '' });
    expect(allowed.stdout).toMatch(/^4 apps of .*; 4 files removed\n$/);
    expect(await readdir(repository().dir)).toHaveLength(4);
    expect(await repository().run('export', repository().dir, '--allow-removals')).toMatchObject({
      code: 2,
    });
  });

  it('makes no directory when etcd cannot be asked', async () => {
    const away = { env: { SUPERVENE_ETCD: 'http://127.0.0.1:1' } };
    const out = join(repository().dir, 'out');
    expect(await runCliHere(['export', out], away)).toMatchObject({ code: 1 });
    expect(existsSync(out)).toBe(false);
  });

  it('writes what has a comment for hosts as it is', async () => {
    await repository().etcd.txn({
      [key('web', 'ips')]: '* ; all',
      [key('web')]: base64(body('v1')),
    });
    await repository().run('export', repository().dir);
    expect(await readFile(join(repository().dir, 'web', 'ips'), 'utf8')).toBe('* ; all');
  });

  it('replaces and removes app files alone with --force, and follows no link', async () => {
    await repository().etcd.txn({
      [key('web', 'ips')]: '10.0.0.1',
      [key('web')]: base64(body('v1')),
    });
    await repository().write({
      'gone.conf': 'x',
      'web.ini': 'x',
      'web/ips': 'x',
      'web/notes': 'x',
      'notes.txt': 'x',
      '.kept': 'kept',
    });
    await symlink('.kept', join(repository().dir, 'web.conf'));
    expect(await repository().run('export', repository().dir, '--force')).toMatchObject({
      code: 0,
    });
    expect((await readdir(repository().dir)).sort()).toEqual([
      '.kept',
      'notes.txt',
      'web',
      'web.conf',
    ]);
    expect(await readdir(join(repository().dir, 'web'))).toEqual(['notes']);
    expect(await readFile(join(repository().dir, '.kept'), 'utf8')).toBe('kept');
    expect(await readFile(join(repository().dir, 'web.conf'), 'utf8')).toBe(
      appFile('10.0.0.1', body('v1')),
    );
  });

  it('exports as it is what cannot be read, tells it, and apply finds nothing to change', async () => {
    await repository().etcd.txn({
      [key('bytes', 'ips')]: Uint8Array.of(0xff),
      [key('bytes')]: Uint8Array.of(0xfe),
      [key('half', 'ips')]: '*',
      [key('README', 'ips')]: '*',
      [key('README')]: 'not base64 at all!',
      [key('refused', 'ips')]: '*',
      [key('refused')]: base64('comand = x\n'),
      [key('huge', 'ips')]: '*',
      [key('huge')]: 'x'.repeat(140_000),
      [key('a b', 'ips')]: '*',
    });
    const { code, stderr } = await repository().run('export', repository().dir);
    expect(code).toBe(1);
    for (const app of ['README', 'a b', 'bytes', 'half', 'huge']) {
      expect(stderr).toContain(`error: ${app}: `);
    }
    expect((await readdir(repository().dir)).sort()).toEqual([
      'README',
      'bytes',
      'half',
      'refused.conf',
    ]);
    await repository().etcd.delPrefix('/services/apps/huge/');
    const applied = await repository().run('apply', repository().dir, '--prune', '--dry-run');
    expect(applied).toMatchObject({ code: 0, stdout: 'nothing to change: 4 unchanged\n' });
    expect(applied.stderr).toContain('warning: refused.conf:2: E_UNKNOWN_OPTION');
    expect(applied.stderr).toContain('warning: half/ips:1: E_HALF_PAIR');
  });

  it('says when it cannot write', async () => {
    await repository().etcd.txn({ [key('web', 'ips')]: '*', [key('web')]: body('v1') });
    await repository().write({ 'web.conf/x': '' });
    const { code, stderr } = await repository().run('export', repository().dir, '--force');
    expect(code).toBe(1);
    expect(stderr).toContain('cannot write');
    const { stdout } = await repository().run('export', repository().dir, '--force', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ apps: 0 });
    await chmod(repository().dir, 0o700);
  });
});
