/** Which programs are run, and what they are told of our environment. */
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncScheduler } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProgram } from '../../../effects/drivers/findProgram.ts';
import { runCommand } from '../../../effects/drivers/runCommand.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

let temp: TempDir;
beforeEach(async () => {
  temp = await createTempDir('program');
});
afterEach(() => temp.remove());

/** A program that says which one it is; in a folder of its own. */
function plant(folder: string, text = 'exit 0', name = 'sv-planted'): string {
  const dir = join(temp.path, folder);
  mkdirSync(dir, { recursive: true });
  const path = join(dir, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return dir;
}

const find = async (...folders: readonly string[]) => {
  const found = await findProgram('sv-planted', { PATH: folders.join(':') });
  return found.ok ? found.value.path : found.error;
};

describe('findProgram', () => {
  it('finds the first of PATH, and the usual folders without any PATH', async () => {
    const [first, second] = [plant('first'), plant('second')];
    expect(await find(first, second)).toBe(join(first, 'sv-planted'));
    expect(await findProgram('sh', {})).toMatchObject({ ok: true });
    expect(await findProgram('sh', { PATH: '' })).toMatchObject({ ok: true });
  });

  it('passes by a folder that is relative or that everybody may write', async () => {
    const open = plant('open');
    chmodSync(open, 0o777);
    const good = plant('good');
    expect(await find('.', '', open, good)).toBe(join(good, 'sv-planted'));
    expect(await find(open)).toContain('there is no sv-planted');
  });

  it('passes by a folder that its group may write, or one below such a folder', async () => {
    const group = plant('group');
    chmodSync(group, 0o775);
    expect(await find(group)).toContain('there is no sv-planted');
    const below = plant('above/below');
    expect(await find(below)).toBe(join(below, 'sv-planted'));
    for (const mode of [0o775, 0o777]) {
      chmodSync(join(temp.path, 'above'), mode);
      expect(await find(below)).toContain('there is no sv-planted');
    }
    symlinkSync(below, join(temp.path, 'link'));
    expect(await find(join(temp.path, 'link'))).toContain('there is no sv-planted');
  });

  it('passes by a program that others may write, also behind a link, and says so', async () => {
    const dir = plant('loose');
    chmodSync(join(dir, 'sv-planted'), 0o775);
    expect(await find(dir)).toContain('others than root own it or may write it');
    const links = join(temp.path, 'links');
    mkdirSync(links);
    symlinkSync(join(dir, 'sv-planted'), join(links, 'sv-planted'));
    expect(await find(links)).toContain('others than root own it or may write it');
  });

  it('passes by what another user owns', async (ctx) => {
    if (process.getuid?.() !== 0) ctx.skip('only root can give a file away');
    const dir = plant('given');
    chownSync(join(dir, 'sv-planted'), 65_534, 65_534);
    expect(await find(dir)).toContain('others than root own it or may write it');
    const theirs = plant('theirs');
    chownSync(theirs, 65_534, 65_534);
    expect(await find(theirs)).toContain('there is no sv-planted');
  });

  it('takes names and absolute paths, and no other', async () => {
    for (const name of ['', '../sh', './sh', 'bin/sh', '/nowhere/sh']) {
      expect(await findProgram(name, {})).toMatchObject({ ok: false });
    }
    expect(await findProgram('/bin/sh', {})).toMatchObject({
      ok: true,
      value: { path: '/bin/sh' },
    });
  });

  it('does not run what others may write, wherever it is said to be', async () => {
    const path = join(plant('mine'), 'sv-planted');
    expect(await findProgram(path, {})).toMatchObject({ ok: true });
    chmodSync(path, 0o777);
    expect(await findProgram(path, {})).toMatchObject({ ok: false });
  });
});

describe('runCommand', () => {
  const request = { args: [], timeoutMs: 10_000, outputMaxBytes: 64 * 1024 };

  it('tells the program its home, its language and a safe PATH, and nothing else', async () => {
    const dir = plant('env', 'env; pwd');
    const env = {
      ...{ HOME: '/root', LANG: 'C.UTF-8', PATH: `.:relative:${dir}` },
      ...{ PYTHONPATH: '/tmp', LD_PRELOAD: '/tmp/x.so', SUPERVENE_ETCD: 'x', NODE_OPTIONS: 'x' },
    };
    const outcome = await runCommand(asyncScheduler, {
      ...request,
      ...{ command: 'sv-planted', env, alsoTold: { NOTIFY_SOCKET: '/run/x' } },
    });
    const lines = outcome.type === 'Ended' ? outcome.stdout.trim().split('\n') : [outcome.type];
    const ofTheShell = /^(?:_|SHLVL|OLDPWD|PWD)=/;
    expect(lines.filter((line) => !ofTheShell.test(line)).sort()).toEqual(
      [
        'HOME=/root',
        'LANG=C.UTF-8',
        'NOTIFY_SOCKET=/run/x',
        `PATH=${dir}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        '/',
      ].sort(),
    );
  });

  it('takes no word for more than a word', async () => {
    const dir = plant('words', `printf '%s\\n' "$@"`);
    const args = ['a b', '$(id)', '; id', '`id`', '*', "'", '--', '|'];
    const outcome = await runCommand(asyncScheduler, {
      ...{ ...request, command: 'sv-planted', args, env: { PATH: dir } },
    });
    expect(outcome).toMatchObject({ type: 'Ended', code: 0, stdout: `${args.join('\n')}\n` });
  });
});
