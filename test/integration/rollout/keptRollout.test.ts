/** The rollout key of an app in its history, under its signature and in files, with a real etcd. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/domain/sha256.ts';
import { runCliHere } from '../../support/fakeCommandIo.ts';
import { bodies, key, startRolledApp } from '../../support/rolledApp.ts';
import { shared } from '../../support/shared.ts';

const web = shared(startRolledApp);
beforeEach(async () => {
  await web().etcd.delPrefix('/services/');
});

describe('history and rollback', () => {
  it('tell of it and put it back with the rest', async () => {
    await web().publish('--max-unavailable', '1');
    const at = await web().etcd.revision();
    await web().run('publish', 'web', '--file', 'v2', '--max-unavailable', 'off');
    const { stdout } = await web().run('history', 'web');
    expect(stdout).toContain('publish: content +1 -1, without rollout');
    expect(stdout).toContain('hosts +10.0.0.1, rollout maxUnavailable 1, drain "2s"');
    const back = await web().run('rollback', 'web');
    expect(back.code, back.stderr).toBe(0);
    expect(back.stdout).toContain('+maxUnavailable 1\n');
    expect(await web().etcd.get(key('rollout'))).toBe('{"maxUnavailable":1,"drain":"2s"}');
    await web().run('publish', 'web', '--max-unavailable', '7');
    await web().run('publish', 'web', '--file', 'v2');
    const content = await web().run('rollback', 'web', '--content-only', '--to', at);
    expect(content.code, content.stderr).toBe(0);
    expect(await web().etcd.get(key('rollout'))).toBe('{"maxUnavailable":7,"drain":"2s"}');
    const json = JSON.parse((await web().run('history', 'web', '--json')).stdout) as unknown;
    expect(json).toMatchObject({
      changes: [{ after: { rollout: '{"maxUnavailable":7,"drain":"2s"}' } }, {}, {}, {}, {}, {}],
    });
  });

  it('go back host by host too: the key stays where what stood there had none', async () => {
    await web().publish();
    const at = await web().etcd.revision();
    await web().run('publish', 'web', '--file', 'v2', '--max-unavailable', '1');
    const back = await web().run('rollback', 'web');
    expect(back.code, back.stderr).toBe(0);
    expect(back.stdout).toContain('-command=/bin/cat -u\n+command=/bin/cat\n');
    expect(back.stdout).not.toContain('-maxUnavailable');
    expect(back.stdout).toContain(
      'web/rollout stays, what it goes back to had none: maxUnavailable 1, drain "2s"\n',
    );
    expect(await web().etcd.get(key('rollout'))).toBe('{"maxUnavailable":1,"drain":"2s"}');
    const rest = await web().run('rollback', 'web', '--to', at);
    expect(rest.stdout).toContain(
      `nothing to change, it is as at revision ${at} but for its rollout`,
    );
    const json = await web().run('rollback', 'web', '--to', at, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ isChanged: false, isRolloutKept: true });
    // What no agent understands is no way to go.
    await web().etcd.put(key('rollout'), '{"maxUnavailable":0}');
    expect((await web().run('rollback', 'web', '--to', at)).code).toBe(0);
    expect(await web().etcd.get(key('rollout'))).toBeUndefined();
  });

  it('know it from the records when etcd has forgotten', async () => {
    await web().publish('--max-unavailable', '1');
    await web().run('publish', 'web', '--max-unavailable', 'off');
    const past = await web().run('history', 'web');
    expect(past.stdout).toContain('publish: without rollout');
    await web().etcd.compact();
    const dry = await web().run('rollback', 'web', '--dry-run');
    expect(dry.stdout).toContain('+maxUnavailable 1\n');
  });
});

describe('signatures', () => {
  it('cover it, and nothing of it is signed unseen', async () => {
    const file = join(web().path, 'release.key');
    await web().run('keys', 'generate', '--out', file);
    expect((await web().publish('--max-unavailable', '1', '--sign', file)).code).toBe(0);
    const signature = JSON.parse((await web().etcd.get(key('signature'))) ?? '') as unknown;
    const rolloutSha256 = sha256('{"maxUnavailable":1,"drain":"2s"}');
    expect(signature).toMatchObject({ statement: { action: 'publish', rolloutSha256 } });
    const unseen = await web().publish('--sign', file);
    expect(unseen).toMatchObject({ code: 1 });
    expect(unseen.stderr).toContain('would be signed unseen');
    const part = await web().publish('--sign', file, '--healthcheck', '/bin/true');
    expect(part.stderr).toContain('would be signed unseen');
    const shown = await web().run('keys', 'sign', 'web');
    expect(shown.stdout).toContain('rollout   {"maxUnavailable":1,"drain":"2s"}\n');
    expect((await web().run('keys', 'sign', 'web', '--sign', file)).code).toBe(0);
    await web().etcd.put(key('rollout'), '{"maxUnavailable":9}');
    expect((await web().run('show', 'web')).stdout).toContain('; not of what stands here');
    expect((await web().run('keys', 'sign', 'web', '--sign', file)).stderr).toContain(
      'the signature of web is not of what stands there',
    );
    const off = await web().publish(
      '--sign',
      file,
      '--max-unavailable',
      'off',
      '--healthcheck',
      'off',
    );
    expect(off.code, off.stderr).toBe(0);
    expect(await web().etcd.get(key('signature'))).not.toContain('rolloutSha256');
    expect((await web().run('show', 'web')).stdout).not.toContain('not of what stands here');
  });
});

describe('export, apply and validate', () => {
  it('write it into a file beside the app, and read it from there', async () => {
    const dir = join(web().path, 'repository');
    await web().publish('--max-unavailable', '1');
    await web().etcd.txn({
      // All but the rollout can be read, and that is not lost.
      ...{ '/services/apps/raw/ips': '*', '/services/apps/raw/content': bodies.v1 },
      '/services/apps/raw/rollout': '{"maxUnavailable":0}',
    });
    await web().run('export', dir);
    expect((await readdir(dir)).sort()).toEqual(['raw', 'web.conf', 'web.rollout']);
    expect((await readdir(join(dir, 'raw'))).sort()).toEqual(['content', 'ips', 'rollout']);
    const text = await readFile(join(dir, 'web.rollout'), 'utf8');
    expect(text).toBe('{"maxUnavailable":1,"drain":"2s"}\n');
    const same = await web().run('apply', dir);
    expect(same.stdout).toBe('nothing to change: 2 unchanged\n');
    await web().etcd.del(key('rollout'));
    expect((await web().run('apply', dir)).stdout).toContain('+maxUnavailable 1\n');
    expect(await web().etcd.get(key('rollout'))).toBe('{"maxUnavailable":1,"drain":"2s"}');
    await web().run('unpublish', 'raw');
    await web().run('publish', 'web', '--max-unavailable', 'off');
    const again = JSON.parse(
      (await web().run('export', dir, '--force', '--json')).stdout,
    ) as unknown;
    expect(again).toMatchObject({
      removed: ['raw/content', 'raw/ips', 'raw/rollout', 'web.rollout'],
    });
    await web().etcd.put(key('rollout'), '{"maxUnavailable":1}');
    expect((await web().run('apply', dir)).stdout).toContain('-maxUnavailable 1\n');
    expect(await web().etcd.get(key('rollout'))).toBeUndefined();
  });

  it('refuse a rollout that makes no sense, and one of no app', async () => {
    const dir = join(web().path, 'refused');
    await mkdir(join(dir, 'raw'), { recursive: true });
    await writeFile(join(dir, 'web.conf'), `; hosts: *\n${bodies.v1}`);
    await writeFile(join(dir, 'web.rollout'), '{"maxUnavailabel":1}');
    await writeFile(join(dir, 'gone.rollout'), '{}');
    await writeFile(join(dir, 'raw/rollout'), '{}');
    const { code, stderr } = await web().run('apply', dir);
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
    const [dir, file] = [join(web().path, 'signed'), join(web().path, 'apply.key')];
    await web().run('keys', 'generate', '--out', file);
    await mkdir(dir);
    await writeFile(join(dir, 'web.conf'), `; hosts: *\n${bodies.v1}`);
    await writeFile(join(dir, 'web.rollout'), '{"maxUnavailable":1}');
    expect((await web().run('apply', dir, '--sign', file)).stdout).toContain('1 created');
    expect((await web().run('apply', dir, '--sign', file)).stdout).toContain('nothing to change');
    expect((await web().run('show', 'web')).stdout).not.toContain('not of what stands here');
    await web().etcd.put(key('rollout'), '{"drain":"2s","maxUnavailable":1}');
    expect((await web().run('apply', dir, '--sign', file)).stdout).toContain('1 signed');
  });
});
