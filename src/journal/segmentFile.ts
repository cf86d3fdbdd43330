/**
 * The segment that is being written: whole lines at a known length, and back to it when a write
 * fails. Its methods throw what the file system throws; the writer decides what that means.
 */
import { constants } from 'node:fs';
import { join } from 'node:path';
import { type FileDeps, type FileHandle, type FileSystem } from '../clients/fileSystem.ts';
import {
  encodeHeader,
  type JournalHeader,
  listSegments,
  readSegment,
  segmentPath,
} from './segment.ts';

export interface SegmentFileWriter {
  readonly path: string;
  readonly firstSeq: number;
  readonly lengthBytes: () => number;
  readonly hasUnsynced: () => boolean;
  /** Whole lines. After a throw the file may end in a part of them: `cutTo`. */
  readonly write: (lines: string) => Promise<void>;
  /** After a throw it must not be tried again on this file: what was lost stays lost. */
  readonly sync: () => Promise<void>;
  /** By path, for the descriptor may be what failed. */
  readonly cutTo: (lengthBytes: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Appears under its name only when header and checkpoint are on disk. */
export async function createSegment(
  dir: string,
  header: JournalHeader,
  { fileSystem, nonce }: FileDeps,
): Promise<SegmentFileWriter> {
  const isReplacing = await isTaken(fileSystem, dir, header.firstSeq);
  const name = `${String(header.firstSeq)}.jsonl`;
  const temporary = join(dir, `.${name}.${nonce()}.tmp`);
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  const flags = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW;
  const handle = await fileSystem.open(temporary, flags, 0o600);
  const path = segmentPath(dir, header.firstSeq);
  let created = temporary;
  try {
    const bytes = Buffer.from(encodeHeader(header));
    await writeAt(handle, bytes, 0);
    await handle.sync();
    await fileSystem.rename(temporary, path);
    created = path;
    await syncDirectory(fileSystem, dir);
    return writerOf(fileSystem, handle, path, header.firstSeq, bytes.length);
  } catch (error) {
    await handle.close().catch(() => undefined);
    // Under its own name as well: the segment before it may be the one that goes on. Unless it took
    // the place of one, whose checkpoint exists nowhere else by now; it says the same.
    if (created === temporary || !isReplacing) {
      await fileSystem.unlink(created).catch(() => undefined);
    }
    throw error;
  }
}

/**
 * Whether a segment of that number stands there. One without a single event may be replaced, since
 * that life saw nothing; throws where there are events.
 */
async function isTaken(fileSystem: FileSystem, dir: string, firstSeq: number): Promise<boolean> {
  let isThere = false;
  for (const file of await listSegments(dir, fileSystem)) {
    if (file.firstSeq < firstSeq) continue;
    const { highestSeq, damage } = await readSegment(file, fileSystem);
    if (highestSeq >= firstSeq || damage !== undefined) {
      throw new Error(`${file.path} has events from ${String(firstSeq)} on already`);
    }
    isThere ||= file.firstSeq === firstSeq;
  }
  return isThere;
}

/** Removes the oldest segments while all of them together are larger; never the newest. */
export async function removeOldSegments(
  dir: string,
  keepBytes: number,
  fileSystem: FileSystem,
): Promise<void> {
  const segments = [...(await listSegments(dir, fileSystem))];
  let totalBytes = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  segments.pop();
  for (const { path, sizeBytes } of segments) {
    if (totalBytes <= keepBytes) return;
    await fileSystem.unlink(path);
    totalBytes -= sizeBytes;
  }
}

function writerOf(
  fileSystem: FileSystem,
  handle: FileHandle,
  path: string,
  firstSeq: number,
  headerBytes: number,
): SegmentFileWriter {
  let lengthBytes = headerBytes;
  let hasUnsynced = false;
  return {
    path,
    firstSeq,
    lengthBytes: () => lengthBytes,
    hasUnsynced: () => hasUnsynced,
    write: async (lines) => {
      const bytes = Buffer.from(lines);
      hasUnsynced = true;
      await writeAt(handle, bytes, lengthBytes);
      lengthBytes += bytes.length;
    },
    sync: async () => {
      await handle.datasync();
      hasUnsynced = false;
    },
    cutTo: (length) => fileSystem.truncate(path, length),
    close: () => handle.close(),
  };
}

async function writeAt(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Makes its entries durable. */
export async function syncDirectory(fileSystem: FileSystem, dir: string): Promise<void> {
  const handle = await fileSystem.open(dir, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
