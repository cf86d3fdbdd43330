/**
 * Some segments of a journal as one text without secrets: what an agent gives away of its journal.
 *
 * The lines of each segment, its header first, and a last line that says why something is missing; a
 * text without that line was cut off.
 */
import { encodeRecorded } from '../../journal/line.ts';
import { memoryPlace, type MemorySegment, readMemory } from '../../journal/readMemory.ts';
import { encodeHeader } from '../../journal/segment.ts';
import type { Refusal } from '../foldJournal.ts';
import { tornText } from '../timeline.ts';
import { redactJournal } from './redactJournal.ts';
import type { SegmentWriter } from './segmentWriter.ts';

/** The last line of a copy. */
export interface CopyEnd {
  readonly format: 'supervene-journal-copy';
  /** Why something is missing, as a sentence. */
  readonly damage: string | null;
}

/** Writes nothing where nothing can be read: the sentence says why. Undefined: all is written. */
export async function redactSegments(
  segments: readonly MemorySegment[],
  write: (text: string) => void,
): Promise<string | undefined> {
  let rest = segments;
  let damage: string | undefined;
  const writer: SegmentWriter = {
    begin: (header) => write(encodeHeader(header)),
    append: (recorded) => write(encodeRecorded(recorded)),
    close: () => undefined,
  };
  for (;;) {
    if (rest.length === 0) return damage ?? 'there is nothing in this journal';
    // What is refused is refused before anything is written.
    const { refusal, torn } = await redactJournal(() => readMemory(rest), writer);
    if (refusal === undefined) {
      damage ??= torn === undefined ? undefined : tornText(torn);
      const end: CopyEnd = { format: 'supervene-journal-copy', damage: damage ?? null };
      write(`${JSON.stringify(end)}\n`);
      return undefined;
    }
    damage ??= damageText(refusal);
    rest = withoutDamage(rest, refusal);
  }
}

export function damageText({ place, line, detail }: Refusal): string {
  const where = line === 0 ? place : `${place}, line ${String(line)}`;
  return `a part of the journal cannot be read: ${where}: ${detail}`;
}

/**
 * The last segment is the one that was asked for: what stands behind the damage, where it is before
 * that one, and otherwise what stands before it. Always less.
 */
function withoutDamage(
  segments: readonly MemorySegment[],
  { place, line }: Refusal,
): readonly MemorySegment[] {
  const at = segments.findIndex(({ firstSeq }) => memoryPlace(firstSeq) === place);
  const damaged = segments[at];
  if (damaged === undefined) return [];
  if (at < segments.length - 1) return segments.slice(at + 1);
  // It does not follow on what is before it, or cannot be read at all.
  if (line <= 1) return at === 0 ? [] : [damaged];
  const bytes = Buffer.concat(damaged.chunks);
  let end = 0;
  for (let number = 1; number < line; number += 1) end = bytes.indexOf(0x0a, end) + 1;
  return [...segments.slice(0, at), { ...damaged, chunks: [bytes.subarray(0, end)] }];
}
