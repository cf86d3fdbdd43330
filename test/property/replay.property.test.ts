/** Journal framing: whatever happens to the bytes, nothing is read that was not written. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JournalItem } from '../../src/journal/journalItem.ts';
import { readJournal } from '../../src/journal/readJournal.ts';
import { goldenDir, openJournalAt } from '../support/golden.ts';
import { fcParams } from '../support/seed.ts';

const whole = readFileSync(join(goldenDir, 'restartLimit', '1.jsonl'));
const headerBytes = whole.indexOf('\n') + 1;
let dir: string;
let lines: readonly string[];
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sv-replay-'));
  lines = recordsOf(await read(whole));
});
afterAll(() => {
  rmSync(dir, { recursive: true });
});

async function read(bytes: Buffer, chunkBytes?: number): Promise<readonly JournalItem[]> {
  const path = join(dir, '1.jsonl');
  writeFileSync(path, bytes);
  const sources = await openJournalAt(path);
  const items: JournalItem[] = [];
  const options = chunkBytes === undefined ? {} : { chunkBytes };
  for await (const item of readJournal(sources, options)) items.push(item);
  return items;
}

function recordsOf(items: readonly JournalItem[]): readonly string[] {
  return items.flatMap((item) =>
    item.type === 'Records' ? item.records.map((record) => JSON.stringify(record)) : [],
  );
}

describe('safety: reading a journal', () => {
  it('gives the longest whole beginning for every cut', async () => {
    const cuts = fc.integer({ min: 1, max: whole.length });
    const chunks = fc.integer({ min: 1, max: 5_000 });
    await fc.assert(
      fc.asyncProperty(cuts, chunks, async (length, chunkBytes) => {
        const cut = whole.subarray(0, length);
        const items = await read(cut, chunkBytes);
        const wholeLines = Math.max(0, cut.toString('utf8').split('\n').length - 2);
        expect(recordsOf(items)).toEqual(lines.slice(0, wholeLines));
        const isAtEnd = whole[length - 1] === 0x0a;
        const last = items.at(-1)?.type;
        if (length < headerBytes) expect(last).toBe('Refused');
        else expect(last === 'TailTorn').toBe(!isAtEnd);
      }),
      fcParams(150),
    );
  });

  it('notices every flipped bit, and says where', async () => {
    const bits = fc.integer({ min: 0, max: whole.length * 8 - 1 });
    await fc.assert(
      fc.asyncProperty(bits, async (bit) => {
        const bytes = Buffer.from(whole);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const items = await read(bytes);
        const records = recordsOf(items);
        // Only events that were written, up to the damage.
        expect(records).toEqual(lines.slice(0, records.length));
        const line = whole
          .subarray(0, bit >> 3)
          .toString('latin1')
          .split('\n').length;
        const told = items.at(-1);
        const isTold = told?.type === 'Refused' || told?.type === 'TailTorn';
        expect(isTold).toBe(true);
        // A line break that is gone makes two lines one; one that is new makes one line two.
        if (isTold) expect(Math.abs(told.line - line)).toBeLessThanOrEqual(1);
      }),
      fcParams(300),
    );
  });
});
