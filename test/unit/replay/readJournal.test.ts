/** Reading a journal: what may be wrong with its files, and what is said of it. */
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type JournalItem } from '../../../src/journal/journalItem.ts';
import { findJournal } from '../../../src/journal/journalSources.ts';
import { encodeLine } from '../../../src/journal/line.ts';
import { encodeHeader, segmentPath } from '../../../src/journal/segment.ts';
import { eventUpcast, formatVersion, upcastHeader, upcasts } from '../../../src/journal/upcast.ts';
import { itemsOf } from '../../support/golden.ts';
import { event, settings } from '../../support/journal.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

let temp: TempDir;
beforeEach(async () => {
  temp = await createTempDir('read');
});
afterEach(() => temp.remove());

const recordLine = (seq: number): string =>
  encodeLine({ seq, atMs: 1_000 + seq, event: event(`seq ${String(seq)}`) });

function writeSegment(firstSeq: number, lastSeq: number, more: object = {}): string {
  const header = {
    format: 'supervene-journal',
    version: 1,
    supervene: '0.1.0',
    host: 'web1',
    firstSeq,
    atMs: 1_000,
    settings,
    checkpoint: { seq: firstSeq - 1 },
    ...more,
  } as const;
  let text = encodeHeader(header as Parameters<typeof encodeHeader>[0]);
  for (let seq = firstSeq; seq <= lastSeq; seq += 1) text += recordLine(seq);
  const path = segmentPath(temp.path, firstSeq);
  writeFileSync(path, text);
  return path;
}

function seqsOf(items: readonly JournalItem[]): readonly number[] {
  return items.flatMap((item) =>
    item.type === 'Records' ? item.records.map(({ seq }) => seq) : [],
  );
}

const refusalOf = (items: readonly JournalItem[]) => items.find(({ type }) => type === 'Refused');

describe('a journal', () => {
  it('is read from a directory, from segments in any order, and from one alone', async () => {
    const first = writeSegment(1, 3);
    const second = writeSegment(4, 5);
    expect(seqsOf(await itemsOf(temp.path))).toEqual([1, 2, 3, 4, 5]);
    expect(seqsOf(await itemsOf(second, first))).toEqual([1, 2, 3, 4, 5]);
    expect(seqsOf(await itemsOf(second))).toEqual([4, 5]);
  });

  it('whose end is torn gives what stands before it, and says so', async () => {
    const path = writeSegment(1, 3);
    appendFileSync(path, '{"seq":4,"atM');
    const items = await itemsOf(path);
    expect(seqsOf(items)).toEqual([1, 2, 3]);
    expect(items.at(-1)).toEqual({ type: 'TailTorn', place: path, line: 5, bytes: 13 });
  });

  it('with an event of a later version is refused with its place', async () => {
    const path = writeSegment(1, 2);
    appendFileSync(path, encodeLine({ seq: 3, atMs: 2_000, event: { type: 'FromLater' } }));
    const items = await itemsOf(path);
    expect(seqsOf(items)).toEqual([1, 2]);
    const detail =
      'events of type FromLater are not known to this supervene: a later version wrote it';
    expect(refusalOf(items)).toEqual({ type: 'Refused', place: path, line: 4, detail });
  });

  it('that is damaged in the middle is refused with its place', async () => {
    const path = writeSegment(1, 5);
    const lines = readFileSync(path, 'utf8').split('\n');
    lines[2] = lines[2]?.replace('seq 2', 'seq 7') ?? '';
    writeFileSync(path, lines.join('\n'));
    const items = await itemsOf(path);
    expect(seqsOf(items)).toEqual([1]);
    expect(refusalOf(items)).toEqual({
      type: 'Refused',
      place: path,
      line: 3,
      detail: 'its checksum does not match',
    });
  });

  it('that lacks a segment is refused, and names what is missing', async () => {
    writeSegment(1, 3);
    rmSync(writeSegment(4, 6));
    writeSegment(7, 8);
    const items = await itemsOf(temp.path);
    expect(seqsOf(items)).toEqual([1, 2, 3]);
    expect(refusalOf(items)).toMatchObject({ detail: 'events 4 to 6 are missing before it' });
  });

  it('with a gap that the disk made goes on behind it', async () => {
    writeSegment(1, 3);
    writeSegment(7, 8, { lostFrom: 3 });
    const items = await itemsOf(temp.path);
    expect(seqsOf(items)).toEqual([1, 2, 3, 7, 8]);
    expect(
      items.find((item) => item.type === 'SegmentBegan' && item.gap !== undefined),
    ).toMatchObject({ gap: { fromSeq: 4, toSeq: 6 } });
  });

  it('with more missing than the disk took is refused all the same', async () => {
    writeSegment(1, 3);
    writeSegment(9, 9, { lostFrom: 6 });
    expect(refusalOf(await itemsOf(temp.path))).toMatchObject({
      detail: 'events 4 to 8 are missing before it',
    });
  });

  it('of a later version is refused, and both versions are named', async () => {
    const path = writeSegment(1, 1, { version: 2 });
    expect(refusalOf(await itemsOf(path))).toMatchObject({
      place: path,
      line: 1,
      detail: 'format version 2 is not known to this supervene, which reads up to 1',
    });
  });

  it('that is something else entirely is refused', async () => {
    const path = join(temp.path, 'notes.txt');
    writeFileSync(path, 'dear diary\n');
    expect(refusalOf(await itemsOf(path))).toMatchObject({ line: 1, detail: 'it is not JSON' });
    writeFileSync(path, '');
    expect(refusalOf(await itemsOf(path))).toMatchObject({ detail: 'it is empty' });
  });

  it('that is not there is named', async () => {
    const missing = join(temp.path, 'nowhere');
    expect(await findJournal([missing])).toEqual({
      ok: false,
      error: `cannot read ${missing}: it does not exist (ENOENT)`,
    });
    expect(await findJournal([temp.path])).toMatchObject({
      error: `${temp.path} has no segments of a journal`,
    });
  });
});

describe('upcasting', () => {
  const steps = [
    {
      from: 1,
      header: (fields: ReadonlyMap<string, unknown>) => new Map([...fields, ['b', 1]]),
      event: (old: unknown) => ({ ...Object(old), b: 1 }),
    },
    {
      from: 2,
      header: (fields: ReadonlyMap<string, unknown>) =>
        new Map([...fields, ['c', fields.get('b')]]),
      event: (old: unknown) => ({ ...Object(old), c: Object(old).b }),
    },
  ];

  it('has one step for each version before the present one', () => {
    expect(upcasts.map(({ from }) => from)).toEqual(
      Array.from({ length: formatVersion - 1 }, (_, index) => index + 1),
    );
  });

  it('takes the steps from the version of the segment on, in order', () => {
    const raised = upcastHeader(new Map([['version', 1]]), steps);
    expect(raised.ok && Object.fromEntries(raised.value)).toEqual({ version: 3, b: 1, c: 1 });
    expect(eventUpcast(1, steps)?.({ type: 'X' })).toEqual({ type: 'X', b: 1, c: 1 });
    expect(eventUpcast(2, steps)?.({ type: 'X', b: 5 })).toEqual({ type: 'X', b: 5, c: 5 });
    expect(eventUpcast(3, steps)).toBeUndefined();
  });

  it.each([0, 1.5, '1', undefined, 99])('knows no version %s', (version) => {
    expect(upcastHeader(new Map([['version', version]]), steps).ok).toBe(false);
  });
});
