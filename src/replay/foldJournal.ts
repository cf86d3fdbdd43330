/**
 * The door with the effects taken off: a journal's events go in, in their order and at their own
 * times, through the reducers of this version (`passDoor`, `reduce`, `planOf` are the loop's).
 *
 * A segment's checkpoint is what the writer knew when it began. `adopt` takes it up; `compare` keeps
 * what was folded where the two agree, so that a difference is seen and does not spread.
 */
import { reduce } from '../../reducers/reduce.ts';
import { initialState, type State } from '../../reducers/state.ts';
import { decodeState, encodeState } from '../../reducers/stateCodec.ts';
import type { Recorded } from '../domain/event.ts';
import type { Gap, JournalItem } from '../journal/journalItem.ts';
import type { JournalHeader } from '../journal/segment.ts';
import { passDoor } from '../loop.ts';
import { canonicalJson } from './canonicalJson.ts';

export interface SegmentBeginning {
  readonly place: string;
  readonly header: JournalHeader;
  readonly gap: Gap | undefined;
  /** What was folded up to here; undefined at the very beginning. */
  readonly folded: State | undefined;
  /** With what the folding goes on. */
  readonly state: State;
  readonly fit: CheckpointFit;
}

/** How a checkpoint relates to what was folded before it. */
export type CheckpointFit =
  /** Nothing was folded before, or events are missing: it is all there is. */
  | 'Begins'
  /** Not asked. */
  | 'Adopted'
  | 'Equal'
  /** The agent could not read its own journal and began with a fresh look. */
  | 'Anew'
  | 'Different';

export interface Torn {
  readonly place: string;
  readonly line: number;
  readonly bytes: number;
}

export interface Refusal {
  readonly place: string;
  /** 1-based; 0 for none. */
  readonly line: number;
  readonly detail: string;
}

export interface FoldVisitor {
  readonly checkpoints: 'adopt' | 'compare';
  readonly segment?: (beginning: SegmentBeginning) => void;
  /** `false` ends the folding before this event. */
  readonly before?: (recorded: Recorded, state: State) => boolean;
  readonly after?: (recorded: Recorded, before: State, state: State) => void;
  readonly torn?: (torn: Torn) => void;
  /** After some events; what was written may be waited for here. */
  readonly pause?: () => Promise<void>;
}

export interface Folded {
  /** After the last event that was folded; undefined when there was not even a header. */
  readonly state: State | undefined;
  readonly events: number;
  /** Why the journal could not be read to its end. */
  readonly refusal: Refusal | undefined;
}

export async function foldJournal(
  items: AsyncIterable<JournalItem>,
  visitor: FoldVisitor,
): Promise<Folded> {
  let state: State | undefined;
  let events = 0;
  for await (const item of items) {
    switch (item.type) {
      case 'SegmentBegan': {
        const beginning = beginSegment(item, state, visitor.checkpoints);
        if ('refusal' in beginning) return { state, events, refusal: beginning.refusal };
        ({ state } = beginning);
        visitor.segment?.(beginning);
        break;
      }
      case 'Records': {
        if (state === undefined) break;
        for (const recorded of item.records) {
          if (visitor.before?.(recorded, state) === false) {
            return { state, events, refusal: undefined };
          }
          const next: State = reduce(state, stamp(state, recorded));
          visitor.after?.(recorded, state, next);
          state = next;
          events += 1;
        }
        await visitor.pause?.();
        break;
      }
      case 'TailTorn':
        visitor.torn?.(item);
        break;
      case 'Refused':
        return { state, events, refusal: item };
    }
  }
  return { state, events, refusal: undefined };
}

/** Through the same door; what it stamped stays as it is. */
function stamp(state: State, recorded: Recorded): Recorded {
  const { seq, atMs, event } = recorded;
  if (seq === state.seq + 1 && atMs >= state.atMs) return recorded;
  return passDoor(state, event, atMs);
}

function beginSegment(
  { place, header, gap }: Extract<JournalItem, { type: 'SegmentBegan' }>,
  folded: State | undefined,
  checkpoints: FoldVisitor['checkpoints'],
): SegmentBeginning | { readonly refusal: Refusal } {
  const checkpoint = decodeState(header.checkpoint);
  if (checkpoint === undefined) {
    const detail =
      'its checkpoint is of another version of supervene, whose state this one cannot read';
    return { refusal: { place, line: 1, detail } };
  }
  if (checkpoint.seq !== header.firstSeq - 1) {
    const detail = `its checkpoint is of event ${String(checkpoint.seq)}, not of the one before it`;
    return { refusal: { place, line: 1, detail } };
  }
  const base = { place, header, gap, folded };
  if (folded === undefined || gap !== undefined) {
    return { ...base, state: checkpoint, fit: 'Begins' };
  }
  if (checkpoints === 'adopt') return { ...base, state: checkpoint, fit: 'Adopted' };
  const written = canonicalJson(header.checkpoint);
  if (canonicalJson(encodeState(folded)) === written)
    return { ...base, state: folded, fit: 'Equal' };
  // What was accepted as signed is kept even then.
  const { seq, atMs, floors } = checkpoint;
  const fresh: State = { ...initialState, seq, atMs, floors };
  const isFresh = canonicalJson(encodeState(fresh)) === written;
  return { ...base, state: checkpoint, fit: isFresh ? 'Anew' : 'Different' };
}
