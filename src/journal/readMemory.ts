/** A journal that is in memory, as `readJournal` gives one that is in files. */
import type { JournalItem } from './journalItem.ts';
import { createSegmentReader } from './readSegmentLines.ts';

export interface MemorySegment {
  readonly firstSeq: number;
  readonly chunks: readonly Uint8Array[];
}

/** As items name it. */
export function memoryPlace(firstSeq: number): string {
  return `${String(firstSeq)}.jsonl`;
}

export async function* readMemory(
  segments: readonly MemorySegment[],
): AsyncGenerator<JournalItem, void, undefined> {
  let dueSeq: number | undefined;
  for (const [index, { firstSeq, chunks }] of segments.entries()) {
    const name = memoryPlace(firstSeq);
    const known = { firstSeq, namedSeq: firstSeq, sizeBytes: 0, atMs: undefined };
    const reader = createSegmentReader({ name, path: name, ...known }, dueSeq);
    for (const chunk of chunks) {
      reader.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      yield* reader.take();
      if (reader.isRefused()) return;
    }
    reader.end(index === segments.length - 1);
    yield* reader.take();
    if (reader.isRefused()) return;
    dueSeq = reader.dueSeq();
    // Nothing here waits for the world: others are let in between.
    await Promise.resolve();
  }
}
