/**
 * Brings pending lines to disk, into the current segment or a new one.
 *
 * A segment that failed is never written again: a failed fsync cannot be repeated, so the next
 * attempt begins a new segment with a checkpoint of what the reducer knows by then.
 */
import { type FileDeps } from '../clients/fileSystem.ts';
import { type DecisionSettings } from '../domain/event.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { type JournalError, toJournalError } from './journalError.ts';
import { type PendingLine, type PendingLines } from './pendingLines.ts';
import { type JournalHeader } from './segment.ts';
import { createSegment, removeOldSegments, type SegmentFileWriter } from './segmentFile.ts';

export interface Checkpoint {
  /** The last event that is in it. */
  readonly seq: number;
  /** Plain JSON; it must not change afterwards. */
  readonly state: unknown;
}

export interface SegmentKeeperDeps {
  readonly nowMs: () => number;
  readonly getCheckpoint: () => Checkpoint;
  readonly getSettings: () => DecisionSettings;
  readonly pending: PendingLines;
  readonly files: FileDeps;
}

export interface SegmentKeeperOptions {
  readonly dir: string;
  /** Of supervene. */
  readonly version: string;
  readonly host: string;
  readonly segmentBytes: number;
  readonly keepBytes: number;
  readonly syncMs: number;
  /** Between attempts to begin the next segment while the current one is still good. */
  readonly retryMs: number;
}

export interface SegmentKeeper {
  /** Not to be called again before it has resolved. Never rejects. */
  readonly save: (isDurable: boolean) => Promise<Result<void, JournalError>>;
  readonly hasUnsynced: () => boolean;
  readonly close: () => Promise<void>;
}

interface Current {
  readonly file: SegmentFileWriter;
  nextSeq: number;
  /** What stands before it is on disk for certain. */
  unsyncedSeq: number;
}

export function createSegmentKeeper(
  deps: SegmentKeeperDeps,
  options: SegmentKeeperOptions,
): SegmentKeeper {
  const { pending, nowMs } = deps;
  let current: Current | undefined;
  const leftover = createLeftover();
  let syncedMs = -Infinity;
  let rotationFailedMs = -Infinity;
  /** The first event that a fault may have kept from the disk: the next segment says so. */
  let lostFrom: number | undefined;

  const save = async (isDurable: boolean): Promise<Result<void, JournalError>> => {
    let goodBytes: number | undefined;
    try {
      current ??= await beginAnew();
      goodBytes = current.file.lengthBytes();
      if (isRotationDue(current)) current = await rotate(current);
      goodBytes = current.file.lengthBytes();
      await write(current, pending.takeUpTo(Infinity));
      if (isDurable || hasPassed(syncedMs, options.syncMs)) await sync(current);
      return ok(undefined);
    } catch (error) {
      lostFrom ??= current?.unsyncedSeq;
      if (current !== undefined) await abandon(current.file, goodBytes, leftover);
      current = undefined;
      pending.drop();
      return err(toJournalError(error, `write the journal in ${options.dir}`));
    }
  };

  /** A clock that was set back counts as passed: better too often than never. */
  const hasPassed = (sinceMs: number, ms: number): boolean => Math.abs(nowMs() - sinceMs) >= ms;

  const sync = async (current: Current): Promise<void> => {
    if (current.file.hasUnsynced()) await current.file.sync();
    current.unsyncedSeq = current.nextSeq;
    syncedMs = nowMs();
  };

  const isRotationDue = ({ file, nextSeq }: Current): boolean =>
    file.lengthBytes() >= options.segmentBytes &&
    hasPassed(rotationFailedMs, options.retryMs) &&
    // The last line written may be one that the reducer has not seen yet.
    deps.getCheckpoint().seq >= nextSeq - 1;

  const rotate = async (full: Current): Promise<Current> => {
    const checkpoint = deps.getCheckpoint();
    await write(full, pending.takeUpTo(checkpoint.seq));
    await sync(full);
    try {
      const next = await begin(deps, options, checkpoint, checkpoint.seq + 1);
      await full.file.close().catch(() => undefined);
      return next;
    } catch {
      // The old segment is as good as before, only larger than it should be.
      rotationFailedMs = nowMs();
      return full;
    }
  };

  /** At start and after a fault. Lines that the checkpoint contains are not written again. */
  const beginAnew = async (): Promise<Current> => {
    await leftover.cut();
    const checkpoint = deps.getCheckpoint();
    pending.takeUpTo(checkpoint.seq);
    const firstSeq = pending.firstSeq() ?? checkpoint.seq + 1;
    lostFrom ??= firstSeq;
    const begun = await begin(deps, options, checkpoint, firstSeq, lostFrom);
    lostFrom = undefined;
    return begun;
  };

  return {
    save,
    hasUnsynced: () => current?.file.hasUnsynced() ?? false,
    close: async () => {
      await current?.file.close().catch(() => undefined);
      current = undefined;
    },
  };
}

async function begin(
  { nowMs, getSettings, files }: SegmentKeeperDeps,
  { dir, version, host, keepBytes }: SegmentKeeperOptions,
  checkpoint: Checkpoint,
  firstSeq: number,
  lostFrom = firstSeq,
): Promise<Current> {
  const header: JournalHeader = {
    format: 'supervene-journal',
    version: 1,
    supervene: version,
    host,
    firstSeq,
    atMs: nowMs(),
    settings: getSettings(),
    checkpoint: checkpoint.state,
    ...(lostFrom < firstSeq ? { lostFrom } : {}),
  };
  const file = await createSegment(dir, header, files);
  // Old segments that cannot be removed now are tried again with the next segment.
  await removeOldSegments(dir, keepBytes, files.fileSystem).catch(() => undefined);
  return { file, nextSeq: firstSeq, unsyncedSeq: firstSeq };
}

async function write(to: Current, lines: readonly PendingLine[]): Promise<void> {
  const [first] = lines;
  if (first === undefined) return;
  // Lines were dropped: what follows does not fit behind what stands there.
  if (first.seq !== to.nextSeq) throw new Error(`event ${String(to.nextSeq)} is missing`);
  await to.file.write(lines.map(({ text }) => text).join(''));
  to.nextSeq = first.seq + lines.length;
}

async function abandon(
  file: SegmentFileWriter,
  goodBytes: number | undefined,
  leftover: ReturnType<typeof createLeftover>,
): Promise<void> {
  if (goodBytes !== undefined) await leftover.cut(() => file.cutTo(goodBytes));
  await file.close().catch(() => undefined);
}

/** What could not be written whole must not be read; cutting it is tried until it succeeds. */
function createLeftover() {
  let waiting: (() => Promise<void>) | undefined;
  return {
    cut: async (another?: () => Promise<void>): Promise<void> => {
      waiting = another ?? waiting;
      try {
        await waiting?.();
        waiting = undefined;
      } catch {
        // Whole lines or a torn end until then: `openJournal` copes with both.
      }
    },
  };
}
