/** The rollout key of an app as it is published, and what goes with the app, with a real etcd. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { startEtcd } from '../../support/etcd.ts';
import { runCliHere } from '../../support/fakeCommandIo.ts';
import { bodies, key, startRolledApp } from '../../support/rolledApp.ts';
import { shared } from '../../support/shared.ts';

const web = shared(startRolledApp);
beforeEach(async () => {
  await web().etcd.delPrefix('/services/');
});

async function modRevision(leaf: string): Promise<string | undefined> {
  const name = Buffer.from(key(leaf)).toString('base64');
  const answer = await web().etcd.call('/v3/kv/range', { key: name });
  const [found] = (answer['kvs'] ?? []) as readonly Readonly<Record<string, string>>[];
  return found?.['mod_revision'];
}

describe('publish --max-unavailable, --drain, --healthcheck', () => {
  it('writes the key with the others, at one revision, and shows it', async () => {
    const { code, stdout } = await web().publish('--max-unavailable', '1', '--drain', '5s');
    expect(code).toBe(0);
    expect(stdout).toContain('+maxUnavailable 1\n+drain "5s"\n');
    expect(await web().etcd.get(key('rollout'))).toBe('{"maxUnavailable":1,"drain":"5s"}');
    const revision = await web().etcd.revision();
    expect(await Promise.all(['ips', 'content', 'rollout'].map(modRevision))).toEqual([
      ...[revision, revision, revision],
    ]);
    const shown = await web().run('show', 'web');
    expect(shown.stdout).toContain('rollout   maxUnavailable 1, drain "5s"\n');
    const list = JSON.parse((await web().run('apps', '--json')).stdout) as {
      readonly apps: unknown;
    };
    expect(list.apps).toMatchObject([{ rollout: '{"maxUnavailable":1,"drain":"5s"}' }]);
  });

  it('leaves it as it is without these flags, and with others what they do not name', async () => {
    const written = '{ "maxUnavailable": 1, "drain": "5s" }';
    await web().publish();
    await web().etcd.put(key('rollout'), written);
    await web().run('publish', 'web', '--file', 'v2');
    expect(await web().etcd.get(key('rollout'))).toBe(written);
    expect((await web().run('publish', 'web', '--drain', '5000ms')).stdout).toBe(
      'web: nothing to change\n',
    );
    const url = 'http://127.0.0.1:8088/';
    expect((await web().run('publish', 'web', '--healthcheck', url)).code).toBe(0);
    expect(JSON.parse((await web().etcd.get(key('rollout'))) ?? '')).toEqual({
      ...{ maxUnavailable: 1, drain: '5s' },
      ...{ healthcheck: { url }, healthcheckTimeout: '30s' },
    });
  });

  it('alone writes no content again: hosts would take turns for it once more', async () => {
    await web().etcd.txn({ [key('ips')]: '10.0.0.1', [key('content')]: bodies.v1 });
    const before = await modRevision('content');
    expect(await web().run('publish', 'web', '--max-unavailable', '2')).toMatchObject({ code: 0 });
    expect(await modRevision('rollout')).toBe(await web().etcd.revision());
    expect(await modRevision('content')).toBe(before);
    expect(await web().etcd.get(key('content'))).toBe(bodies.v1);
    await web().run('publish', 'web', '--hosts', '10.0.0.2');
    expect(await web().etcd.get(key('ips'))).toBe('10.0.0.2');
    expect(await modRevision('content')).toBe(before);
  });

  it('takes it away with off, and shows with --dry-run that it would', async () => {
    await web().publish('--max-unavailable', '1');
    const before = await web().etcd.revision();
    const dry = await web().run('publish', 'web', '--max-unavailable', 'off', '--dry-run');
    expect(dry.code).toBe(3);
    expect(dry.stdout).toContain('-maxUnavailable 1\n');
    expect(await web().etcd.revision()).toBe(before);
    expect(await web().run('publish', 'web', '--max-unavailable', 'off')).toMatchObject({
      code: 0,
    });
    expect(await web().etcd.get(key('rollout'))).toBeUndefined();
    expect(await web().etcd.get(key('ips'))).toBe('10.0.0.1');
  });

  it('refuses what agents would refuse, what is there too, and says which flag', async () => {
    const wrong = await web().publish('--healthcheck', 'http://10.0.0.9/');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('--healthcheck: ');
    await web().publish();
    await web().etcd.put(key('rollout'), '{"maxUnavailable":0}');
    const kept = await web().run('publish', 'web', '--file', 'v2');
    expect(kept).toMatchObject({ code: 1 });
    expect(kept.stderr).toContain('web/rollout: E_ROLLOUT');
    expect((await web().run('show', 'web')).stdout).toContain('problem   E_ROLLOUT');
    expect((await web().run('publish', 'web', '--max-unavailable', '1')).code).toBe(0);
    expect(await web().etcd.get(key('rollout'))).toBe('{"maxUnavailable":1,"drain":"2s"}');
  });

  it('judges the command of a health check as that of the program', async () => {
    const env = { SUPERVENE_ETCD: web().etcd.endpoint, SUPERVENE_POLICY_MODE: 'strict' };
    const strict = (...argv: readonly string[]) =>
      runCliHere(argv, {
        env: { ...env, SUPERVENE_POLICY_USERS: 'www', SUPERVENE_POLICY_DEFAULT_USER: 'www' },
        files: { f: 'command=/project/web\n' },
      });
    const argv = ['publish', 'web', '--hosts', '*', '--file', 'f', '--healthcheck'];
    const refused = await strict(...argv, '/tmp/anything');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^web\/rollout:1: E_POLICY_COMMAND_PREFIX in the health check/m);
    expect(await web().etcd.get(key('rollout'))).toBeUndefined();
    const accepted = await strict(...argv, '/project/check');
    expect(accepted.code, accepted.stderr).toBe(0);
    const dir = join(web().path, 'judged');
    await mkdir(dir);
    await writeFile(join(dir, 'web.conf'), '; hosts: *\ncommand=/project/web\n');
    await writeFile(join(dir, 'web.rollout'), '{"healthcheck":{"command":"/tmp/anything"}}');
    const applied = await strict('apply', dir);
    expect(applied.code).toBe(1);
    expect(applied.stderr).toMatch(/^web\.rollout:1: E_POLICY_COMMAND_PREFIX in the health/m);
    await web().etcd.put(key('rollout'), '{"healthcheck":{"command":"/tmp/anything"}}');
    await strict('publish', 'web', '--healthcheck', 'off');
    const back = await strict('rollback', 'web');
    expect(back.code).toBe(1);
    expect(back.stderr).toContain('E_POLICY_COMMAND_PREFIX in the health check');
  });

  it('writes nothing over a key that somebody changed meanwhile', async () => {
    await web().publish('--max-unavailable', '1');
    const [one, other] = await Promise.all([
      web().run('publish', 'web', '--max-unavailable', '2'),
      web().run('publish', 'web', '--max-unavailable', '3'),
    ]);
    const codes = [one.code, other.code].sort();
    // Either one saw what the other wrote, or it was told so.
    expect(codes[0]).toBe(0);
    const text = [one, other].find(({ code }) => code !== 0)?.stderr ?? 'changed meanwhile';
    expect(text).toContain('changed meanwhile');
  });

  it('goes with the app when it is removed, and alone is no app', async () => {
    await web().publish('--max-unavailable', '1');
    expect((await web().run('unpublish', 'web')).code).toBe(0);
    expect(await web().etcd.get(key('rollout'))).toBeUndefined();
    await web().etcd.put(key('rollout'), '{"maxUnavailable":1}');
    expect((await web().run('apps')).stdout).toContain('no apps below');
    const again = await web().publish();
    expect(again.stderr).toContain('it counts from now on');
    await web().run('unpublish', 'web');
    await web().etcd.put(key('rollout'), '{"maxUnavailable":1}');
    expect((await web().run('unpublish', 'web')).code).toBe(0);
    expect(await web().etcd.get(key('rollout'))).toBeUndefined();
  });
});

describe('a halt', () => {
  const halt = '/services/fleet/rollouts/web/halt';

  it('goes with the app, by unpublish and by apply', async () => {
    await web().publish('--max-unavailable', '1');
    await web().etcd.put(halt, '{}');
    expect((await web().run('publish', 'web', '--file', 'v2')).code).toBe(0);
    expect(await web().etcd.get(halt)).toBe('{}');
    expect((await web().run('unpublish', 'web')).code).toBe(0);
    expect(await web().etcd.get(halt)).toBeUndefined();
    await web().publish();
    await web().etcd.put(halt, '{}');
    const dir = join(web().path, 'without');
    await mkdir(dir);
    await writeFile(join(dir, 'other.conf'), `; hosts: *\n${bodies.v1}`);
    const pruned = await web().run('apply', dir, '--prune');
    expect(pruned.code, pruned.stderr).toBe(0);
    expect(await web().etcd.get(halt)).toBeUndefined();
  });

  it('does not keep an app from going where the account may not write there', async () => {
    const own = await startEtcd();
    try {
      await own.txn({ [key('ips')]: '*', [key('content')]: bodies.v1, [halt]: '{}' });
      own.etcdctl('role', 'add', 'apps');
      for (const prefix of ['/services/apps/', '/services/fleet/history/']) {
        own.etcdctl('role', 'grant-permission', 'apps', '--prefix=true', 'readwrite', prefix);
      }
      own.etcdctl('user', 'add', 'alice:secret');
      own.etcdctl('user', 'grant-role', 'alice', 'apps');
      own.enableAuth('root');
      const password = join(web().path, 'password');
      await writeFile(password, 'secret', { mode: 0o600 });
      const env = {
        ...{ SUPERVENE_ETCD: own.endpoint, SUPERVENE_ETCD_USERNAME: 'alice' },
        ...{ SUPERVENE_ETCD_PASSWORD_FILE: password },
      };
      const { code, stderr } = await runCliHere(['unpublish', 'web'], { env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(own.etcdctl('--user', 'root:root', 'get', key('content'))).toBe('');
      expect(own.etcdctl('--user', 'root:root', 'get', halt)).toContain('{}');
    } finally {
      await own.stop();
    }
  });
});
