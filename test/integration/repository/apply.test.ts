/** apply on a real etcd and a real directory. */
import { execFileSync } from 'node:child_process';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runCliHere } from '../../support/fakeCommandIo.ts';
import { appFile, base64, body, key, startRepository } from '../../support/repository.ts';
import { shared } from '../../support/shared.ts';

const repository = shared(startRepository);
beforeEach(() => repository().empty());

describe('supervene apply', () => {
  it('creates, changes and removes, shows a plan first, and does nothing the second time', async () => {
    await repository().write({
      'web.conf': appFile('10.0.0.1, 10.0.0.2', body('v1')),
      'db.ini': appFile('*', body('v1')),
      'old/ips': '10.0.0.3\n',
      'old/content': base64(body('v1')),
    });
    const dry = await repository().run('apply', repository().dir, '--prune', '--dry-run');
    expect(dry).toMatchObject({ code: 3 });
    expect(dry.stdout).toContain('would change: 3 to create, 0 unchanged; nothing was written');
    expect(await repository().etcd.get(key('web'))).toBeUndefined();
    const first = await repository().run('apply', repository().dir, '--prune', '-m', 'first');
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toContain(
      `3 created, 0 unchanged, at revision ${await repository().etcd.revision()}`,
    );
    expect(await repository().etcd.get(key('web', 'ips'))).toBe('10.0.0.1,10.0.0.2');
    expect(await repository().etcd.get(key('old'))).toBe(base64(body('v1')));

    await repository().write({ 'web.conf': appFile('10.0.0.1 10.0.0.2', body('v2')) });
    await rm(join(repository().dir, 'old'), { recursive: true });
    const second = await repository().run(
      'apply',
      repository().dir,
      '--prune',
      '--json',
      '-m',
      'second',
    );
    expect(JSON.parse(second.stdout)).toMatchObject({
      isChanged: true,
      changes: [
        { app: 'old', action: 'remove' },
        { app: 'web', action: 'change', revision: await repository().etcd.revision() },
      ],
      unchanged: 1,
      transactions: 1,
    });
    expect(await repository().etcd.get(key('old'))).toBeUndefined();
    const before = await repository().etcd.revision();
    const third = await repository().run('apply', repository().dir, '--prune');
    expect(third).toEqual({ code: 0, stdout: 'nothing to change: 2 unchanged\n', stderr: '' });
    expect(await repository().etcd.revision()).toBe(before);
    expect((await repository().run('history', 'old')).stdout).toMatch(
      /alice@web1 +apply: removed +second\n.*apply: new: .* first/,
    );
    expect(await repository().run('rollback', 'old')).toMatchObject({ code: 0 });
    expect(await repository().etcd.get(key('old', 'ips'))).toBe('10.0.0.3');
  });

  it('tells every fault with its file and line, and then writes nothing', async () => {
    const before = await repository().etcd.revision();
    await repository().write({
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
    await symlink('/etc/passwd', join(repository().dir, 'out.conf'));
    await symlink('nowhere-at-all', join(repository().dir, 'dangling.conf'));
    execFileSync('mkfifo', [join(repository().dir, 'pipe.conf')]);
    const { code, stdout, stderr } = await repository().run('apply', repository().dir, '--prune');
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
    expect(await repository().etcd.revision()).toBe(before);
  });

  it('passes over what editors and repositories leave, and follows links that stay inside', async () => {
    await repository().write({
      '.git/config': 'x',
      '.web.conf.swp': 'x',
      'web.conf~': 'x',
      'web.conf.orig': 'x',
      '#web.conf#': 'x',
      'README.md': 'x',
      LICENSE: 'x',
      '.shared/real.txt': appFile('10.0.0.1', body('v1')),
    });
    await symlink('.shared/real.txt', join(repository().dir, 'web.conf'));
    expect(await repository().run('apply', repository().dir)).toMatchObject({
      code: 0,
      stdout: /1 created/ as unknown,
    });
    expect(await repository().etcd.get(key('web'))).toBe(base64(body('v1')));
  });

  it('warns of hosts below the first line, which are none', async () => {
    await repository().write({
      'web.conf': appFile('10.0.0.1', `; hosts: 10.0.0.2\n${body('v1')}`),
    });
    const { code, stderr } = await repository().run('apply', repository().dir);
    expect(code).toBe(0);
    expect(stderr).toContain('web.conf:2: W_SECOND_HOSTS');
  });

  it('takes a body that happens to be base64 for the text it is', async () => {
    await repository().write({ 'web.conf': appFile('10.0.0.1', base64(body('v1'))) });
    const { code, stderr } = await repository().run('apply', repository().dir);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^web\.conf:2: E_UNKNOWN_OPTION/m);
  });

  it('leaves what is in etcd under impossible names, and what is not wanted without --prune', async () => {
    await repository().etcd.txn({
      [key('a b')]: body('x'),
      [key('a b', 'ips')]: '*',
      [key('other')]: 'x',
    });
    await repository().write({ 'web.conf': appFile('*', body('v1')) });
    const { code, stderr } = await repository().run('apply', repository().dir, '--prune');
    expect(code).toBe(0);
    expect(stderr).toContain('a b in etcd is no name of an app; it is left alone');
    expect(await repository().etcd.get(key('a b', 'ips'))).toBe('*');
    expect(await repository().etcd.get(key('other'))).toBeUndefined();
  });

  it('signs what changes and what is not signed yet, and nothing twice', async () => {
    const keyFile = join(repository().besides, 'release.key');
    expect(await repository().run('keys', 'generate', '--out', keyFile)).toMatchObject({ code: 0 });
    await repository().write({
      'a.conf': appFile('*', body('v1')),
      'b.conf': appFile('*', body('v1')),
    });
    await repository().run('apply', repository().dir);
    expect((await repository().run('apply', repository().dir, '--sign', keyFile)).stdout).toContain(
      '2 signed, 0 unchanged',
    );
    const before = await repository().etcd.revision();
    const again = await repository().run('apply', repository().dir, '--prune', '--sign', keyFile);
    expect(again.stdout).toBe('nothing to change: 2 unchanged\n');
    expect(await repository().etcd.revision()).toBe(before);
    await repository().write({ 'a.conf': appFile('*', body('v2')) });
    // Nothing would be signed any more, and hosts that enforce it would refuse it.
    const unsigned = await repository().run('apply', repository().dir);
    expect(unsigned).toMatchObject({ code: 1 });
    expect(unsigned.stderr).toContain('a is signed');
    expect(await repository().etcd.revision()).toBe(before);
    await rm(join(repository().dir, 'b.conf'));
    const changed = await repository().run('apply', repository().dir, '--prune', '--sign', keyFile);
    expect(changed.stdout).toContain('1 changed, 1 removed, 0 unchanged');
    expect(await repository().etcd.get(key('b'))).toBeUndefined();
    expect(await repository().etcd.get(key('b', 'signature'))).toContain('unpublish');
    expect(
      await repository().run('apply', repository().dir, '--prune', '--sign', keyFile),
    ).toMatchObject({
      stdout: 'nothing to change: 1 unchanged\n',
    });
  });

  it('tells faults of files, and otherwise why etcd cannot be asked', async () => {
    const away = { env: { SUPERVENE_ETCD: 'http://127.0.0.1:1' } };
    await repository().write({ 'web.conf': appFile('*', 'comand = x\n') });
    const unknown = await runCliHere(['apply', repository().dir], away);
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toContain('etcd is not reachable');
    await repository().write({ 'web.cnf': '' });
    expect((await runCliHere(['apply', repository().dir], away)).stderr).toMatch(
      /^web\.cnf:1: E_STRANGE_FILE/,
    );
  });
});
