import * as fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openJournal } from '../../src/journal/openJournal.ts';
import { createTestJournal } from '../support/journal.ts';
import { fcParams } from '../support/seed.ts';
import { createTempDir, type TempDir } from '../support/tempDir.ts';

let temp: TempDir;
beforeAll(async () => {
  temp = await createTempDir('journal');
});
afterAll(() => temp.remove());

let made = 0;
/** A journal of two lives in a directory of its own, and how long its newest segment is. */
async function createJournal(first: readonly string[], second: readonly string[]) {
  made += 1;
  const dir = join(temp.path, String(made));
  fs.mkdirSync(dir);
  for (const [events, startSeq] of [
    [first, 0],
    [second, first.length],
  ] as const) {
    const journal = createTestJournal({ dir }, startSeq);
    await journal.start();
    events.forEach(journal.tell);
    await journal.close();
  }
  const path = join(dir, `${String(first.length + 1)}.jsonl`);
  return { dir, path, bytes: fs.readFileSync(path) };
}

const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), {
  minLength: 1,
  maxLength: 6,
});

describe('safety: a crash loses nothing that was on disk', () => {
  it('gives back the longest valid prefix for every cut', async () => {
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
    const property = fc.asyncProperty(texts, texts, cuts, async (first, second, shares) => {
      const { dir, path, bytes } = await createJournal(first, second);
      const headerBytes = bytes.indexOf(0x0a) + 1;
      // The ends are where mistakes are made; what is removed stays removed, so longest first.
      const marks = [bytes.length, bytes.length - 1, headerBytes, headerBytes - 1, 1, 0];
      const lengths = [...shares.map((share) => Math.floor(share * bytes.length)), ...marks];
      for (const length of lengths.sort((a, b) => b - a)) {
        fs.writeFileSync(path, bytes.subarray(0, length));
        const opened = await openJournal(dir);
        if (!opened.ok) throw new Error(opened.error.detail);
        const { records, nextSeq, damage } = opened.value;
        expect(damage).toBeUndefined();
        const wholeLines = bytes.subarray(0, length).filter((byte) => byte === 0x0a).length;
        const expected = wholeLines === 0 ? first : second.slice(0, wholeLines - 1);
        expect(records.map(({ event }) => 'by' in event && event.by)).toEqual(expected);
        expect(nextSeq).toBe(first.length + 1 + Math.max(0, wholeLines - 1));
      }
      fs.rmSync(dir, { recursive: true });
    });
    await fc.assert(property, fcParams(40));
  });

  it('never takes garbage for an event, and never fails on it', async () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    });
    const property = fc.asyncProperty(
      texts,
      texts,
      change,
      async (first, second, { at, bytes }) => {
        const journal = await createJournal(first, second);
        const bad = Buffer.from(journal.bytes);
        bad.set(bytes.subarray(0, bad.length), Math.floor(at * (bad.length - bytes.length)));
        fs.writeFileSync(journal.path, bad);
        const opened = await openJournal(journal.dir);
        if (!opened.ok) throw new Error(opened.error.detail);
        const told = opened.value.records.map(({ event }) => 'by' in event && event.by);
        const isOfFirst = opened.value.header?.firstSeq === 1;
        expect(told).toEqual((isOfFirst ? first : second).slice(0, told.length));
        fs.rmSync(journal.dir, { recursive: true });
      },
    );
    await fc.assert(property, fcParams(50));
  });
});
