/** `timeline` of what was folded: some entries around a moment, and how much there is when. */
import type { TimelineDocument, TimelinePoint } from '../../../domain/console/timeApi.ts';
import type { Telling } from '../../../replay/narrate/remark.ts';
import type { FoldedJournal } from './foldedJournal.ts';
import { entryOf, seenRemarks, type Sight } from './linesOf.ts';

export interface TimelineWish extends Sight {
  readonly host: string;
  /** A moment; undefined for the newest. */
  readonly around: number | undefined;
  readonly atMs: number | undefined;
  /** Of all that the host still has. */
  readonly first: TimelinePoint;
  readonly last: TimelinePoint;
}

const entriesMax = 500;
const spans = 120;

export function describeTimeline(folded: FoldedJournal, wish: TimelineWish): TimelineDocument {
  const { host } = wish;
  const told: Telling[] = [];
  const apps = new Set<string>();
  for (const telling of folded.tellings) {
    for (const { app, isRoutine } of telling.remarks) {
      if (app !== undefined && (wish.isAll || isRoutine !== true)) apps.add(app);
    }
    const remarks = seenRemarks(wish, telling.remarks);
    if (remarks.length > 0 || wish.isAll) told.push({ ...telling, remarks });
  }
  const first = { seq: wish.first.seq, atMs: Math.min(wish.first.atMs, folded.first.atMs) };
  // What was read may be newer than what was said before that.
  const isNewest = folded.last.seq >= wish.last.seq;
  const last = isNewest ? folded.last : wish.last;
  const at = indexOf(told, wish);
  const from = Math.max(0, Math.min(at - Math.floor(entriesMax / 2), told.length - entriesMax));
  const shown = told.slice(from, from + entriesMax);
  return {
    ...{ host, first, last, readFirst: folded.first, readLast: folded.last },
    entries: shown.map(entryOf),
    hasEarlier: from > 0 || folded.first.seq > wish.first.seq,
    hasLater: from + shown.length < told.length || !isNewest,
    ...densityOf(told, first.atMs, last.atMs),
    apps: [...apps].sort(),
    damage: folded.damage ?? null,
  };
}

/** Of the last one that is not behind the moment. */
function indexOf(told: readonly Telling[], { around, atMs }: TimelineWish): number {
  if (around === undefined && atMs === undefined) return told.length - 1;
  return told.findLastIndex((telling) =>
    around === undefined ? telling.atMs <= (atMs ?? 0) : telling.seq <= around,
  );
}

const troubling: ReadonlySet<string> = new Set(['failed', 'held']);

function densityOf(told: readonly Telling[], fromMs: number, toMs: number) {
  const density = Array.from({ length: spans }, () => 0);
  const troubles = Array.from({ length: spans }, () => 0);
  const perMs = toMs > fromMs ? spans / (toMs - fromMs) : 0;
  for (const { atMs, remarks } of told) {
    const at = Math.max(0, Math.min(spans - 1, Math.floor((atMs - fromMs) * perMs)));
    density[at] = (density[at] ?? 0) + 1;
    if (!remarks.some(({ kind }) => troubling.has(kind))) continue;
    troubles[at] = (troubles[at] ?? 0) + 1;
  }
  return { density, troubles };
}
