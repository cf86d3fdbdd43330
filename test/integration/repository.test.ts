/** apply and export on a real etcd and a real directory. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { type CliOutcome, runCliHere } from '../support/fakeCommandIo.ts';
import { findProjectRoot } from '../support/findProjectRoot.ts';
import { fcParams } from '../support/seed.ts';
import { createTempDir, type TempDir } from '../support/tempDir.ts';
import { waitFor } from '../support/waitFor.ts';

let etcd: Etcd;
let temp: TempDir;
let dir: string;
let made = 0;
beforeAll(async () => {
  [etcd, temp] = await Promise.all([startEtcd(), createTempDir('repository')]);
});
afterAll(async () => {
  await Promise.all([etcd.stop(), temp.remove()]);
});
beforeEach(async () => {
  await etcd.delPrefix('/services/');
  made += 1;
  dir = join(temp.path, `repo${String(made)}`);
  await mkdir(dir);
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

const body = (version: string): string => `command = /bin/cat ${version}\n`;
const appFile = (hosts: string, text: string): string => `; hosts: ${hosts}\n${text}`;
const key = (app: string, leaf = 'content'): string => `/services/apps/${app}/${leaf}`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

function run(...argv: readonly string[]): Promise<CliOutcome> {
  return runCliHere(argv, { env: { SUPERVENE_ETCD: etcd.endpoint, SUDO_USER: 'alice' } });
}

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(dir, name, '..'), { recursive: true });
    await writeFile(join(dir, name), text);
  }
}

function apps(count: number, version: string): Readonly<Record<string, string>> {
  const names = Array.from({ length: count }, (_, index) => `app${String(index).padStart(3, '0')}`);
  return Object.fromEntries(
    names.map((name) => [`${name}.conf`, appFile('10.0.0.1', body(version))]),
  );
}

describe('supervene apply', () => {
  it('creates, changes and removes, shows a plan first, and does nothing the second time', async () => {
    await write({
      'web.conf': appFile('10.0.0.1, 10.0.0.2', body('v1')),
      'db.ini': appFile('*', body('v1')),
      'old/ips': '10.0.0.3\n',
      'old/content': base64(body('v1')),
    });
    const dry = await run('apply', dir, '--prune', '--dry-run');
    expect(dry).toMatchObject({ code: 3 });
    expect(dry.stdout).toContain('would change: 3 to create, 0 unchanged; nothing was written');
    expect(await etcd.get(key('web'))).toBeUndefined();
    const first = await run('apply', dir, '--prune', '-m', 'first');
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toContain(`3 created, 0 unchanged, at revision ${await etcd.revision()}`);
    expect(await etcd.get(key('web', 'ips'))).toBe('10.0.0.1,10.0.0.2');
    expect(await etcd.get(key('old'))).toBe(base64(body('v1')));

    await write({ 'web.conf': appFile('10.0.0.1 10.0.0.2', body('v2')) });
    await rm(join(dir, 'old'), { recursive: true });
    const second = await run('apply', dir, '--prune', '--json', '-m', 'second');
    expect(JSON.parse(second.stdout)).toMatchObject({
      isChanged: true,
      changes: [
        { app: 'old', action: 'remove' },
        { app: 'web', action: 'change', revision: await etcd.revision() },
      ],
      unchanged: 1,
      transactions: 1,
    });
    expect(await etcd.get(key('old'))).toBeUndefined();
    const before = await etcd.revision();
    const third = await run('apply', dir, '--prune');
    expect(third).toEqual({ code: 0, stdout: 'nothing to change: 2 unchanged\n', stderr: '' });
    expect(await etcd.revision()).toBe(before);
    expect((await run('history', 'old')).stdout).toMatch(
      /alice@web1 +apply: removed +second\n.*apply: new: .* first/,
    );
    expect(await run('rollback', 'old')).toMatchObject({ code: 0 });
    expect(await etcd.get(key('old', 'ips'))).toBe('10.0.0.3');
  });

  it('tells every fault with its file and line, and then writes nothing', async () => {
    const before = await etcd.revision();
    await write({
      'good.conf': appFile('10.0.0.1', body('v1')),
      'option.conf': appFile('10.0.0.1', `${body('v1')}comand = x\n`),
      'nohosts.conf': body('v1'),
      'nowhere.conf': appFile('', body('v1')),
      'nonsense.conf': appFile('10.0.0.999', body('v1')),
      'two.conf': appFile('*', body('v1')),
      'two.ini': appFile('*', body('v1')),
      'all.conf': appFile('*', body('v1')),
      'bytes.conf': Uint8Array.of(0xff),
      'half/ips': '*',
      'comment.conf': appFile('* ; all of them', body('v1')),
      'bom.conf': `\ufeff${appFile('*', body('v1'))}`,
      'two\nlines.cnf': '',
      'more/ips': '*',
      'more/content': body('v1'),
      'more/notes': 'x',
      'more/deep/er': 'x',
      'none/README.md': 'x',
      'web.cnf': appFile('*', body('v1')),
    });
    await symlink('/etc/passwd', join(dir, 'out.conf'));
    await symlink('nowhere-at-all', join(dir, 'dangling.conf'));
    execFileSync('mkfifo', [join(dir, 'pipe.conf')]);
    const { code, stdout, stderr } = await run('apply', dir, '--prune');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const told = stderr
      .split('\n')
      .flatMap((line) => /^([^ ]+): (E_\w+)/.exec(line)?.slice(1).join(' ') ?? []);
    expect(told).toEqual([
      'all.conf:1 E_APP_NAME_RESERVED',
      'bom.conf:1 E_BOM',
      'bytes.conf:1 E_NOT_UTF8',
      'comment.conf:1 E_NO_HOSTS',
      'dangling.conf:1 E_FILE',
      'half/ips:1 E_HALF_PAIR',
      'more/deep:1 E_STRANGE_FILE',
      'more/notes:1 E_STRANGE_FILE',
      'nohosts.conf:1 E_NO_HOSTS',
      'none/:1 E_STRANGE_FILE',
      'nonsense.conf:1 E_NO_HOSTS',
      'nowhere.conf:1 E_NO_HOSTS',
      'option.conf:3 E_UNKNOWN_OPTION',
      'out.conf:1 E_FILE',
      'pipe.conf:1 E_FILE',
      'two\\nlines.cnf:1 E_STRANGE_FILE',
      'two.ini:1 E_TWO_FILES',
      'web.cnf:1 E_STRANGE_FILE',
    ]);
    expect(stderr).toContain('"10.0.0.999" is no address');
    expect(stderr).not.toContain('ignored');
    expect(await etcd.revision()).toBe(before);
  });

  it('passes over what editors and repositories leave, and follows links that stay inside', async () => {
    await write({
      '.git/config': 'x',
      '.web.conf.swp': 'x',
      'web.conf~': 'x',
      'web.conf.orig': 'x',
      '#web.conf#': 'x',
      'README.md': 'x',
      LICENSE: 'x',
      '.shared/real.txt': appFile('10.0.0.1', body('v1')),
    });
    await symlink('.shared/real.txt', join(dir, 'web.conf'));
    expect(await run('apply', dir)).toMatchObject({ code: 0, stdout: /1 created/ as unknown });
    expect(await etcd.get(key('web'))).toBe(base64(body('v1')));
  });

  it('warns of hosts below the first line, which are none', async () => {
    await write({ 'web.conf': appFile('10.0.0.1', `; hosts: 10.0.0.2\n${body('v1')}`) });
    const { code, stderr } = await run('apply', dir);
    expect(code).toBe(0);
    expect(stderr).toContain('web.conf:2: W_SECOND_HOSTS');
  });

  it('says what is written when it is ended in the middle', async () => {
    await write(apps(80, 'v1'));
    const env = { SUPERVENE_ETCD: etcd.endpoint };
    let isUndone = false;
    const onEnd = (act: () => void) => {
      act();
      return () => {
        isUndone = true;
      };
    };
    const before = await etcd.revision();
    const { code, stderr } = await runCliHere(['apply', dir], { env, onEnd });
    expect(code).toBe(1);
    expect(stderr).toContain('it was ended; before that nothing was written');
    expect(await etcd.revision()).toBe(before);
    expect(isUndone).toBe(true);
  });

  it('takes a body that happens to be base64 for the text it is', async () => {
    await write({ 'web.conf': appFile('10.0.0.1', base64(body('v1'))) });
    const { code, stderr } = await run('apply', dir);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^web\.conf:2: E_UNKNOWN_OPTION/m);
  });

  it('holds the removal of many, and of all by an empty directory', async () => {
    await write(apps(8, 'v1'));
    await run('apply', dir);
    for (const name of ['app000', 'app001', 'app002', 'app003'])
      await rm(join(dir, `${name}.conf`));
    const before = await etcd.revision();
    const held = await run('apply', dir, '--prune');
    expect(held.code).toBe(1);
    expect(held.stderr).toContain('4 of 8 apps would be removed, more than max(3, 30 %)');
    expect(await run('apply', dir)).toMatchObject({ code: 0 });
    expect(await etcd.revision()).toBe(before);
    expect(await run('apply', dir, '--prune', '--allow-removals')).toMatchObject({ code: 0 });
    await rm(dir, { recursive: true });
    await mkdir(dir);
    await etcd.delPrefix('/services/apps/app004');
    await etcd.delPrefix('/services/apps/app005');
    const empty = await run('apply', dir, '--prune');
    expect(empty.code).toBe(1);
    expect(empty.stderr).toContain('has no app: --prune would remove all 2 apps');
    expect(await run('apply', dir)).toMatchObject({ code: 0 });
    expect(await run('apply', join(dir, 'missing'))).toMatchObject({ code: 1 });
  });

  it('leaves what is in etcd under impossible names, and what is not wanted without --prune', async () => {
    await etcd.txn({ [key('a b')]: body('x'), [key('a b', 'ips')]: '*', [key('other')]: 'x' });
    await write({ 'web.conf': appFile('*', body('v1')) });
    const { code, stderr } = await run('apply', dir, '--prune');
    expect(code).toBe(0);
    expect(stderr).toContain('a b in etcd is no name of an app; it is left alone');
    expect(await etcd.get(key('a b', 'ips'))).toBe('*');
    expect(await etcd.get(key('other'))).toBeUndefined();
  });

  it('writes 200 apps in as few transactions as etcd takes, and all of them', async () => {
    await write(apps(200, 'v1'));
    const before = Number(await etcd.revision());
    const { code, stdout } = await run('apply', dir, '--summary');
    expect(code).toBe(0);
    expect(stdout).toContain('200 created, 0 unchanged, in 8 transactions, each app whole');
    expect(stdout).not.toContain('/bin/cat');
    expect(Number(await etcd.revision())).toBe(before + 8);
    expect(await run('apply', dir, '--prune')).toMatchObject({ code: 0 });
  });

  it('signs what changes and what is not signed yet, and nothing twice', async () => {
    const keyFile = join(temp.path, 'release.key');
    expect(await run('keys', 'generate', '--out', keyFile)).toMatchObject({ code: 0 });
    await write({ 'a.conf': appFile('*', body('v1')), 'b.conf': appFile('*', body('v1')) });
    await run('apply', dir);
    expect((await run('apply', dir, '--sign', keyFile)).stdout).toContain('2 signed, 0 unchanged');
    const before = await etcd.revision();
    const again = await run('apply', dir, '--prune', '--sign', keyFile);
    expect(again.stdout).toBe('nothing to change: 2 unchanged\n');
    expect(await etcd.revision()).toBe(before);
    await write({ 'a.conf': appFile('*', body('v2')) });
    // Nothing would be signed any more, and hosts that enforce it would refuse it.
    const unsigned = await run('apply', dir);
    expect(unsigned).toMatchObject({ code: 1 });
    expect(unsigned.stderr).toContain('a is signed');
    expect(await etcd.revision()).toBe(before);
    await rm(join(dir, 'b.conf'));
    const changed = await run('apply', dir, '--prune', '--sign', keyFile);
    expect(changed.stdout).toContain('1 changed, 1 removed, 0 unchanged');
    expect(await etcd.get(key('b'))).toBeUndefined();
    expect(await etcd.get(key('b', 'signature'))).toContain('unpublish');
    expect(await run('apply', dir, '--prune', '--sign', keyFile)).toMatchObject({
      stdout: 'nothing to change: 1 unchanged\n',
    });
  });

  it('of two at once overwrites nothing that it did not read, and says so', async () => {
    await write(apps(120, 'v1'));
    await run('apply', dir);
    const other = join(dir, '.other');
    for (const [name, text] of Object.entries(apps(120, 'theirs'))) {
      await write({ [`.other/${name}`]: text });
    }
    await write(apps(120, 'ours'));
    const outcomes = await Promise.all([run('apply', dir), run('apply', other)]);
    for (const { code, stderr } of outcomes) {
      if (code !== 0)
        expect(stderr).toMatch(
          /somebody changed one of .*; before that (?:nothing was|\d+ of 120 apps were) written/,
        );
    }
    for (let index = 0; index < 120; index += 1) {
      const app = `app${String(index).padStart(3, '0')}`;
      const content = await etcd.get(key(app));
      expect([base64(body('v1')), base64(body('ours')), base64(body('theirs'))]).toContain(content);
      // What stands there is what its last record says.
      const { stdout } = await run('history', app, '--limit', '1', '--json');
      expect(JSON.parse(stdout)).toMatchObject({
        changes: [
          { action: 'apply', after: { content: Buffer.from(content ?? '', 'base64').toString() } },
        ],
      });
    }
    expect(await run('apply', dir)).toMatchObject({ code: 0 });
    expect(await etcd.get(key('app119'))).toBe(base64(body('ours')));
  });

  it('tells faults of files, and otherwise why etcd cannot be asked', async () => {
    const away = { env: { SUPERVENE_ETCD: 'http://127.0.0.1:1' } };
    await write({ 'web.conf': appFile('*', 'comand = x\n') });
    const unknown = await runCliHere(['apply', dir], away);
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toContain('etcd is not reachable');
    await write({ 'web.cnf': '' });
    expect((await runCliHere(['apply', dir], away)).stderr).toMatch(/^web\.cnf:1: E_STRANGE_FILE/);
  });

  it('writes nothing at all when etcd has no space', async () => {
    const small = await startEtcd({ flags: ['--quota-backend-bytes', '200000'] });
    try {
      await write(apps(3, 'v1'));
      const fill = async (): Promise<void> => {
        for (let at = 0; at < 20; at += 1) await small.put(`/x/${String(at)}`, 'x'.repeat(50_000));
      };
      await expect(fill()).rejects.toThrow(/space/);
      const env = { SUPERVENE_ETCD: small.endpoint };
      const { code, stderr } = await runCliHere(['apply', dir], { env });
      expect(code).toBe(1);
      expect(stderr).toMatch(/space.*; before that nothing was written/);
      expect(await small.get(key('app000'))).toBeUndefined();
      expect(await small.get('/services/fleet/history/app000/0000000001')).toBeUndefined();
    } finally {
      await small.stop();
    }
  });

  it('leaves each app whole when it is killed in the middle', async () => {
    await write(apps(200, 'v1'));
    await run('apply', dir);
    await write(apps(200, 'v2'));
    const main = join(findProjectRoot(), 'dist', 'src', 'main.js');
    expect(existsSync(main)).toBe(true);
    const env = { ...process.env, SUPERVENE_ETCD: etcd.endpoint };
    const before = Number(await etcd.revision());
    const child = spawn(process.execPath, [main, 'apply', dir, '--summary'], {
      env,
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    await waitFor('the first transaction', async () => Number(await etcd.revision()) > before, {
      intervalMs: 1,
    });
    child.kill('SIGKILL');
    await ended;
    const versions = { v1: 0, v2: 0 };
    for (let index = 0; index < 200; index += 1) {
      const app = `app${String(index).padStart(3, '0')}`;
      const content = await etcd.get(key(app));
      const version = content === base64(body('v1')) ? 'v1' : 'v2';
      expect(content).toBe(base64(body(version)));
      versions[version] += 1;
      const last = await etcd.get(`/services/fleet/history/${app}/0000000002`);
      expect(last === undefined).toBe(version === 'v1');
    }
    expect(versions.v2).toBeGreaterThan(0);
    expect(await run('apply', dir, '--prune')).toMatchObject({ code: 0 });
    expect(await etcd.get(key('app199'))).toBe(base64(body('v2')));
  });
});

describe('supervene export', () => {
  it('writes files for their owner alone, and only into an empty directory', async () => {
    await etcd.txn({ [key('web', 'ips')]: '10.0.0.1', [key('web')]: base64(body('v1')) });
    await write({ '.git/x': '', 'README.md': 'kept' });
    expect(await run('export', dir)).toMatchObject({ code: 0 });
    expect(await readFile(join(dir, 'web.conf'), 'utf8')).toBe(appFile('10.0.0.1', body('v1')));
    expect((await stat(join(dir, 'web.conf'))).mode & 0o777).toBe(0o600);
    const again = await run('export', dir);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('--force');
  });

  it('empties no repository for a wrong prefix, nor takes many files away', async () => {
    await write(apps(8, 'v1'));
    await run('apply', dir);
    const env = { SUPERVENE_ETCD: etcd.endpoint, SUPERVENE_PREFIX: '/nowhere' };
    const wrong = await runCliHere(['export', dir, '--force'], { env });
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain(`there is no app in etcd: all 8 of ${dir} would be removed`);
    for (const name of ['app000', 'app001', 'app002', 'app003']) {
      await etcd.delPrefix(`/services/apps/${name}/`);
    }
    const many = await run('export', dir, '--force');
    expect(many.code).toBe(1);
    expect(many.stderr).toContain('4 of 8 apps would be removed, more than max(3, 30 %)');
    expect(await readdir(dir)).toHaveLength(8);
    const allowed = await run('export', dir, '--force', '--allow-removals');
    expect(allowed).toMatchObject({ code: 0, stderr: '' });
    expect(allowed.stdout).toMatch(/^4 apps of .*; 4 files removed\n$/);
    expect(await readdir(dir)).toHaveLength(4);
    expect(await run('export', dir, '--allow-removals')).toMatchObject({ code: 2 });
  });

  it('makes no directory when etcd cannot be asked', async () => {
    const away = { env: { SUPERVENE_ETCD: 'http://127.0.0.1:1' } };
    const out = join(dir, 'out');
    expect(await runCliHere(['export', out], away)).toMatchObject({ code: 1 });
    expect(existsSync(out)).toBe(false);
  });

  it('writes what has a comment for hosts as it is', async () => {
    await etcd.txn({ [key('web', 'ips')]: '* ; all', [key('web')]: base64(body('v1')) });
    await run('export', dir);
    expect(await readFile(join(dir, 'web', 'ips'), 'utf8')).toBe('* ; all');
  });

  it('replaces and removes app files alone with --force, and follows no link', async () => {
    await etcd.txn({ [key('web', 'ips')]: '10.0.0.1', [key('web')]: base64(body('v1')) });
    await write({
      'gone.conf': 'x',
      'web.ini': 'x',
      'web/ips': 'x',
      'web/notes': 'x',
      'notes.txt': 'x',
      '.kept': 'kept',
    });
    await symlink('.kept', join(dir, 'web.conf'));
    expect(await run('export', dir, '--force')).toMatchObject({ code: 0 });
    expect((await readdir(dir)).sort()).toEqual(['.kept', 'notes.txt', 'web', 'web.conf']);
    expect(await readdir(join(dir, 'web'))).toEqual(['notes']);
    expect(await readFile(join(dir, '.kept'), 'utf8')).toBe('kept');
    expect(await readFile(join(dir, 'web.conf'), 'utf8')).toBe(appFile('10.0.0.1', body('v1')));
  });

  it('exports as it is what cannot be read, tells it, and apply finds nothing to change', async () => {
    await etcd.txn({
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
    const { code, stderr } = await run('export', dir);
    expect(code).toBe(1);
    for (const app of ['README', 'a b', 'bytes', 'half', 'huge']) {
      expect(stderr).toContain(`error: ${app}: `);
    }
    expect((await readdir(dir)).sort()).toEqual(['README', 'bytes', 'half', 'refused.conf']);
    await etcd.delPrefix('/services/apps/huge/');
    const applied = await run('apply', dir, '--prune', '--dry-run');
    expect(applied).toMatchObject({ code: 0, stdout: 'nothing to change: 4 unchanged\n' });
    expect(applied.stderr).toContain('warning: refused.conf:2: E_UNKNOWN_OPTION');
    expect(applied.stderr).toContain('warning: half/ips:1: E_HALF_PAIR');
  });

  it('says when it cannot write', async () => {
    await etcd.txn({ [key('web', 'ips')]: '*', [key('web')]: body('v1') });
    await write({ 'web.conf/x': '' });
    const { code, stderr } = await run('export', dir, '--force');
    expect(code).toBe(1);
    expect(stderr).toContain('cannot write');
    const { stdout } = await run('export', dir, '--force', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ apps: 0 });
    await chmod(dir, 0o700);
  });
});

describe('export and apply', () => {
  const line = fc.stringMatching(/^[ -~é]{0,40}$/);
  const text = fc.oneof(
    fc.array(line, { minLength: 1, maxLength: 6 }).map((lines) => lines.join('\n')),
    fc
      .array(line, { minLength: 1, maxLength: 6 })
      .map((lines) => `; hosts: x\n${lines.join('\r\n')}\n`),
    fc.constant('command = /bin/cat\n'),
  );
  const host = fc.constantFrom(
    '10.0.0.1',
    '*',
    '!web1',
    'web2',
    '10.0.0.0/8',
    'non,sense',
    '; hosts: y',
  );
  const hosts = fc
    .array(host, { maxLength: 4 })
    .chain((list) => fc.constantFrom(', ', ',', ' ', '\n', '\r\n ,').map((by) => list.join(by)));
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,8}$/).filter((app) => app !== 'all');
  const content = fc.tuple(
    text.filter((body) => body.trim() !== ''),
    fc.boolean(),
  );
  const etcdApps = fc.dictionary(name, fc.tuple(hosts, content), { minKeys: 1, maxKeys: 4 });

  it('are inverse for whatever can be read, and apply repeats itself exactly', async () => {
    await fc.assert(
      fc.asyncProperty(etcdApps, async (given) => {
        await etcd.delPrefix('/services/');
        for (const [app, [ips, [text, isPlain]]] of Object.entries(given)) {
          await etcd.txn({ [key(app, 'ips')]: ips, [key(app)]: isPlain ? text : base64(text) });
        }
        const out = join(dir, 'out');
        await rm(out, { recursive: true, force: true });
        const exported = await run('export', out);
        // Plain text that is no program is exported as it is, and told.
        expect(exported.stderr === '' ? 0 : 1).toBe(exported.code);
        const applied = await run('apply', out, '--prune', '--dry-run');
        expect(applied.stdout).toMatch(/^nothing to change/);
        expect(applied.code).toBe(0);
      }),
      fcParams(30),
    );
  }, 60_000);

  it('give the same files again', async () => {
    await write({
      'a.conf': appFile('10.0.0.1, web2', 'command=/bin/cat\n; hosts: z\n\n'),
      'b.conf': appFile('!*', 'command=/bin/cat'),
    });
    await run('apply', dir);
    const out = join(dir, '.out');
    expect(await run('export', out)).toMatchObject({ code: 0 });
    for (const file of ['a.conf', 'b.conf']) {
      expect(await readFile(join(out, file), 'utf8')).toBe(await readFile(join(dir, file), 'utf8'));
    }
  });
});
