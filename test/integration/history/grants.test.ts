/** What an etcd with accounts lets be recorded, and what is said where it does not. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { body } from '../../support/appHistory.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { type CliOutcome, runCliHere } from '../../support/fakeCommandIo.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

describe('without the grant for the history', () => {
  let guarded: Etcd;
  let dir: TempDir;
  beforeAll(async () => {
    [guarded, dir] = await Promise.all([startEtcd(), createTempDir('grants')]);
    guarded.etcdctl('role', 'add', 'apps');
    guarded.etcdctl(
      'role',
      'grant-permission',
      'apps',
      '--prefix=true',
      'readwrite',
      '/services/apps/',
    );
    guarded.etcdctl('role', 'add', 'reads');
    guarded.etcdctl('role', 'grant-permission', 'reads', '--prefix=true', 'read', '/services/');
    guarded.etcdctl('role', 'add', 'records');
    const history = '/services/fleet/history/';
    guarded.etcdctl('role', 'grant-permission', 'records', '--prefix=true', 'readwrite', history);
    for (const [user, roles] of [
      ['anna', ['apps']],
      ['ben', ['apps', 'reads']],
      ['carl', ['reads', 'records']],
    ] as const) {
      guarded.etcdctl('user', 'add', `${user}:pw`);
      for (const role of roles) guarded.etcdctl('user', 'grant-role', user, role);
    }
    guarded.enableAuth('secret');
    await writeFile(join(dir.path, 'pw'), 'pw\n');
  });
  afterAll(async () => {
    await Promise.all([guarded.stop(), dir.remove()]);
  });

  function runAs(user: string, argv: readonly string[]): Promise<CliOutcome> {
    const env = {
      SUPERVENE_ETCD: guarded.endpoint,
      SUPERVENE_ETCD_USERNAME: user,
      SUPERVENE_ETCD_PASSWORD_FILE: join(dir.path, 'pw'),
    };
    // The password file is read by path, not through the hand-made files.
    return runCliHere(argv, { env, files: { w: body('v1') } });
  }
  const argv = ['publish', 'web', '--hosts', '10.0.0.1', '--file', 'w'];

  it.each(['anna', 'ben'])('%s is told which one, and nothing is written', async (user) => {
    const before = await guarded.revision();
    const { code, stderr } = await runAs(user, argv);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `account ${user} may not read and write below /services/fleet/history/web/`,
    );
    expect(stderr).toContain(
      'grant-permission ROLE --prefix=true readwrite /services/fleet/history/',
    );
    expect(stderr).toContain('--no-history');
    expect(await guarded.revision()).toBe(before);
  });

  it('publishes with --no-history, and history tells what etcd knows', async () => {
    expect(await runAs('anna', [...argv, '--no-history'])).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = await runAs('anna', ['history', 'web']);
    expect(code).toBe(0);
    expect(stderr).toContain('the records of publishes may not be read');
    expect(stdout).toContain('(not by supervene)  new: content +1, hosts +10.0.0.1');
    expect(await runAs('anna', ['unpublish', 'web', '--no-history'])).toMatchObject({ code: 0 });
  });

  it('names the prefix that a list needs', async () => {
    guarded.etcdctl('role', 'add', 'one');
    const one = ['grant-permission', 'one', '--prefix=true', 'readwrite', '/services/apps/web/'];
    guarded.etcdctl('role', ...one);
    guarded.etcdctl('user', 'add', 'dora:pw');
    guarded.etcdctl('user', 'grant-role', 'dora', 'one');
    const apps = await runAs('dora', ['apps']);
    expect(apps.code).toBe(1);
    expect(apps.stderr).toContain('grant-permission ROLE --prefix=true read /services/apps/\n');
    const status = await runAs('anna', ['status']);
    expect(status.stderr).toContain('--prefix=true read /services/fleet/');
  });

  it('does not blame the history when it is the apps that may not be written', async () => {
    const { code, stderr } = await runAs('carl', argv);
    expect(code).toBe(1);
    expect(stderr).not.toContain('--no-history');
  });
});
