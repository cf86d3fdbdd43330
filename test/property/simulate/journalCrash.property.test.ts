/** The real journal over the model file system: what was committed outlives every power cut. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJournalWriter } from '../../../src/journal/journalWriter.ts';
import { openJournal, type OpenedJournal } from '../../../src/journal/openJournal.ts';
import { createRng, type Rng } from '../../../src/simulate/kernel/rng.ts';
import { event, settings } from '../../support/journal.ts';
import { fcParams } from '../../support/seed.ts';
import { createSimulatedDisk, type CrashPlan, type Life } from '../../support/simulatedDisk.ts';

const dir = '/var/lib/supervene';

type Disk = ReturnType<typeof createSimulatedDisk>;

function prepare(): Disk {
  const disk = createSimulatedDisk();
  disk.model.mkdir('/var/lib', 0o755);
  disk.model.syncAll();
  return disk;
}

/** What is expected of the journal so far. */
interface Ledger {
  /** The last event that a resolved `commitIntent` covers. */
  committedSeq: number;
  /** The last event that was appended under this number is what must be read back. */
  readonly textsBySeq: Map<number, string>;
}

const textOf = (seq: number, lifeNumber: number, length: number): string =>
  `${String(lifeNumber)}-${String(seq)}-`.padEnd(length, 'x');

/** Opens, checks, and returns where the next life goes on. */
async function reopen(disk: Disk, ledger: Ledger): Promise<number> {
  const life = disk.beginLife();
  const opened = await disk.settle(life, openJournal(dir, life.files.fileSystem));
  if (opened?.ok !== true) throw new Error(opened?.error.detail ?? 'openJournal did not settle');
  life.end();
  return checkOpened(opened.value, ledger);
}

function checkOpened(opened: OpenedJournal, ledger: Ledger): number {
  const { header, records, nextSeq } = opened;
  const firstSeq = header?.firstSeq ?? 1;
  expect(records.map(({ seq }) => seq)).toEqual(records.map((_record, index) => firstSeq + index));
  for (const { seq, event: read } of records) {
    expect(read).toEqual(event(ledger.textsBySeq.get(seq) ?? 'never appended'));
  }
  expect(firstSeq + records.length - 1).toBeGreaterThanOrEqual(ledger.committedSeq);
  expect(nextSeq).toBeGreaterThan(firstSeq + records.length - 1);
  return nextSeq;
}

interface Story {
  readonly steps: readonly ('Append' | 'Commit' | 'Wait')[];
  readonly textLength: number;
}

async function tell(
  disk: Disk,
  life: Life,
  ledger: Ledger,
  fromSeq: number,
  lifeNumber: number,
  { steps, textLength }: Story,
): Promise<void> {
  let seq = fromSeq - 1;
  const writer = createJournalWriter(
    {
      nowMs: disk.kernel.now,
      scheduler: life.scheduler,
      getCheckpoint: () => ({ seq, state: { seq } }),
      getSettings: () => settings,
      files: life.files,
    },
    { dir, version: '0.1.0', host: 'host-1', segmentBytes: 4_000, keepBytes: 12_000 },
  );
  await disk.settle(life, writer.start());
  for (const step of steps) {
    if (life.isOver()) return;
    if (step === 'Append') {
      const text = textOf(seq + 1, lifeNumber, textLength);
      ledger.textsBySeq.set(seq + 1, text);
      writer.append({ seq: seq + 1, atMs: disk.kernel.now(), event: event(text) });
      seq++;
    } else if (step === 'Wait') {
      await disk.kernel.run(disk.kernel.now() + 120);
    } else {
      const result = await disk.settle(life, writer.commitIntent());
      if (result?.ok === true) ledger.committedSeq = seq;
    }
  }
}

const story = fc.record({
  steps: fc.array(
    fc.constantFrom('Append' as const, 'Append' as const, 'Commit' as const, 'Wait' as const),
    { minLength: 4, maxLength: 40 },
  ),
  textLength: fc.constantFrom(5, 300, 3_000),
});
const ending = fc.record({
  atCall: fc.nat(60),
  when: fc.constantFrom('before' as const, 'after' as const),
  how: fc.constantFrom('Kill' as const, 'PowerCut' as const, 'PowerCut' as const),
});
const fault = fc.record({
  types: fc
    .constantFrom('open', 'write', 'sync', 'datasync', 'rename', 'unlink', 'truncate')
    .map((type) => [type as 'open']),
  errno: fc.constantFrom('EIO', 'ENOSPC', 'EROFS'),
  after: fc.nat(15),
  times: fc.integer({ min: 1, max: 3 }),
});

async function liveThrough(
  lives: readonly (readonly [Story, Omit<CrashPlan, 'rng'>])[],
  faults: readonly Parameters<Disk['faults']['fail']>[0][],
  rng: Rng,
  writes: Disk['faults']['writes'] = 'whole',
): Promise<void> {
  const disk = prepare();
  const ledger: Ledger = { committedSeq: 0, textsBySeq: new Map() };
  for (const [lifeNumber, [told, end]] of lives.entries()) {
    const fromSeq = await reopen(disk, ledger);
    for (const one of faults) disk.faults.fail(one);
    disk.faults.writes = writes;
    const life = disk.beginLife({ ...end, rng });
    await tell(disk, life, ledger, fromSeq, lifeNumber, told);
    disk.faults.clear();
    // Where the crash did not come, the power fails now.
    if (!life.isOver()) {
      life.end();
      disk.model.crash(rng);
    }
  }
  await reopen(disk, ledger);
}

describe('safety: a journal and crashes', () => {
  it('keeps what was committed through power cuts at any call, life after life', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(story, ending), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (lives, seed) => liveThrough(lives, [], createRng(String(seed))),
      ),
      fcParams(400),
    );
  });

  it('keeps what was committed when calls fail as well', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(story, ending), { minLength: 1, maxLength: 3 }),
        fc.array(fault, { minLength: 1, maxLength: 3 }),
        fc.nat(),
        fc.constantFrom('whole' as const, 'short' as const),
        (lives, faults, seed, writes) =>
          liveThrough(lives, faults, createRng(String(seed)), writes),
      ),
      fcParams(400),
    );
  });
});
