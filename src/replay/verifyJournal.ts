/**
 * Whether this version decides as the one that wrote the journal: every recorded plan is derived
 * anew and compared byte for byte, and every segment's checkpoint with what was folded.
 */
import { planOf } from '../../reducers/planOf.ts';
import { encodeState } from '../../reducers/stateCodec.ts';
import { unifiedDiff } from '../commands/unifiedDiff.ts';
import type { JournalItem } from '../journal/journalItem.ts';
import { sorted } from './canonicalJson.ts';
import { foldJournal, type FoldVisitor, type Refusal, type Torn } from './foldJournal.ts';

export interface Verification {
  readonly events: number;
  readonly plans: number;
  readonly segments: number;
  readonly checkpoints: number;
  /** Of plans and checkpoints. */
  readonly differences: number;
  readonly first: Difference | undefined;
  /** What is no difference, but worth knowing. */
  readonly notes: readonly string[];
  readonly torn: Torn | undefined;
  readonly refusal: Refusal | undefined;
}

export interface Difference {
  readonly what: 'plan' | 'checkpoint';
  readonly seq: number;
  readonly place: string;
  /** JSON, as recorded and as derived now. */
  readonly recorded: string;
  readonly derived: string;
  /** Of the two, laid out. */
  readonly diff: string;
}

export async function verifyJournal(
  items: AsyncIterable<JournalItem>,
  pause?: FoldVisitor['pause'],
): Promise<Verification> {
  const counts = { plans: 0, segments: 0, checkpoints: 0, differences: 0 };
  const notes: string[] = [];
  let first: Difference | undefined;
  let torn: Torn | undefined;
  let place = '';
  const differ = (make: () => Difference): void => {
    counts.differences += 1;
    first ??= make();
  };
  const { events, refusal } = await foldJournal(items, {
    checkpoints: 'compare',
    segment: ({ place: at, header, gap, folded, fit }) => {
      place = at;
      counts.segments += 1;
      if (gap !== undefined) notes.push(describeGap(gap));
      if (fit === 'Anew') notes.push(`at ${String(header.firstSeq)} the agent began anew`);
      if (fit === 'Equal' || fit === 'Different') counts.checkpoints += 1;
      if (fit !== 'Different' || folded === undefined) return;
      const seq = header.firstSeq - 1;
      differ(() => compare('checkpoint', seq, place, header.checkpoint, encodeState(folded)));
    },
    before: ({ seq, event }, state) => {
      if (event.type !== 'PlanStarted') return true;
      counts.plans += 1;
      const derived = planOf(state);
      if (JSON.stringify(derived) === JSON.stringify(event.plan)) return true;
      differ(() => compare('plan', seq, place, event.plan, derived));
      return true;
    },
    torn: (found) => {
      torn = found;
    },
    ...(pause === undefined ? {} : { pause }),
  });
  return { events, ...counts, first, notes, torn, refusal };
}

export function describeGap(gap: { readonly fromSeq: number; readonly toSeq: number }): string {
  const range =
    gap.fromSeq === gap.toSeq
      ? `event ${String(gap.fromSeq)} was`
      : `events ${String(gap.fromSeq)} to ${String(gap.toSeq)} were`;
  return `${range} never written: the disk refused them; the next segment knows what they said`;
}

function compare(
  what: Difference['what'],
  seq: number,
  place: string,
  recorded: unknown,
  derived: unknown,
): Difference {
  const before = JSON.stringify(recorded);
  const after = JSON.stringify(derived);
  const diff = unifiedDiff(`${what} of event ${String(seq)}`, layOut(recorded), layOut(derived), [
    'recorded',
    'derived now',
  ]);
  return { what, seq, place, recorded: before, derived: after, diff };
}

/** One key a line; where only the order of keys differs, that is what is shown. */
function layOut(value: unknown): string {
  const plain: unknown = JSON.parse(JSON.stringify(value));
  return JSON.stringify(plain, (_, item: unknown) => sorted(item), 2);
}
