import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeLine } from '../../src/journal/line.ts';
import { openJournal, type OpenedJournal } from '../../src/journal/openJournal.ts';
import { createTestJournal, settings } from '../support/journal.ts';
import { createTempDir, type TempDir } from '../support/tempDir.ts';
import { waitFor } from '../support/waitFor.ts';

let temp: TempDir;
let dir: string;
beforeEach(async () => {
  temp = await createTempDir('journal');
  dir = join(temp.path, 'journal');
});
afterEach(() => temp.remove());

const open = async (): Promise<OpenedJournal> => {
  const opened = await openJournal(dir);
  if (!opened.ok) throw new Error(opened.error.detail);
  return opened.value;
};
const seqs = ({ records }: OpenedJournal): readonly number[] => records.map(({ seq }) => seq);
const names = (): readonly string[] =>
  fs.readdirSync(dir).sort((a, b) => parseInt(a, 10) - parseInt(b, 10));
const linesOf = (name: string): readonly string[] =>
  fs.readFileSync(join(dir, name), 'utf8').split('\n').slice(0, -1);

/** A life of the agent: opens, starts a segment, tells, closes. */
async function live(events: readonly string[]): Promise<void> {
  const { nextSeq } = await open();
  const journal = createTestJournal({ dir }, nextSeq - 1);
  expect(await journal.start()).toEqual({ ok: true, value: undefined });
  events.forEach(journal.tell);
  expect((await journal.close()).ok).toBe(true);
}

describe('journal', () => {
  it('is empty before the first life, and private', async () => {
    expect(await open()).toMatchObject({ header: undefined, records: [], nextSeq: 1 });
    expect(fs.statSync(dir).mode & 0o7777).toBe(0o700);
    fs.chmodSync(dir, 0o755);
    await live(['a']);
    expect(fs.statSync(dir).mode & 0o7777).toBe(0o700);
    expect(fs.statSync(join(dir, '1.jsonl')).mode & 0o7777).toBe(0o600);
  });

  it('gives back what was told, after a header with checkpoint and settings', async () => {
    await live(['a', 'ü\u2028"\n']);
    const opened = await open();
    expect(opened.header).toMatchObject({
      format: 'supervene-journal',
      version: 1,
      supervene: '0.1.0',
      host: 'host-1',
      firstSeq: 1,
      settings: JSON.parse(JSON.stringify(settings)) as unknown,
      checkpoint: { seq: 0 },
    });
    expect(opened.records).toEqual([
      { seq: 1, atMs: 1000, event: { type: 'RetryRequested', app: 'web', by: 'a' } },
      { seq: 2, atMs: 1001, event: { type: 'RetryRequested', app: 'web', by: 'ü\u2028"\n' } },
    ]);
    expect([opened.nextSeq, opened.lastAtMs]).toEqual([3, 1001]);
    expect(Object.keys(JSON.parse(linesOf('1.jsonl')[1] ?? '') as object)).toEqual([
      'seq',
      'atMs',
      'event',
      'sum',
    ]);
  });

  it('begins a segment with each life, named after its first event', async () => {
    await live(['a', 'b']);
    await live([]);
    await live(['c']);
    expect(names()).toEqual(['1.jsonl', '3.jsonl']);
    const opened = await open();
    expect(opened.header).toMatchObject({ firstSeq: 3, checkpoint: { seq: 2 } });
    expect(seqs(opened)).toEqual([3]);
  });

  it('has an intent on disk when the commit resolves', async () => {
    const journal = createTestJournal({ dir, flushMs: 1e6 });
    fs.mkdirSync(dir);
    await journal.start();
    journal.tell('observed');
    journal.tell('intended');
    expect(await journal.commitIntent()).toEqual({ ok: true, value: undefined });
    expect(linesOf('1.jsonl')).toHaveLength(3);
    await journal.close();
  });

  it('writes observations by itself, in order', async () => {
    fs.mkdirSync(dir);
    const journal = createTestJournal({ dir, flushMs: 5 });
    await journal.start();
    for (let n = 0; n < 100; n += 1) journal.tell(String(n));
    await waitFor('the lines', () => linesOf('1.jsonl').length === 101);
    await journal.close();
    expect(seqs(await open())).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  });

  it('rotates at the size without a gap and keeps what may be kept', async () => {
    fs.mkdirSync(dir);
    const journal = createTestJournal({ dir, segmentBytes: 2_000, keepBytes: 6_000 });
    await journal.start();
    for (let n = 0; n < 200; n += 1) {
      journal.tell(`event ${String(n)}`);
      if (n % 3 === 0) expect((await journal.commitIntent()).ok).toBe(true);
    }
    await journal.close();
    const firsts = names().map((name) => parseInt(name, 10));
    expect(firsts.length).toBeGreaterThan(1);
    expect(firsts[0]).toBeGreaterThan(1);
    const bytes = names().reduce((sum, name) => sum + fs.statSync(join(dir, name)).size, 0);
    expect(bytes).toBeLessThan(8_500);
    // Each segment ends just before the next one begins.
    for (const [index, name] of names().slice(0, -1).entries()) {
      const last = JSON.parse(linesOf(name).at(-1) ?? '') as { seq: number };
      expect(last.seq + 1).toBe(firsts[index + 1]);
    }
    expect((await open()).nextSeq).toBe(201);
  });

  it('cuts off a torn end and goes on after it', async () => {
    await live(['a', 'b']);
    fs.appendFileSync(join(dir, '1.jsonl'), '{"seq":3,"atMs":1');
    const opened = await open();
    expect(opened.tornTail).toEqual({ segment: join(dir, '1.jsonl'), bytesCut: 17 });
    expect([opened.nextSeq, opened.damage]).toEqual([3, undefined]);
    expect((await open()).tornTail).toBeUndefined();
    fs.appendFileSync(join(dir, '1.jsonl'), '\0\0\0\n\0\n');
    expect((await open()).tornTail?.bytesCut).toBe(6);
  });

  it('finds a flipped bit in the middle, wherever it is', async () => {
    await live(['a', 'b', 'c']);
    const path = join(dir, '1.jsonl');
    const good = fs.readFileSync(path);
    const lines = linesOf('1.jsonl');
    const start = Buffer.byteLength(`${lines.slice(0, 2).join('\n')}\n`);
    const end = start + Buffer.byteLength(lines[2] ?? '');
    for (let at = start; at < end; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const bad = Buffer.from(good);
        bad.writeUInt8(bad.readUInt8(at) ^ (1 << bit), at);
        fs.writeFileSync(path, bad);
        const opened = await open();
        // A flip in the name of the checksum leaves the event as it was.
        if (seqs(opened).length === 3) expect(opened.records[1]?.event).toMatchObject({ by: 'b' });
        else expect(opened).toMatchObject({ damage: { segment: path, line: 3 }, nextSeq: 4 });
      }
    }
    fs.writeFileSync(path, good);
    expect(seqs(await open())).toEqual([1, 2, 3]);
  });

  it('reports a damaged header, a gap and a newer format with their place', async () => {
    await live(['a', 'b', 'c']);
    const path = join(dir, '1.jsonl');
    const [header = '', ...rest] = linesOf('1.jsonl');
    const put = (lines: readonly string[]): void => {
      fs.writeFileSync(path, `${lines.join('\n')}\n`);
    };
    put([header.replace('host-1', 'host-2'), ...rest]);
    expect(await open()).toMatchObject({ damage: { line: 1 }, records: [], nextSeq: 4 });
    put([header, rest[0] ?? '', rest[2] ?? '']);
    expect(await open()).toMatchObject({ damage: { line: 3 }, nextSeq: 4 });
    put([header.replace('"version":1', '"version":2').replace(/,"sum".*$/, '}'), ...rest]);
    const { damage } = await open();
    expect(damage?.detail).toContain('format version 2');
  });

  it('takes an event of a later version for damage, also at the end, and cuts nothing off', async () => {
    await live(['a', 'b']);
    const path = join(dir, '1.jsonl');
    fs.appendFileSync(
      path,
      encodeLine({ seq: 3, atMs: 9, event: { type: 'FromLater', app: 'x' } }),
    );
    const before = fs.readFileSync(path);
    const opened = await open();
    expect(seqs(opened)).toEqual([1, 2]);
    expect(opened).toMatchObject({ damage: { segment: path, line: 4 }, nextSeq: 4 });
    expect(opened.damage?.detail).toMatch(/^events of type FromLater are not known/);
    expect(fs.readFileSync(path)).toEqual(before);
  });

  it('never gives a new segment the name of a damaged one', async () => {
    await live(['a', 'b', 'c']);
    const path = join(dir, '1.jsonl');
    fs.writeFileSync(path, fs.readFileSync(path, 'utf8').replace('"by":"b"', '"by":"x"'));
    const before = fs.readFileSync(path);
    await live(['d']);
    expect(fs.readFileSync(path)).toEqual(before);
    expect(names()).toEqual(['1.jsonl', '4.jsonl']);
    expect(seqs(await open())).toEqual([4]);
  });

  it('says so while it cannot write, and recovers by itself from a fresh checkpoint', async () => {
    fs.mkdirSync(dir);
    const journal = createTestJournal({ dir, flushMs: 5, retryMs: 5 });
    await journal.start();
    journal.tell('a');
    await journal.commitIntent();
    // The next segment would be needed for this many; and nothing can be made here any more.
    fs.renameSync(dir, `${dir}.away`);
    const full = createTestJournal({ dir, flushMs: 5, retryMs: 5 });
    expect((await full.start()).ok).toBe(false);
    full.tell('lost on disk, not in memory');
    expect((await full.commitIntent()).ok).toBe(false);
    expect(full.fault()?.detail).toContain('ENOENT');
    fs.mkdirSync(dir);
    await waitFor('recovery', () => full.fault() === undefined);
    full.tell('c');
    expect((await full.commitIntent()).ok).toBe(true);
    expect(full.faults.map((fault) => fault?.type)).toEqual(['Failed', undefined]);
    await full.close();
    await journal.close();
    const opened = await open();
    expect(opened.header?.checkpoint).toEqual({ seq: 1 });
    expect(seqs(opened)).toEqual([2]);
  });

  it('does not write again what the checkpoint of a recovery contains', async () => {
    const journal = createTestJournal({ dir, flushMs: 1e6, retryMs: 1e6 });
    expect((await journal.start()).ok).toBe(false);
    journal.tell('a');
    journal.tell('b');
    fs.mkdirSync(dir);
    expect((await journal.commitIntent()).ok).toBe(true);
    journal.tell('c');
    await journal.close();
    const opened = await open();
    expect([opened.header?.checkpoint, seqs(opened)]).toEqual([{ seq: 2 }, [3]]);
  });

  it('refuses to write over events that are there', async () => {
    await live(['a', 'b']);
    const before = fs.readFileSync(join(dir, '1.jsonl'));
    const journal = createTestJournal({ dir, retryMs: 1e6 }, 0);
    expect(await journal.start()).toMatchObject({ ok: false, error: { type: 'Failed' } });
    await journal.close();
    expect(fs.readFileSync(join(dir, '1.jsonl'))).toEqual(before);
  });

  it('keeps a segment whose header is damaged, also when nothing else is in it', async () => {
    await live([]);
    fs.writeFileSync(join(dir, '1.jsonl'), 'garbage\n');
    await live(['a']);
    expect(names()).toEqual(['1.jsonl', '2.jsonl']);
  });
});
