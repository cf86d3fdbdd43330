/**
 * Some segments of a journal, redacted and folded: what each event says, and the state at points from
 * which any other moment is a few events away. Nothing of what was secret is left in it.
 */
import type { State } from '../../../../reducers/state.ts';
import { ok, err, type Result } from '../../../domain/result.ts';
import type { Recorded } from '../../../domain/event.ts';
import { decodeRecorded, encodeRecorded } from '../../../journal/line.ts';
import { memoryPlace, type MemorySegment, readMemory } from '../../../journal/readMemory.ts';
import { encodeHeader, type JournalHeader } from '../../../journal/segment.ts';
import { foldJournal, type Refusal } from '../../../replay/foldJournal.ts';
import { createNarrator } from '../../../replay/narrate/narrate.ts';
import type { Telling } from '../../../replay/narrate/remark.ts';
import { redactJournal } from '../../../replay/redact/redactJournal.ts';
import type { SegmentWriter } from '../../../replay/redact/segmentWriter.ts';
import { describeGap } from '../../../replay/verifyJournal.ts';

export interface FoldedJournal {
  readonly first: { readonly seq: number; readonly atMs: number };
  readonly last: { readonly seq: number; readonly atMs: number };
  /** One for each event, and for each gap. */
  readonly tellings: readonly Telling[];
  /** In order; never empty. */
  readonly blocks: readonly Block[];
  /** Why something is missing, as a sentence. */
  readonly damage: string | undefined;
}

/** Some events in a row, with what was known before them. */
export interface Block {
  readonly header: JournalHeader;
  readonly before: State;
  /** Its story begins anew: something is missing before it, or everything is. */
  readonly isBeginning: boolean;
  readonly firstSeq: number;
  /** Of `Recorded`. */
  readonly lines: Uint8Array;
}

/** The error is a sentence. */
export async function foldSegments(
  segments: readonly MemorySegment[],
): Promise<Result<FoldedJournal, string>> {
  let rest = segments;
  let damage: string | undefined;
  for (;;) {
    if (rest.length === 0) return err(damage ?? 'there is nothing in this journal');
    const copy = createCopy();
    const { refusal } = await redactJournal(() => readMemory(rest), copy.writer);
    if (refusal === undefined) return fold(copy.segments, damage);
    damage ??= damageText(refusal);
    rest = withoutDamage(rest, refusal);
  }
}

function damageText({ place, line, detail }: Refusal): string {
  const where = line === 0 ? place : `${place}, line ${String(line)}`;
  return `a part of the journal cannot be read: ${where}: ${detail}`;
}

/** What stands before the damage; where that is nothing, what stands behind. Always less. */
function withoutDamage(
  segments: readonly MemorySegment[],
  { place, line }: Refusal,
): readonly MemorySegment[] {
  const at = segments.findIndex(({ firstSeq }) => memoryPlace(firstSeq) === place);
  const damaged = segments[at];
  if (damaged === undefined) return [];
  if (line <= 1) return segments.slice(at === 0 ? 1 : at);
  const bytes = Buffer.concat(damaged.chunks);
  let end = 0;
  for (let number = 1; number < line; number += 1) end = bytes.indexOf(0x0a, end) + 1;
  const sound = { ...damaged, chunks: [bytes.subarray(0, end)] };
  return [...segments.slice(0, at), sound];
}

interface CopiedSegment {
  readonly header: JournalHeader;
  readonly blocks: { readonly firstSeq: number; readonly lines: Uint8Array }[];
}

const blockEvents = 64;

/** What is redacted, kept as bytes: objects of it would take several times the room. */
function createCopy(): { readonly writer: SegmentWriter; readonly segments: CopiedSegment[] } {
  const segments: CopiedSegment[] = [];
  let firstSeq: number | undefined;
  let lines: string[] = [];
  const flush = (): void => {
    if (firstSeq !== undefined) {
      segments.at(-1)?.blocks.push({ firstSeq, lines: Buffer.from(lines.join('')) });
    }
    firstSeq = undefined;
    lines = [];
  };
  const writer: SegmentWriter = {
    begin: (header) => {
      flush();
      segments.push({ header, blocks: [] });
    },
    append: (recorded) => {
      firstSeq ??= recorded.seq;
      lines.push(encodeRecorded(recorded));
      if (lines.length >= blockEvents) flush();
    },
    close: flush,
  };
  return { writer, segments };
}

async function fold(
  segments: readonly CopiedSegment[],
  damage: string | undefined,
): Promise<Result<FoldedJournal, string>> {
  const byFirstSeq = new Map(
    segments.flatMap(({ blocks }) => blocks.map(({ firstSeq, lines }) => [firstSeq, lines])),
  );
  const blocks: Block[] = [];
  const tellings: Telling[] = [];
  const narrator = createNarrator();
  let header: JournalHeader | undefined;
  let first: FoldedJournal['first'] | undefined;
  let isBeginning = false;
  const begin = (firstSeq: number, before: State, lines: Uint8Array): void => {
    if (header === undefined) return;
    blocks.push({ header, before, isBeginning, firstSeq, lines });
    isBeginning = false;
  };
  const items = readMemory(
    segments.map((segment) => ({
      firstSeq: segment.header.firstSeq,
      chunks: [Buffer.from(encodeHeader(segment.header)), ...segment.blocks.map(linesOf)],
    })),
  );
  const { state, refusal } = await foldJournal(items, {
    checkpoints: 'adopt',
    segment: ({ header: begun, gap, state: before }) => {
      header = begun;
      first ??= { seq: before.seq, atMs: before.seq === 0 ? begun.atMs : before.atMs };
      if (blocks.length === 0 || gap !== undefined) {
        narrator.begin(before);
        isBeginning = true;
      }
      if (gap !== undefined) tellings.push(gapTelling(begun, describeGap(gap)));
      // A place for what was known before its first event, and where there is none yet.
      if (!byFirstSeq.has(begun.firstSeq)) begin(begun.firstSeq, before, new Uint8Array());
    },
    before: ({ seq }, before) => {
      const lines = byFirstSeq.get(seq);
      if (lines !== undefined) begin(seq, before, lines as Uint8Array);
      return true;
    },
    after: (recorded, before, after) => {
      tellings.push(narrator.tell(recorded, before, after));
    },
  });
  if (refusal !== undefined) return err(damageText(refusal));
  if (state === undefined || first === undefined) return err('there is nothing in this journal');
  return ok({ first, last: { seq: state.seq, atMs: state.atMs }, tellings, blocks, damage });
}

function linesOf({ lines }: { readonly lines: Uint8Array }): Uint8Array {
  return lines;
}

function gapTelling({ firstSeq, atMs }: JournalHeader, text: string): Telling {
  return { seq: firstSeq, atMs, type: 'Gap', remarks: [{ kind: 'journal', app: undefined, text }] };
}

export function recordsOf({ lines }: Block): readonly Recorded[] {
  const texts = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength).toString('utf8');
  return texts.split('\n').flatMap((text) => {
    const decoded = text === '' ? undefined : decodeRecorded(text);
    return decoded?.ok === true ? [decoded.value] : [];
  });
}
