/**
 * Some segments of a journal, folded: what each event says, and the state at points from which any
 * other moment is a few events away. What was secret in it has not left its host.
 */
import type { State } from '../../../../reducers/state.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import type { Recorded } from '../../../domain/event.ts';
import { decodeRecorded } from '../../../journal/line.ts';
import { readMemory } from '../../../journal/readMemory.ts';
import type { JournalHeader } from '../../../journal/segment.ts';
import { foldJournal } from '../../../replay/foldJournal.ts';
import { createNarrator } from '../../../replay/narrate/narrate.ts';
import type { Telling } from '../../../replay/narrate/remark.ts';
import { damageText } from '../../../replay/redact/redactSegments.ts';
import { describeGap } from '../../../replay/verifyJournal.ts';
import { openCopy, type OpenedCopy } from './openCopy.ts';

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
export function foldCopy(compressed: Uint8Array): Promise<Result<FoldedJournal, string>> {
  const opened = openCopy(compressed);
  return opened.ok ? fold(opened.value) : Promise.resolve(opened);
}

async function fold({ segments, damage }: OpenedCopy): Promise<Result<FoldedJournal, string>> {
  const byFirstSeq = new Map(
    segments.flatMap(({ firstSeqs, chunks }) =>
      firstSeqs.map((firstSeq, index) => [firstSeq, chunks[index + 1]] as const),
    ),
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
  const { state, refusal } = await foldJournal(readMemory(segments), {
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
      if (lines !== undefined) begin(seq, before, lines);
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
