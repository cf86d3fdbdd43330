/** What `GET /journal` gives of the files in `journal.dir`, and of which it gives nothing. */
import { appendFileSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createJournalReader, journalPieceMaxBytes } from '../../../src/agent/journalPieces.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

let dir: TempDir;
let read: (query?: string) => Promise<{ status: number; text: string; size: string | undefined }>;
beforeEach(async () => {
  dir = await createTempDir('pieces');
  const reader = createJournalReader({
    journalDir: dir.path,
    last: () => ({ seq: 42, atMs: 4_200 }),
  });
  read = async (query = '') => {
    const { status, body, headers } = await reader(new URLSearchParams(query));
    return {
      status,
      text: Buffer.from(body).toString('latin1'),
      size: headers?.['x-journal-size'],
    };
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

  it('gives the bytes that were asked for, as many as there are', async () => {
    write('7.jsonl', '0123456789');
    expect(await read('segment=7')).toEqual({ status: 200, text: '0123456789', size: '10' });
    expect(await read('segment=7&offset=3&length=4')).toMatchObject({ text: '3456', size: '10' });
    expect(await read('segment=7&offset=8&length=99')).toMatchObject({ text: '89' });
    expect(await read('segment=7&offset=99')).toMatchObject({ status: 200, text: '', size: '10' });
  });

  it('gives 4 MiB at once and no more', async () => {
    write('1.jsonl', 'x'.repeat(journalPieceMaxBytes + 10));
    expect((await read('segment=1')).text).toHaveLength(4 * 1024 * 1024);
    expect((await read('segment=1&length=999999999')).text).toHaveLength(4 * 1024 * 1024);
  });

  it.each(['', 'x', '-1', '1.5', '01', '../1', '1.jsonl', '9'.repeat(16), '1%00'])(
    'refuses a segment called %j',
    async (name) => {
      write('1.jsonl', 'secret');
      const reply = await read(`segment=${name}`);
      expect(reply.status).toBe(400);
      expect(reply.text).not.toContain('secret');
    },
  );

  it.each(['segment=1&offset=-1', 'segment=1&length=x', 'segment=1&offset='])(
    'refuses %s',
    async (query) => {
      write('1.jsonl', 'secret');
      expect((await read(query)).status).toBe(400);
    },
  );

  it('gives nothing of links and folders, and says what is gone', async () => {
    write('elsewhere', 'secret');
    symlinkSync(join(dir.path, 'elsewhere'), join(dir.path, '1.jsonl'));
    mkdirSync(join(dir.path, '2.jsonl'));
    for (const query of ['segment=1', 'segment=2', 'segment=3']) {
      const reply = await read(query);
      expect(reply.status).toBeGreaterThanOrEqual(404);
      expect(reply.text).not.toContain('secret');
    }
    expect((await read('segment=3')).status).toBe(404);
  });

  it('answers four at once, and refuses the fifth until one is done', async () => {
    write('1.jsonl', 'x');
    const replies = await Promise.all(Array.from({ length: 5 }, () => read('segment=1')));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 503]);
    expect((await read('segment=1')).status).toBe(200);
  });
});
