import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConfFiles } from '../../effects/confFiles.ts';
import { type AppName } from '../../src/domain/types.ts';
import { writeStep as step } from '../support/confStep.ts';
import { createTempDir, type TempDir } from '../support/tempDir.ts';

let temp: TempDir;
let confDir: string;
beforeEach(async () => {
  temp = await createTempDir('files');
  confDir = join(temp.path, 'conf.d');
  fs.mkdirSync(confDir, { mode: 0o755 });
});
afterEach(() => temp.remove());

const removal = (name: string) => ({
  type: 'RemoveFile' as const,
  app: name as AppName,
  because: '',
});
const pathOf = (name: string): string => join(confDir, `${name}.supervene.conf`);
const files = (over: { mode?: number; uid?: number; gid?: number; confDir?: string } = {}) =>
  createConfFiles({ confDir, mode: 0o600, uid: undefined, gid: undefined, ...over });
const typesOf = (events: readonly { type: string }[]): readonly string[] =>
  events.map((event) =>
    'error' in event
      ? `${event.type} ${String((event.error as { type: string }).type)}`
      : event.type,
  );

describe('createConfFiles', () => {
  it('puts exactly the text of the plan in place, for the owner only', async () => {
    const web = step('web');
    expect(await files().writeAll([web])).toEqual([
      { type: 'FileWritten', app: 'web', revision: '7', sha256: web.sha256 },
    ]);
    expect(fs.readFileSync(pathOf('web'), 'utf8')).toBe(web.text);
    expect(fs.statSync(pathOf('web')).mode & 0o7777).toBe(0o600);
    expect(fs.readdirSync(confDir)).toEqual(['web.supervene.conf']);
  });

  it('gives the mode of the settings whatever the umask is', async () => {
    const umask = process.umask(0o077);
    try {
      await files({ mode: 0o644 }).writeAll([step('web')]);
    } finally {
      process.umask(umask);
    }
    expect(fs.statSync(pathOf('web')).mode & 0o7777).toBe(0o644);
  });

  it.skipIf(process.getuid?.() !== 0)('repairs owner and mode', async () => {
    await files().writeAll([step('web')]);
    fs.chmodSync(pathOf('web'), 0o666);
    fs.chownSync(pathOf('web'), 65534, 65534);
    await files({ uid: 0, gid: 0 }).writeAll([step('web')]);
    const stats = fs.statSync(pathOf('web'));
    expect([stats.mode & 0o7777, stats.uid, stats.gid]).toEqual([0o600, 0, 0]);
    await files({ uid: 65534, gid: 65534 }).writeAll([step('web')]);
    expect(fs.statSync(pathOf('web')).uid).toBe(65534);
  });

  it('replaces a file by another one and never changes it in place', async () => {
    await files().writeAll([step('web', 'a\n')]);
    const reader = fs.openSync(pathOf('web'), 'r');
    await files().writeAll([step('web', 'b\n')]);
    expect(fs.readFileSync(reader, 'utf8')).toBe(step('web', 'a\n').text);
    fs.closeSync(reader);
    expect(fs.readFileSync(pathOf('web'), 'utf8')).toBe(step('web', 'b\n').text);
  });

  it('reports one outcome for each of fifty steps, in their order', async () => {
    const steps = Array.from({ length: 50 }, (_, index) => step(`app${String(index)}`));
    const outcomes = await files().writeAll(steps);
    expect(outcomes.map((event) => event.app)).toEqual(steps.map(({ app }) => app));
    expect(new Set(typesOf(outcomes))).toEqual(new Set(['FileWritten']));
    expect(fs.readdirSync(confDir)).toHaveLength(50);
  });

  it('refuses what does not carry our marker and writes the others', async () => {
    fs.writeFileSync(pathOf('mine'), '[program:mine]\ncommand=true\n');
    fs.writeFileSync(pathOf('other'), step('web').text);
    fs.mkdirSync(pathOf('folder'));
    fs.symlinkSync('/etc/shadow', pathOf('link'));
    const names = ['mine', 'other', 'folder', 'link', 'fine'];
    const outcomes = await files().writeAll(names.map((name) => step(name)));
    expect(typesOf(outcomes)).toEqual([
      'FileFailed Blocked',
      'FileFailed Blocked',
      'FileFailed Blocked',
      'FileFailed Blocked',
      'FileWritten',
    ]);
    expect(fs.readFileSync(pathOf('mine'), 'utf8')).toBe('[program:mine]\ncommand=true\n');
    expect(fs.lstatSync(pathOf('link')).isSymbolicLink()).toBe(true);
    expect(fs.readdirSync(confDir).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(typesOf(await files().removeAll(names.map(removal)))).toEqual([
      'FileFailed Blocked',
      'FileFailed Blocked',
      'FileFailed Blocked',
      'FileFailed Blocked',
      'FileRemoved',
    ]);
    expect(fs.readdirSync(confDir)).toHaveLength(4);
  });

  it('does not hang on a pipe in the place of a file', async () => {
    const { execFileSync } = await import('node:child_process');
    execFileSync('mkfifo', [pathOf('web')]);
    expect(typesOf(await files().writeAll([step('web')]))).toEqual(['FileFailed Blocked']);
  });

  it('calls a file that is already gone removed', async () => {
    expect(await files().removeAll([removal('web')])).toEqual([
      { type: 'FileRemoved', app: 'web' },
    ]);
  });

  it('refuses a directory that somebody else may have put there', async () => {
    const link = join(temp.path, 'link');
    fs.symlinkSync(confDir, link);
    const open = join(temp.path, 'open');
    fs.mkdirSync(open);
    fs.chmodSync(open, 0o777);
    const plain = join(temp.path, 'plain');
    fs.writeFileSync(plain, '');
    for (const path of [link, open, plain, join(temp.path, 'missing')]) {
      const outcomes = await files({ confDir: path }).writeAll([step('web'), step('api')]);
      expect(typesOf(outcomes), path).toEqual([
        'FileFailed DirectoryUnusable',
        'FileFailed DirectoryUnusable',
      ]);
    }
    expect(fs.readdirSync(confDir)).toEqual([]);
    expect(fs.readdirSync(open)).toEqual([]);
  });

  it('sweeps exactly the temporary files of ours', async () => {
    const ours = '.web.supervene.conf.0123456789abcdef.tmp';
    const others = [
      '.web.supervene.conf.0123456789abcdeg.tmp',
      '.web.supervene.conf.tmp',
      'web.supervene.conf.0123456789abcdef.tmp',
      '.web.conf.0123456789abcdef.tmp',
    ];
    for (const name of [ours, ...others]) fs.writeFileSync(join(confDir, name), '');
    const folder = '.api.supervene.conf.0123456789abcdef.tmp';
    fs.mkdirSync(join(confDir, folder));
    expect(await files().sweepTemporaries()).toEqual({ removed: [ours], errors: [] });
    expect(fs.readdirSync(confDir).sort()).toEqual([...others, folder].sort());
  });
});
