/**
 * Faults C1–C3, C10, D1 at the system calls of a real process: strace makes them fail or kills
 * the process at them, tmpfs and bind mounts make the disk full, read-only or busy.
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConfFiles } from '../../effects/confFiles.ts';
import { writeStep } from '../support/confStep.ts';
import { createTempDir, type TempDir } from '../support/tempDir.ts';

const runTs = fileURLToPath(new URL('../support/runTs.js', import.meta.url));
const child = fileURLToPath(new URL('../support/children/writeConfFile.ts', import.meta.url));
// One thread for the file system: strace counts the calls of each thread by itself.
const env = { ...process.env, UV_USE_IO_URING: '0', UV_THREADPOOL_SIZE: '1', NODE_OPTIONS: '' };
const isRoot = process.getuid?.() === 0;
const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
const canMount = isRoot && spawnSync('unshare', ['-m', 'true']).status === 0;

let temp: TempDir;
let confDir: string;
const mounts: string[] = [];
beforeEach(async () => {
  temp = await createTempDir('faults');
  confDir = join(temp.path, 'conf.d');
  fs.mkdirSync(confDir, { mode: 0o755 });
});
afterEach(async () => {
  for (const path of mounts.splice(0).reverse()) execFileSync('umount', ['-l', path]);
  await temp.remove();
});

const execute = promisify(execFile);

/** In this process; the outcome as JSON. */
async function write(body: string): Promise<string> {
  const files = createConfFiles({ confDir, mode: 0o600, uid: undefined, gid: undefined });
  await files.sweepTemporaries();
  return JSON.stringify(await files.writeAll([writeStep('web', body)]));
}

/** In a process of its own under strace; the outcome as JSON, '' when it was killed. */
async function writeTraced(body: string, fault: string): Promise<string> {
  const command = [process.execPath, '--import', runTs, child, confDir, 'web', body];
  try {
    return (await execute('strace', [...inject(fault), ...command], { env })).stdout;
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
const inject = (what: string): readonly string[] => [
  ...['-f', '-o', '/dev/null', '-e', `trace=${what.split(':')[0] ?? ''}`],
  ...['-e', `inject=${what}`],
];
const bodyInPlace = (): string | undefined => {
  const path = join(confDir, 'web.supervene.conf');
  return fs.existsSync(path) ? fs.readFileSync(path, 'utf8').split('\n')[1] : undefined;
};

describe.skipIf(!canTrace)('C3: a conf file and failing system calls (needs strace)', () => {
  it.each([
    ['fsync:error=EIO:when=1', 'old'],
    ['rename:error=EIO', 'old'],
    // In place, but nobody may rely on it: the next plan writes it again.
    ['fsync:error=EIO:when=2', 'new'],
  ])('fails as a fact at %s and leaves no temporary file', async (fault, standing) => {
    await write('old');
    const printed = await writeTraced('new', fault);
    expect(printed).toContain('"type":"Failed"');
    expect(bodyInPlace()).toBe(standing);
    expect(fs.readdirSync(confDir)).toEqual(['web.supervene.conf']);
  });

  it.each([
    ['fsync:signal=KILL:when=1', 'old'],
    ['rename:signal=KILL', 'either'],
    ['fsync:signal=KILL:when=2', 'new'],
  ])('leaves the old or the new file when killed at %s', async (fault, standing) => {
    await write('old');
    expect(await writeTraced('new', fault)).toBe('');
    expect(standing === 'either' ? ['old', 'new'] : [standing]).toContain(bodyInPlace());
    expect(await write('newest')).toContain('FileWritten');
    expect(bodyInPlace()).toBe('newest');
    expect(fs.readdirSync(confDir)).toEqual(['web.supervene.conf']);
  });
});

describe.skipIf(!canMount)('a conf file on a difficult file system (needs mount)', () => {
  it('C2: survives a full disk and succeeds when there is space again', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0755', 'tmpfs', confDir]);
    mounts.push(confDir);
    await write('old');
    const fill = join(confDir, 'fill');
    spawnSync('dd', ['if=/dev/zero', `of=${fill}`, 'bs=4k']);
    const printed = await write('new\n'.padEnd(20_000, 'x'));
    expect(printed).toContain('"type":"NoSpace"');
    expect(fs.readdirSync(confDir).sort()).toEqual(['fill', 'web.supervene.conf']);
    expect(bodyInPlace()).toBe('old');
    fs.rmSync(fill);
    expect(await write('new')).toContain('FileWritten');
  });

  it('C1: says that the directory is read-only, and keeps what is there', async () => {
    await write('old');
    execFileSync('mount', ['--bind', confDir, confDir]);
    mounts.push(confDir);
    execFileSync('mount', ['-o', 'remount,ro,bind', confDir]);
    expect(await write('new')).toContain('"type":"ReadOnly"');
    expect(bodyInPlace()).toBe('old');
  });

  it('C10: never writes in place when the file is a mount point', async () => {
    await write('old');
    const path = join(confDir, 'web.supervene.conf');
    execFileSync('mount', ['--bind', path, path]);
    mounts.push(path);
    expect(await write('new')).toContain('"type":"Blocked"');
    expect(bodyInPlace()).toBe('old');
    expect(fs.readdirSync(confDir)).toEqual(['web.supervene.conf']);
  });
});
