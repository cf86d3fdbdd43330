/**
 * Reads a journal from its first to its last event, in bounded memory: chunks become whole lines,
 * lines become batches of events, and nothing is kept.
 *
 * A torn end is said and what stands before it given. Damage in the middle, events that are missing
 * and a version from the future end the reading, with their place: half a story explains nothing.
 * Events that a fault of the disk kept from the journal are a gap that the next segment's header
 * owns up to; any other gap is a missing segment.
 */
import { type FileHandle, open } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { toJournalError } from './journalError.ts';
import type { JournalItem } from './journalItem.ts';
import type { JournalSource } from './journalSources.ts';
import { createSegmentReader, type SegmentReader } from './readSegmentLines.ts';

export interface ReadOptions {
  /** Called now and then with the bytes read so far, of all sources. */
  readonly onProgress?: (bytes: number) => void;
  readonly chunkBytes?: number;
}

const defaultChunkBytes = 1024 * 1024;

export async function* readJournal(
  sources: readonly JournalSource[],
  { onProgress, chunkBytes = defaultChunkBytes }: ReadOptions = {},
): AsyncGenerator<JournalItem, void, undefined> {
  let bytes = 0;
  let dueSeq: number | undefined;
  for (const [index, source] of sources.entries()) {
    const isLast = index === sources.length - 1;
    const reader = createSegmentReader(source, dueSeq);
    try {
      for await (const chunk of chunksOf(source, reader, chunkBytes)) {
        bytes += chunk.length;
        reader.push(chunk);
        onProgress?.(bytes);
        yield* reader.take();
        if (reader.isRefused()) return;
      }
    } catch (error) {
      const { detail } = toJournalError(error, `read ${source.name}`);
      yield { type: 'Refused', place: source.name, line: 0, detail };
      return;
    }
    reader.end(isLast);
    yield* reader.take();
    if (reader.isRefused()) return;
    dueSeq = reader.dueSeq();
  }
}

async function* chunksOf(
  { path }: JournalSource,
  reader: SegmentReader,
  chunkBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  if (path === undefined) {
    for await (const chunk of process.stdin) yield Buffer.from(chunk as Uint8Array);
    return;
  }
  const file = await open(path, 'r');
  try {
    yield* fileChunks(file, reader, Buffer.alloc(chunkBytes));
  } finally {
    await file.close();
  }
}

/** A running agent may be in the middle of a line: it is given a moment to finish it. */
const patienceMs = 20;
const patienceMax = 3;

async function* fileChunks(file: FileHandle, reader: SegmentReader, buffer: Buffer) {
  let position = 0;
  for (let waits = 0; ;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead > 0) {
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    } else if (reader.isInLine() && waits < patienceMax) {
      waits += 1;
      await sleep(patienceMs);
    } else {
      return;
    }
  }
}
