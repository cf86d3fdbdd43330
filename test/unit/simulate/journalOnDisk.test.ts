/** What crashes on the model disk once took from the real journal. */
import { describe, expect, it } from 'vitest';
import { createJournalWriter } from '../../../src/journal/journalWriter.ts';
import { openJournal, type OpenedJournal } from '../../../src/journal/openJournal.ts';
import { encodeHeader } from '../../../src/journal/segment.ts';
import { createRng } from '../../../src/simulate/kernel/rng.ts';
import { event, settings } from '../../support/journal.ts';
import { createSimulatedDisk, type Life } from '../../support/simulatedDisk.ts';

const dir = '/var/lib/supervene';

type Disk = ReturnType<typeof createSimulatedDisk>;

function prepare(): Disk {
  const disk = createSimulatedDisk();
  disk.model.mkdir('/var/lib', 0o755);
  disk.model.syncAll();
  return disk;
}

/** A life that begins with a checkpoint of `seq`. */
function writerOf(disk: Disk, life: Life, seq: () => number) {
  return createJournalWriter(
    {
      nowMs: disk.kernel.now,
      scheduler: life.scheduler,
      getCheckpoint: () => ({ seq: seq(), state: { seq: seq() } }),
      getSettings: () => settings,
      files: life.files,
    },
    { dir, version: '0.1.0', host: 'host-1' },
  );
}

async function open(disk: Disk): Promise<OpenedJournal> {
  const life = disk.beginLife();
  const opened = await disk.settle(life, openJournal(dir, life.files.fileSystem));
  life.end();
  if (opened?.ok !== true) throw new Error(opened?.error.detail);
  return opened.value;
}

/** Opens the journal and writes events 1 to `count`, each committed. */
async function write(disk: Disk, count: number): Promise<void> {
  await open(disk);
  const life = disk.beginLife();
  let seq = 0;
  const writer = writerOf(disk, life, () => seq);
  await disk.settle(life, writer.start());
  while (seq < count) {
    writer.append({ seq: seq + 1, atMs: 1_000, event: event(String(seq + 1)) });
    seq++;
    expect(await disk.settle(life, writer.commitIntent())).toEqual({ ok: true, value: undefined });
  }
  life.end();
}

describe('a journal on a disk', () => {
  it('outlives a power cut in a directory that was made a moment ago', async () => {
    for (let seed = 0; seed < 30; seed++) {
      const disk = prepare();
      await write(disk, 2);
      disk.model.crash(createRng(String(seed)));
      expect((await open(disk)).records.map(({ seq }) => seq)).toEqual([1, 2]);
    }
  });

  it('keeps a checkpoint when the segment that would replace it fails', async () => {
    const disk = prepare();
    await open(disk);
    for (const isFailing of [false, true]) {
      const life = disk.beginLife();
      // The directory can be written, but not opened to make it durable.
      if (isFailing) disk.faults.fail({ types: ['open'], errno: 'EMFILE', after: 1 });
      const started = await disk.settle(life, writerOf(disk, life, () => 3).start());
      expect(started?.ok).toBe(!isFailing);
      life.end();
    }
    expect((await open(disk)).header?.checkpoint).toEqual({ seq: 3 });
  });

  it('never counts on a line whose fsync failed once', async () => {
    for (let seed = 0; seed < 30; seed++) {
      const disk = prepare();
      await open(disk);
      const life = disk.beginLife();
      let seq = 0;
      const writer = writerOf(disk, life, () => seq);
      await disk.settle(life, writer.start());
      disk.faults.fail({ types: ['datasync'], errno: 'EIO' });
      let committedSeq = 0;
      while (seq < 3) {
        writer.append({ seq: seq + 1, atMs: 1_000, event: event(String(seq + 1)) });
        seq++;
        const result = await disk.settle(life, writer.commitIntent());
        if (result?.ok === true) committedSeq = seq;
      }
      life.end();
      disk.model.crash(createRng(String(seed)));
      expect(committedSeq).toBe(3);
      const { header, records, damage } = await open(disk);
      expect(damage).toBe(undefined);
      expect((header?.firstSeq ?? 0) + records.length).toBe(4);
    }
  });

  it('goes by the longer story when a segment that was taken back is still there', async () => {
    const disk = prepare();
    await write(disk, 4);
    const header = {
      format: 'supervene-journal',
      version: 1,
      supervene: '0.1.0',
      host: 'host-1',
      firstSeq: 3,
      atMs: 1_000,
      settings,
      checkpoint: { seq: 2 },
    } as const;
    disk.model.writeFile(`${dir}/3.jsonl`, encodeHeader(header));
    const { records, nextSeq, damage } = await open(disk);
    expect([records.length, nextSeq, damage]).toEqual([4, 5, undefined]);
    expect(disk.model.readdir(dir)).toEqual(['1.jsonl']);
  });
});
