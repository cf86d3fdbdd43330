import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FoldJob } from '../../../../src/console/server/time/foldTalk.ts';
import {
  createFoldThread,
  type FoldThread,
  usualFoldOptions,
} from '../../../../src/console/server/time/foldThread.ts';

/** Answers with what it did so far, when it is told to. */
const workerText = `
import { parentPort } from 'node:worker_threads';
const done = [];
parentPort.on('message', ({ key }) => {
  done.push(key);
  if (key !== 'never') parentPort.postMessage({ type: 'Forgotten', done: [...done] });
});
`;

let dir: string;
let thread: FoldThread;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sv-fold-'));
  const path = join(dir, 'worker.mjs');
  writeFileSync(path, workerText);
  thread = createFoldThread({
    ...{ ...usualFoldOptions, jobMaxMs: 4_000, jobsMax: 3 },
    url: pathToFileURL(path),
  });
});
afterEach(async () => {
  await thread.close();
  rmSync(dir, { recursive: true });
});

const job = (key: string): FoldJob => ({ type: 'Fold', key, compressed: new Uint8Array() });

describe('the thread that folds journals', () => {
  it('does not do what nobody waits for any more', async () => {
    const gone = new AbortController();
    const first = thread.run(job('a'));
    const second = thread.run(job('b'), gone.signal);
    gone.abort();
    const third = thread.run(job('c'));
    expect(await first).toMatchObject({ ok: true });
    expect(await second).toMatchObject({ ok: false });
    expect(await third).toMatchObject({ ok: true, value: { done: ['a', 'c'] } });
  });

  it('has places for so many, and those of who went away are free', async () => {
    const gone = new AbortController();
    const all = [thread.run(job('a')), thread.run(job('b'), gone.signal), thread.run(job('c'))];
    expect(await thread.run(job('d'))).toMatchObject({ error: { isTooMuch: false } });
    gone.abort();
    expect(await thread.run(job('e'))).toMatchObject({ ok: true });
    await Promise.all(all);
  });

  it('gives up what takes too long, says so, and goes on', async () => {
    const never = thread.run(job('never'));
    const next = thread.run(job('a'));
    expect(await never).toMatchObject({ error: { isTooMuch: true } });
    expect(await next).toMatchObject({ ok: true, value: { done: ['a'] } });
  });
});
