/** Where one is in the past of a host, and where a key or a place on the slider leads. Pure. */
import type {
  TimelineDocument,
  TimelineEntry,
  TimelinePoint,
} from '../../../domain/console/timeApi.ts';

/** Of the entry that is shown: the last one not behind `seq`; without it the newest. -1: there is none. */
export function chosenIndex(entries: readonly TimelineEntry[], seq: number | undefined): number {
  if (seq === undefined) return entries.length - 1;
  return entries.findLastIndex((entry) => entry.seq <= seq);
}

/** What was loaded tells of that moment: nothing is missing around it. */
export function isLoaded(timeline: TimelineDocument, seq: number): boolean {
  const { entries, hasEarlier, hasLater } = timeline;
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) return !hasEarlier && !hasLater;
  return (!hasEarlier || seq >= first.seq) && (!hasLater || seq <= last.seq);
}

/** As keys move: by one, by twenty, to either end. */
export type Move = 'Back' | 'On' | 'PageBack' | 'PageOn' | 'First' | 'Newest';

const moves: ReadonlyMap<string, Move> = new Map<string, Move>([
  ['ArrowLeft', 'Back'],
  ['ArrowUp', 'Back'],
  ['ArrowRight', 'On'],
  ['ArrowDown', 'On'],
  ['PageUp', 'PageBack'],
  ['PageDown', 'PageOn'],
  ['Home', 'First'],
  ['End', 'Newest'],
]);

export function moveOf(key: string): Move | undefined {
  return moves.get(key);
}

const page = 20;

/** The number of the event to go to; undefined for the newest, which is then followed. */
export function moved(
  timeline: TimelineDocument,
  seq: number | undefined,
  move: Move,
): number | undefined {
  const { entries, hasEarlier, hasLater, first } = timeline;
  const now = chosenIndex(entries, seq);
  const step = { Back: -1, On: 1, PageBack: -page, PageOn: page, First: 0, Newest: 0 }[move];
  if (move === 'First') return hasEarlier ? first.seq + 1 : entries[0]?.seq;
  if (move === 'Newest') return undefined;
  const to = now + step;
  // Beyond what is loaded: that is asked for by the event before or behind it.
  if (to < 0 && hasEarlier) return Math.max(first.seq, (entries[0]?.seq ?? 1) - 1);
  if (to >= entries.length && hasLater) return (entries.at(-1)?.seq ?? 0) + 1;
  if (to >= entries.length) return seq === undefined ? undefined : entries.at(-1)?.seq;
  return entries[Math.max(0, to)]?.seq;
}

/** The event at a place of the slider; undefined when it is not among what is loaded. */
export function seqAt(timeline: TimelineDocument, atMs: number): number | undefined {
  const { entries, hasEarlier, hasLater } = timeline;
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  if (atMs < first.atMs) return hasEarlier ? undefined : first.seq;
  if (atMs > last.atMs) return hasLater ? undefined : last.seq;
  return entries.findLast((entry) => entry.atMs <= atMs)?.seq ?? first.seq;
}

export interface Bar {
  /** Of the width, 0 to 1. */
  readonly from: number;
  readonly width: number;
  /** Of the height. */
  readonly height: number;
  readonly troubleHeight: number;
}

/** One for each length of time in which something was told; few and many are both to be seen. */
export function barsOf({ density, troubles }: TimelineDocument): readonly Bar[] {
  const most = Math.log1p(Math.max(1, ...density));
  const width = 1 / Math.max(1, density.length);
  const heightOf = (count: number): number => Math.log1p(count) / most;
  return density.flatMap((count, index) => {
    if (count === 0) return [];
    const troubleHeight = heightOf(troubles[index] ?? 0);
    return [{ from: index * width, width, height: heightOf(count), troubleHeight }];
  });
}

/** Of the slider, 0 to 1: the part of what the host has that was read. */
export function readPart(timeline: TimelineDocument): {
  readonly from: number;
  readonly to: number;
} {
  const { readFirst, readLast } = timeline;
  return { from: placeOf(timeline, readFirst), to: placeOf(timeline, readLast) };
}

export function placeOf(
  { first, last }: Pick<TimelineDocument, 'first' | 'last'>,
  { atMs }: Pick<TimelinePoint, 'atMs'>,
): number {
  const length = last.atMs - first.atMs;
  return length <= 0 ? 1 : Math.max(0, Math.min(1, (atMs - first.atMs) / length));
}
