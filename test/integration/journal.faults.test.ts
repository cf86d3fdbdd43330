/** Faults D3, D5: the journal under kill -9, a failing fsync and a disk that is full. */
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal } from '../../src/journal/openJournal.ts';
import { createTestJournal } from '../support/journal.ts';
import { createTempDir, type TempDir } from '../support/tempDir.ts';
import { waitFor } from '../support/waitFor.ts';

const runTs = fileURLToPath(new URL('../support/runTs.js', import.meta.url));
const child = fileURLToPath(new URL('../support/children/appendJournal.ts', import.meta.url));
const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

let temp: TempDir;
let dir: string;
const mounts: string[] = [];
beforeEach(async () => {
  temp = await createTempDir('journal');
  dir = join(temp.path, 'journal');
  fs.mkdirSync(dir, { mode: 0o700 });
});
afterEach(async () => {
  for (const path of mounts.splice(0)) execFileSync('umount', ['-l', path]);
  await temp.remove();
});

/** Lets the child commit so many intents and die at the next; gives the last committed number. */
function dieAfter(count: number, ...tracer: readonly string[]): number {
  const command = [...tracer, process.execPath, '--import', runTs, child, dir, String(count)];
  const [file = '', ...args] = command;
  const env = { ...process.env, UV_USE_IO_URING: '0', NODE_OPTIONS: '' };
  const { stdout } = spawnSync(file, args, { env, encoding: 'utf8', timeout: 40_000 });
  return Number(stdout.split('\n').at(-2) ?? 0);
}

describe('a journal and kill -9', () => {
  it('D3: has every intent that was committed, again and again', async () => {
    for (const lines of [1, 40, 150]) {
      const committed = dieAfter(lines);
      expect(committed).toBeGreaterThan(0);
      const opened = await openJournal(dir);
      expect(opened).toMatchObject({ ok: true, value: { damage: undefined } });
      if (opened.ok) expect(opened.value.nextSeq).toBeGreaterThan(committed);
    }
  });
});

describe.skipIf(!canTrace)('a journal and failing system calls (needs strace)', () => {
  it('never tries a failed fsync again: what follows is a new segment', async () => {
    const inject = 'inject=fdatasync:error=EIO:when=20';
    const log = join(temp.path, 'trace');
    const tracer = ['strace', '-f', '-o', log, '-e', 'trace=fdatasync,rename,ftruncate,truncate'];
    const committed = dieAfter(150, ...tracer, '-e', inject);
    const opened = await openJournal(dir);
    expect(opened).toMatchObject({ ok: true, value: { damage: undefined } });
    if (opened.ok) expect(opened.value.nextSeq).toBeGreaterThan(committed);
    const calls = fs.readFileSync(log, 'utf8').split('\n');
    const failed = calls.findIndex((call) => call.includes('EIO'));
    expect(failed).toBeGreaterThan(0);
    const next = calls.slice(failed + 1).find((call) => /fdatasync|rename\(/.test(call));
    expect(next).toContain('rename(');
  });
});

describe.skipIf(!canMount)('a journal and a full disk (needs mount)', () => {
  it('D5: commits no intent while the disk is full, and goes on by itself', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k,mode=0700', 'tmpfs', dir]);
    mounts.push(dir);
    const journal = createTestJournal({ dir, flushMs: 5, retryMs: 20 });
    await journal.start();
    journal.tell('before');
    expect((await journal.commitIntent()).ok).toBe(true);
    spawnSync('dd', ['if=/dev/zero', `of=${join(dir, 'fill')}`, 'bs=4k']);
    let refused = 0;
    for (let n = 0; n < 200; n += 1) {
      journal.tell('x'.repeat(200));
      if (!(await journal.commitIntent()).ok) refused += 1;
    }
    expect(refused).toBeGreaterThan(100);
    expect(journal.fault()?.type).toBe('NoSpace');
    const during = await openJournal(dir);
    expect(during).toMatchObject({ ok: true, value: { damage: undefined, tornTail: undefined } });
    fs.rmSync(join(dir, 'fill'));
    await waitFor('recovery', () => journal.fault() === undefined);
    const { seq } = journal.tell('after');
    expect((await journal.commitIntent()).ok).toBe(true);
    await journal.close();
    const opened = await openJournal(dir);
    expect(opened).toMatchObject({
      ok: true,
      value: { nextSeq: seq + 1, header: { checkpoint: { seq: seq - 1 } } },
    });
  });
});
