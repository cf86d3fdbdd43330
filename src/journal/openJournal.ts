/**
 * Finds out at start how far the journal goes.
 *
 * A torn end is cut off. Damage in the middle is reported and left for people to look at: what
 * stands before it is handed over, but it is not all that happened, so the caller begins a new
 * segment from a fresh listing. Numbers continue above the highest one seen, always.
 */
import { dirname, join } from 'node:path';
import { type FileSystem, nodeFileSystem } from '../clients/fileSystem.ts';
import { type Recorded } from '../domain/event.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { type JournalError, toJournalError } from './journalError.ts';
import {
  type Damage,
  type JournalHeader,
  listSegments,
  readSegment,
  type Segment,
  type SegmentFile,
} from './segment.ts';
import { syncDirectory } from './segmentFile.ts';

export interface OpenedJournal {
  /** Of the newest usable segment: checkpoint and settings. Undefined when there is none. */
  readonly header: JournalHeader | undefined;
  /** What happened after the checkpoint, without gaps. */
  readonly records: readonly Recorded[];
  readonly nextSeq: number;
  /** The latest time that is known to have been written; 0 for an empty journal. */
  readonly lastAtMs: number;
  /** What a crash left unfinished and is now cut off. */
  readonly tornTail: TornTail | undefined;
  /** When set, `header` and `records` end before the damage: something happened after them. */
  readonly damage: Damage | undefined;
}

export interface TornTail {
  readonly segment: string;
  readonly bytesCut: number;
}

const temporaryPattern = /^\.\d+\.jsonl\.[0-9a-f]{16}\.tmp$/;

export async function openJournal(
  dir: string,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<Result<OpenedJournal, JournalError>> {
  try {
    await prepareDirectory(fileSystem, dir);
    return ok(await readNewest(fileSystem, dir));
  } catch (error) {
    return err(toJournalError(error, `open the journal in ${dir}`));
  }
}

/** Makes or repairs the directory. Throws when it cannot be used at all. */
async function prepareDirectory(fileSystem: FileSystem, dir: string): Promise<void> {
  await fileSystem.mkdir(dir, { recursive: true, mode: 0o700 });
  // A directory that a power cut takes away takes along all that was made durable in it.
  await syncDirectory(fileSystem, dirname(dir)).catch(() => undefined);
  // On a read-only disk these fail, and the journal can still be read.
  const { mode } = await fileSystem.stat(dir);
  if ((mode & 0o7777) !== 0o700) await fileSystem.chmod(dir, 0o700).catch(() => undefined);
  const names = await fileSystem.readdir(dir);
  for (const name of names.filter((one) => temporaryPattern.test(one))) {
    await fileSystem.unlink(join(dir, name)).catch(() => undefined);
  }
}

async function readNewest(fileSystem: FileSystem, dir: string): Promise<OpenedJournal> {
  const files = [...(await listSegments(dir, fileSystem))];
  let tornTail: TornTail | undefined;
  let nextSeq = 1;
  for (let file = files.pop(); file !== undefined; file = files.pop()) {
    nextSeq = Math.max(nextSeq, file.firstSeq);
    const segment = await readSegment(file, fileSystem);
    if (segment.header !== undefined || segment.damage !== undefined) {
      const older = await olderThatWentOn(fileSystem, segment, files.at(-1));
      return opened(fileSystem, older ?? segment, nextSeq, tornTail);
    }
    // The beginning of a header and nothing else: the segment before it is the newest.
    tornTail = { segment: segment.path, bytesCut: segment.sizeBytes };
    await fileSystem.unlink(segment.path).catch(() => undefined);
  }
  return { header: undefined, records: [], nextSeq, lastAtMs: 0, tornTail, damage: undefined };
}

/**
 * A segment that was begun and taken back, so that the one before it went on: taking it back may not
 * have reached the disk. Its checkpoint says less than the older segment does.
 */
async function olderThatWentOn(
  fileSystem: FileSystem,
  newest: Segment,
  before: SegmentFile | undefined,
): Promise<Segment | undefined> {
  if (before === undefined || newest.damage !== undefined || newest.records.length > 0) {
    return undefined;
  }
  const older = await readSegment(before, fileSystem);
  if (older.header === undefined || older.damage !== undefined) return undefined;
  if (older.highestSeq < newest.firstSeq) return undefined;
  await fileSystem.unlink(newest.path).catch(() => undefined);
  return older;
}

async function opened(
  fileSystem: FileSystem,
  segment: Segment,
  startedSeq: number,
  tornBefore: TornTail | undefined,
): Promise<OpenedJournal> {
  const { header, records, path } = segment;
  const lastAtMs = records.at(-1)?.atMs ?? header?.atMs ?? 0;
  const bytesCut = segment.sizeBytes - segment.validBytes;
  const damage = segment.damage ?? missingBetween(segment, startedSeq);
  if (damage !== undefined) {
    // Beyond the damaged file's own first number, so that a new segment never takes its name.
    const nextSeq = Math.max(segment.highestSeq + 1, segment.firstSeq + 1, startedSeq);
    return { header, records, nextSeq, lastAtMs, tornTail: tornBefore, damage };
  }
  if (bytesCut > 0) await fileSystem.truncate(path, segment.validBytes).catch(() => undefined);
  const tornTail = bytesCut > 0 ? { segment: path, bytesCut } : tornBefore;
  return { header, records, nextSeq: segment.highestSeq + 1, lastAtMs, tornTail, damage };
}

/** A torn segment was begun later than this one ends: what lies between them is lost. */
function missingBetween(segment: Segment, startedSeq: number): Damage | undefined {
  const dueSeq = segment.highestSeq + 1;
  if (startedSeq <= dueSeq) return undefined;
  const line = segment.records.length + 2;
  const detail = `events ${String(dueSeq)} to ${String(startedSeq - 1)} are missing`;
  return { segment: segment.path, line, detail };
}
