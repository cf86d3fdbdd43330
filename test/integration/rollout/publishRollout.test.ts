/** The rollout key of an app through every command that writes or shows apps, with a real etcd. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/domain/sha256.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { runCliHere } from '../../support/fakeCommandIo.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

let etcd: Etcd;
let temp: TempDir;
beforeAll(async () => {
  [etcd, temp] = await Promise.all([startEtcd(), createTempDir('rollout')]);
});
afterAll(async () => {
  await Promise.all([etcd.stop(), temp.remove()]);
});
beforeEach(async () => {
  await etcd.delPrefix('/services/');
});

const bodies = { v1: 'command=/bin/cat\n', v2: 'command=/bin/cat -u\n' };
const key = (leaf: string): string => `/services/apps/web/${leaf}`;

function run(...argv: readonly string[]) {
  const env = { SUPERVENE_ETCD: etcd.endpoint, SUPERVENE_JOURNAL: '/nonexistent', USER: 'alice' };
  return runCliHere(argv, { env, files: bodies });
}

function publish(...more: readonly string[]) {
  return run('publish', 'web', '--hosts', '10.0.0.1', '--file', 'v1', ...more);
}

async function modRevision(leaf: string): Promise<string | undefined> {
  const name = Buffer.from(key(leaf)).toString('base64');
  const answer = await etcd.call('/v3/kv/range', { key: name });
  const [found] = (answer['kvs'] ?? []) as readonly Readonly<Record<string, string>>[];
  return found?.['mod_revision'];
}

describe('publish --max-unavailable, --drain, --healthcheck', () => {
  it('writes the key with the others, at one revision, and shows it', async () => {
    const { code, stdout } = await publish('--max-unavailable', '1', '--drain', '5s');
    expect(code).toBe(0);
    expect(stdout).toContain('+maxUnavailable 1\n+drain "5s"\n');
    expect(await etcd.get(key('rollout'))).toBe('{"maxUnavailable":1,"drain":"5s"}');
    const revision = await etcd.revision();
    expect(await Promise.all(['ips', 'content', 'rollout'].map(modRevision))).toEqual([
      ...[revision, revision, revision],
    ]);
    const shown = await run('show', 'web');
    expect(shown.stdout).toContain('rollout   maxUnavailable 1, drain "5s"\n');
    const list = JSON.parse((await run('apps', '--json')).stdout) as { readonly apps: unknown };
    expect(list.apps).toMatchObject([{ rollout: '{"maxUnavailable":1,"drain":"5s"}' }]);
  });

  it('leaves it as it is without these flags, and with others what they do not name', async () => {
    const written = '{ "maxUnavailable": 1, "drain": "5s" }';
    await publish();
    await etcd.put(key('rollout'), written);
    await run('publish', 'web', '--file', 'v2');
    expect(await etcd.get(key('rollout'))).toBe(written);
    expect((await run('publish', 'web', '--drain', '5000ms')).stdout).toBe(
      'web: nothing to change\n',
    );
    const url = 'http://127.0.0.1:8088/';
    expect((await run('publish', 'web', '--healthcheck', url)).code).toBe(0);
    expect(JSON.parse((await etcd.get(key('rollout'))) ?? '')).toEqual({
      ...{ maxUnavailable: 1, drain: '5s' },
      ...{ healthcheck: { url }, healthcheckTimeout: '30s' },
    });
  });

  it('alone writes no content again: hosts would take turns for it once more', async () => {
    await etcd.txn({ [key('ips')]: '10.0.0.1', [key('content')]: bodies.v1 });
    const before = await modRevision('content');
    expect(await run('publish', 'web', '--max-unavailable', '2')).toMatchObject({ code: 0 });
    expect(await modRevision('rollout')).toBe(await etcd.revision());
    expect(await modRevision('content')).toBe(before);
    expect(await etcd.get(key('content'))).toBe(bodies.v1);
    await run('publish', 'web', '--hosts', '10.0.0.2');
    expect(await etcd.get(key('ips'))).toBe('10.0.0.2');
    expect(await modRevision('content')).toBe(before);
  });

  it('takes it away with off, and shows with --dry-run that it would', async () => {
    await publish('--max-unavailable', '1');
    const before = await etcd.revision();
    const dry = await run('publish', 'web', '--max-unavailable', 'off', '--dry-run');
    expect(dry.code).toBe(3);
    expect(dry.stdout).toContain('-maxUnavailable 1\n');
    expect(await etcd.revision()).toBe(before);
    expect(await run('publish', 'web', '--max-unavailable', 'off')).toMatchObject({ code: 0 });
    expect(await etcd.get(key('rollout'))).toBeUndefined();
    expect(await etcd.get(key('ips'))).toBe('10.0.0.1');
  });

  it('refuses what agents would refuse, what is there too, and says which flag', async () => {
    const wrong = await publish('--healthcheck', 'http://10.0.0.9/');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('--healthcheck: ');
    await publish();
    await etcd.put(key('rollout'), '{"maxUnavailable":0}');
    const kept = await run('publish', 'web', '--file', 'v2');
    expect(kept).toMatchObject({ code: 1 });
    expect(kept.stderr).toContain('web/rollout: E_ROLLOUT');
    expect((await run('show', 'web')).stdout).toContain('problem   E_ROLLOUT');
    expect((await run('publish', 'web', '--max-unavailable', '1')).code).toBe(0);
    expect(await etcd.get(key('rollout'))).toBe('{"maxUnavailable":1,"drain":"2s"}');
  });

  it('judges the command of a health check as that of the program', async () => {
    const env = { SUPERVENE_ETCD: etcd.endpoint, SUPERVENE_POLICY_MODE: 'strict' };
    const strict = (...argv: readonly string[]) =>
      runCliHere(argv, {
        env: { ...env, SUPERVENE_POLICY_USERS: 'www', SUPERVENE_POLICY_DEFAULT_USER: 'www' },
        files: { f: 'command=/project/web\n' },
      });
    const argv = ['publish', 'web', '--hosts', '*', '--file', 'f', '--healthcheck'];
    const refused = await strict(...argv, '/tmp/anything');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^web\/rollout:1: E_POLICY_COMMAND_PREFIX in the health check/m);
    expect(await etcd.get(key('rollout'))).toBeUndefined();
    const accepted = await strict(...argv, '/project/check');
    expect(accepted.code, accepted.stderr).toBe(0);
    const dir = join(temp.path, 'judged');
    await mkdir(dir);
    await writeFile(join(dir, 'web.conf'), '; hosts: *\ncommand=/project/web\n');
    await writeFile(join(dir, 'web.rollout'), '{"healthcheck":{"command":"/tmp/anything"}}');
    const applied = await strict('apply', dir);
    expect(applied.code).toBe(1);
    expect(applied.stderr).toMatch(/^web\.rollout:1: E_POLICY_COMMAND_PREFIX in the health/m);
    await etcd.put(key('rollout'), '{"healthcheck":{"command":"/tmp/anything"}}');
    await strict('publish', 'web', '--healthcheck', 'off');
    const back = await strict('rollback', 'web');
    expect(back.code).toBe(1);
    expect(back.stderr).toContain('E_POLICY_COMMAND_PREFIX in the health check');
  });

  it('writes nothing over a key that somebody changed meanwhile', async () => {
    await publish('--max-unavailable', '1');
    const [one, other] = await Promise.all([
      run('publish', 'web', '--max-unavailable', '2'),
      run('publish', 'web', '--max-unavailable', '3'),
    ]);
    const codes = [one.code, other.code].sort();
    // Either one saw what the other wrote, or it was told so.
    expect(codes[0]).toBe(0);
    const text = [one, other].find(({ code }) => code !== 0)?.stderr ?? 'changed meanwhile';
    expect(text).toContain('changed meanwhile');
  });

  it('goes with the app when it is removed, and alone is no app', async () => {
    await publish('--max-unavailable', '1');
    expect((await run('unpublish', 'web')).code).toBe(0);
    expect(await etcd.get(key('rollout'))).toBeUndefined();
    await etcd.put(key('rollout'), '{"maxUnavailable":1}');
    expect((await run('apps')).stdout).toContain('no apps below');
    const again = await publish();
    expect(again.stderr).toContain('it counts from now on');
    await run('unpublish', 'web');
    await etcd.put(key('rollout'), '{"maxUnavailable":1}');
    expect((await run('unpublish', 'web')).code).toBe(0);
    expect(await etcd.get(key('rollout'))).toBeUndefined();
  });
});

describe('a halt', () => {
  const halt = '/services/fleet/rollouts/web/halt';

  it('goes with the app, by unpublish and by apply', async () => {
    await publish('--max-unavailable', '1');
    await etcd.put(halt, '{}');
    expect((await run('publish', 'web', '--file', 'v2')).code).toBe(0);
    expect(await etcd.get(halt)).toBe('{}');
    expect((await run('unpublish', 'web')).code).toBe(0);
    expect(await etcd.get(halt)).toBeUndefined();
    await publish();
    await etcd.put(halt, '{}');
    const dir = join(temp.path, 'without');
    await mkdir(dir);
    await writeFile(join(dir, 'other.conf'), `; hosts: *\n${bodies.v1}`);
    const pruned = await run('apply', dir, '--prune');
    expect(pruned.code, pruned.stderr).toBe(0);
    expect(await etcd.get(halt)).toBeUndefined();
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
      const password = join(temp.path, 'password');
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

describe('history and rollback', () => {
  it('tell of it and put it back with the rest', async () => {
    await publish('--max-unavailable', '1');
    const at = await etcd.revision();
    await run('publish', 'web', '--file', 'v2', '--max-unavailable', 'off');
    const { stdout } = await run('history', 'web');
    expect(stdout).toContain('publish: content +1 -1, without rollout');
    expect(stdout).toContain('hosts +10.0.0.1, rollout maxUnavailable 1, drain "2s"');
    const back = await run('rollback', 'web');
    expect(back.code, back.stderr).toBe(0);
    expect(back.stdout).toContain('+maxUnavailable 1\n');
    expect(await etcd.get(key('rollout'))).toBe('{"maxUnavailable":1,"drain":"2s"}');
    await run('publish', 'web', '--max-unavailable', '7');
    await run('publish', 'web', '--file', 'v2');
    const content = await run('rollback', 'web', '--content-only', '--to', at);
    expect(content.code, content.stderr).toBe(0);
    expect(await etcd.get(key('rollout'))).toBe('{"maxUnavailable":7,"drain":"2s"}');
    const json = JSON.parse((await run('history', 'web', '--json')).stdout) as unknown;
    expect(json).toMatchObject({
      changes: [{ after: { rollout: '{"maxUnavailable":7,"drain":"2s"}' } }, {}, {}, {}, {}, {}],
    });
  });

  it('go back host by host too: the key stays where what stood there had none', async () => {
    await publish();
    const at = await etcd.revision();
    await run('publish', 'web', '--file', 'v2', '--max-unavailable', '1');
    const back = await run('rollback', 'web');
    expect(back.code, back.stderr).toBe(0);
    expect(back.stdout).toContain('-command=/bin/cat -u\n+command=/bin/cat\n');
    expect(back.stdout).not.toContain('-maxUnavailable');
    expect(back.stdout).toContain(
      'web/rollout stays, what it goes back to had none: maxUnavailable 1, drain "2s"\n',
    );
    expect(await etcd.get(key('rollout'))).toBe('{"maxUnavailable":1,"drain":"2s"}');
    const rest = await run('rollback', 'web', '--to', at);
    expect(rest.stdout).toContain(
      `nothing to change, it is as at revision ${at} but for its rollout`,
    );
    const json = await run('rollback', 'web', '--to', at, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ isChanged: false, isRolloutKept: true });
    // What no agent understands is no way to go.
    await etcd.put(key('rollout'), '{"maxUnavailable":0}');
    expect((await run('rollback', 'web', '--to', at)).code).toBe(0);
    expect(await etcd.get(key('rollout'))).toBeUndefined();
  });

  it('know it from the records when etcd has forgotten', async () => {
    await publish('--max-unavailable', '1');
    await run('publish', 'web', '--max-unavailable', 'off');
    const past = await run('history', 'web');
    expect(past.stdout).toContain('publish: without rollout');
    await etcd.compact();
    const dry = await run('rollback', 'web', '--dry-run');
    expect(dry.stdout).toContain('+maxUnavailable 1\n');
  });
});

describe('signatures', () => {
  it('cover it, and nothing of it is signed unseen', async () => {
    const file = join(temp.path, 'release.key');
    await run('keys', 'generate', '--out', file);
    expect((await publish('--max-unavailable', '1', '--sign', file)).code).toBe(0);
    const signature = JSON.parse((await etcd.get(key('signature'))) ?? '') as unknown;
    const rolloutSha256 = sha256('{"maxUnavailable":1,"drain":"2s"}');
    expect(signature).toMatchObject({ statement: { action: 'publish', rolloutSha256 } });
    const unseen = await publish('--sign', file);
    expect(unseen).toMatchObject({ code: 1 });
    expect(unseen.stderr).toContain('would be signed unseen');
    const part = await publish('--sign', file, '--healthcheck', '/bin/true');
    expect(part.stderr).toContain('would be signed unseen');
    const shown = await run('keys', 'sign', 'web');
    expect(shown.stdout).toContain('rollout   {"maxUnavailable":1,"drain":"2s"}\n');
    expect((await run('keys', 'sign', 'web', '--sign', file)).code).toBe(0);
    await etcd.put(key('rollout'), '{"maxUnavailable":9}');
    expect((await run('show', 'web')).stdout).toContain('; not of what stands here');
    expect((await run('keys', 'sign', 'web', '--sign', file)).stderr).toContain(
      'the signature of web is not of what stands there',
    );
    const off = await publish('--sign', file, '--max-unavailable', 'off', '--healthcheck', 'off');
    expect(off.code, off.stderr).toBe(0);
    expect(await etcd.get(key('signature'))).not.toContain('rolloutSha256');
    expect((await run('show', 'web')).stdout).not.toContain('not of what stands here');
  });
});

describe('export, apply and validate', () => {
  it('write it into a file beside the app, and read it from there', async () => {
    const dir = join(temp.path, 'repository');
    await publish('--max-unavailable', '1');
    await etcd.txn({
      // All but the rollout can be read, and that is not lost.
      ...{ '/services/apps/raw/ips': '*', '/services/apps/raw/content': bodies.v1 },
      '/services/apps/raw/rollout': '{"maxUnavailable":0}',
    });
    await run('export', dir);
    expect((await readdir(dir)).sort()).toEqual(['raw', 'web.conf', 'web.rollout']);
    expect((await readdir(join(dir, 'raw'))).sort()).toEqual(['content', 'ips', 'rollout']);
    const text = await readFile(join(dir, 'web.rollout'), 'utf8');
    expect(text).toBe('{"maxUnavailable":1,"drain":"2s"}\n');
    const same = await run('apply', dir);
    expect(same.stdout).toBe('nothing to change: 2 unchanged\n');
    await etcd.del(key('rollout'));
    expect((await run('apply', dir)).stdout).toContain('+maxUnavailable 1\n');
    expect(await etcd.get(key('rollout'))).toBe('{"maxUnavailable":1,"drain":"2s"}');
    await run('unpublish', 'raw');
    await run('publish', 'web', '--max-unavailable', 'off');
    const again = JSON.parse((await run('export', dir, '--force', '--json')).stdout) as unknown;
    expect(again).toMatchObject({
      removed: ['raw/content', 'raw/ips', 'raw/rollout', 'web.rollout'],
    });
    await etcd.put(key('rollout'), '{"maxUnavailable":1}');
    expect((await run('apply', dir)).stdout).toContain('-maxUnavailable 1\n');
    expect(await etcd.get(key('rollout'))).toBeUndefined();
  });

  it('refuse a rollout that makes no sense, and one of no app', async () => {
    const dir = join(temp.path, 'refused');
    await mkdir(join(dir, 'raw'), { recursive: true });
    await writeFile(join(dir, 'web.conf'), `; hosts: *\n${bodies.v1}`);
    await writeFile(join(dir, 'web.rollout'), '{"maxUnavailabel":1}');
    await writeFile(join(dir, 'gone.rollout'), '{}');
    await writeFile(join(dir, 'raw/rollout'), '{}');
    const { code, stderr } = await run('apply', dir);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^web\.rollout:1: E_ROLLOUT .*maxUnavailable/m);
    expect(stderr).toMatch(/^gone\.rollout:1: E_STRANGE_FILE there is no gone\.conf/m);
    expect(stderr).toMatch(/^raw\/:1: E_STRANGE_FILE it has neither ips nor content/m);
    const files = { 'web.rollout': '{"drain":"1h"}', 'raw/rollout': '{"drain":"1s"}' };
    const judged = await runCliHere(['validate', ...Object.keys(files)], { files });
    expect(judged.code).toBe(1);
    expect(judged.stdout).toMatch(/^web\.rollout:1: E_ROLLOUT .*drain/);
    expect(judged.stdout).not.toContain('raw/rollout');
  });

  it('sign it with the rest', async () => {
    const [dir, file] = [join(temp.path, 'signed'), join(temp.path, 'apply.key')];
    await run('keys', 'generate', '--out', file);
    await mkdir(dir);
    await writeFile(join(dir, 'web.conf'), `; hosts: *\n${bodies.v1}`);
    await writeFile(join(dir, 'web.rollout'), '{"maxUnavailable":1}');
    expect((await run('apply', dir, '--sign', file)).stdout).toContain('1 created');
    expect((await run('apply', dir, '--sign', file)).stdout).toContain('nothing to change');
    expect((await run('show', 'web')).stdout).not.toContain('not of what stands here');
    await etcd.put(key('rollout'), '{"drain":"2s","maxUnavailable":1}');
    expect((await run('apply', dir, '--sign', file)).stdout).toContain('1 signed');
  });
});
