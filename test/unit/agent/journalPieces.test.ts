/** What `GET /journal` gives: a list of segments, and copies of them without secrets. */
import { appendFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CopyReply, JournalCopy } from '../../../src/agent/journalCopies.ts';
import { createJournalReader, journalPieceMaxBytes } from '../../../src/agent/journalPieces.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

let dir: TempDir;
let copies: Map<string, JournalCopy>;
let later: (() => Promise<CopyReply>) | undefined;
let opened: string[];
let read: (query?: string) => Promise<{
  status: number;
  text: string;
  length: string | undefined;
  sizes: string | undefined;
}>;
beforeEach(async () => {
  dir = await createTempDir('pieces');
  copies = new Map();
  later = undefined;
  opened = [];
  const reader = createJournalReader({
    journalDir: dir.path,
    last: () => ({ seq: 42, atMs: 4_200 }),
    copies: {
      open: (segments, sizes) => {
        opened.push(`${segments.join()} of ${sizes}`);
        const copy = copies.get(segments.join());
        return later?.() ?? Promise.resolve(copy ? { type: 'Copy', copy } : { type: 'Gone' });
      },
      kept: (segments, sizes) => {
        const copy = copies.get(segments.join());
        return copy?.sizes === sizes ? copy : undefined;
      },
    },
  });
  read = async (query = '') => {
    const { status, body, headers } = await reader(new URLSearchParams(query));
    const text = Buffer.from(body).toString('latin1');
    const { 'x-journal-length': length, 'x-journal-sizes': sizes } = headers ?? {};
    return { status, text, length, sizes };
  };
});
afterEach(async () => dir.remove());

const header = (atMs: number): string => `{"format":"supervene-journal","atMs":${String(atMs)}}\n`;
const write = (name: string, text: string): void => writeFileSync(join(dir.path, name), text);

describe('createJournalReader', () => {
  it('lists the segments, oldest first, with their times, and the newest event', async () => {
    write('10.jsonl', header(1_000));
    write('9.jsonl', header(900));
    write('lock', 'no segment');
    write('010.jsonl', header(1));
    const { status, text } = await read();
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      segments: [
        { firstSeq: 9, sizeBytes: header(900).length, atMs: 900 },
        { firstSeq: 10, sizeBytes: header(1_000).length, atMs: 1_000 },
      ],
      last: { seq: 42, atMs: 4_200 },
    });
  });

  it('follows what is written and what is removed', async () => {
    write('1.jsonl', header(1));
    write('9.jsonl', header(9));
    await read();
    unlinkSync(join(dir.path, '1.jsonl'));
    appendFileSync(join(dir.path, '9.jsonl'), 'more\n');
    const { segments } = JSON.parse((await read()).text) as { segments: unknown[] };
    expect(segments).toEqual([{ firstSeq: 9, sizeBytes: header(9).length + 5, atMs: 9 }]);
  });

  it('gives a copy, a piece at a time, and not the one that is known already', async () => {
    write('7.jsonl', 'secret');
    write('9.jsonl', 'secrets');
    copies.set('7,9', { bytes: Buffer.from('0123456789'), sizes: '6,7' });
    const all = { status: 200, length: '10', sizes: '6,7' };
    expect(await read('segments=7,9')).toEqual({ ...all, text: '0123456789' });
    expect(opened).toEqual(['7,9 of 6,7']);
    expect(await read('segments=7,9&sizes=6,7&offset=4')).toEqual({ ...all, text: '456789' });
    expect(await read('segments=7,9&sizes=6,7&offset=99')).toMatchObject({ text: '' });
    expect(await read('segments=7,9&not=6,7')).toEqual({ ...all, text: '' });
    expect(await read('segments=7,9&not=6,6')).toEqual({ ...all, text: '0123456789' });
    expect((await read('segments=7,9&sizes=6,8&offset=4')).status).toBe(410);
  });

  it('gives 4 MiB at once and no more', async () => {
    write('1.jsonl', 'x');
    copies.set('1', { bytes: Buffer.alloc(journalPieceMaxBytes + 10, 'x'), sizes: '1' });
    expect((await read('segments=1')).text).toHaveLength(4 * 1024 * 1024);
    expect((await read('segments=1&sizes=1&offset=4194304')).text).toHaveLength(10);
  });

  it('says when it has to be asked again, and why there is none', async () => {
    write('1.jsonl', 'x');
    later = () => Promise.resolve({ type: 'Later' });
    expect((await read('segments=1')).status).toBe(202);
    later = () => Promise.resolve({ type: 'Failed', detail: 'it is too large' });
    expect(await read('segments=1')).toMatchObject({
      status: 503,
      text: expect.stringContaining('too large') as string,
    });
    later = undefined;
    expect((await read('segments=1')).status).toBe(404);
  });

  it.each(['', 'x', '-1', '1.5', '01', '../1', '1.jsonl', '9'.repeat(16), '1%00', '1,2,3', '1,'])(
    'refuses segments called %j',
    async (name) => {
      write('1.jsonl', 'secret');
      const reply = await read(`segments=${name}`);
      expect(reply.status).toBe(400);
      expect(reply.text).not.toContain('secret');
      expect(opened).toEqual([]);
    },
  );

  it.each(['segments=1&offset=-1', 'segments=1&offset=x', 'segments=1&offset='])(
    'refuses %s',
    async (query) => {
      write('1.jsonl', 'secret');
      expect((await read(query)).status).toBe(400);
    },
  );

  it('gives no bytes of a segment as they are', async () => {
    write('1.jsonl', `${header(1)}secret\n`);
    for (const query of ['', 'segment=1', 'segment=1&offset=0&length=99', 'segments=1']) {
      expect((await read(query)).text).not.toContain('secret');
    }
  });

  it('answers eight at once, and refuses the ninth until one is done', async () => {
    write('1.jsonl', 'x');
    let done = (): void => undefined;
    const waits = new Promise<void>((resolve) => (done = resolve));
    later = () => waits.then(() => ({ type: 'Later' }));
    const asked = Array.from({ length: 9 }, () => read('segments=1'));
    expect((await asked[8])?.status).toBe(503);
    done();
    expect((await Promise.all(asked.slice(0, 8))).map(({ status }) => status)).toEqual(
      Array.from({ length: 8 }, () => 202),
    );
    expect((await read('segments=1')).status).toBe(202);
  });
});
