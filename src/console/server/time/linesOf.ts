/** What an event says, as lines for the page: of the apps that whoever asks may see, and no others. */
import type { TimelineEntry, TimelineLine } from '../../../domain/console/timeApi.ts';
import { matchesAny } from '../../../domain/wildcard.ts';
import { visible } from '../../../commands/textTable.ts';
import { sentencesOf } from '../../../replay/layOut.ts';
import type { Remark, Telling } from '../../../replay/narrate/remark.ts';

export interface Sight {
  /** Wildcards of the apps that may be seen. */
  readonly apps: readonly string[];
  /** Of these only this one, and what concerns the whole host. */
  readonly app: string | undefined;
  /** Also what happens all the time. */
  readonly isAll: boolean;
}

export function isSeen({ apps, app }: Sight, about: string | undefined): boolean {
  if (about === undefined) return true;
  return matchesAny(about, apps) && (app === undefined || app === about);
}

export function seenRemarks(sight: Sight, remarks: readonly Remark[]): readonly Remark[] {
  return remarks.filter(
    (remark) => isSeen(sight, remark.app) && (sight.isAll || remark.isRoutine !== true),
  );
}

/** More lines than this are counted. */
const linesMax = 12;
const textMax = 2_000;

export function entryOf({ seq, atMs, type, remarks }: Telling): TimelineEntry {
  const lines = linesOf(remarks);
  const shown = lines.slice(0, linesMax);
  return {
    ...{ seq, atMs, type, isPlan: type === 'PlanStarted' },
    lines: shown,
    more: lines.length - shown.length,
  };
}

export function linesOf(remarks: readonly Remark[]): readonly TimelineLine[] {
  return sentencesOf(remarks).map(({ remark, apps, text }) => ({
    kind: remark.kind,
    app: apps.length === 1 ? (apps[0] ?? null) : null,
    text: text.slice(0, textMax),
    because: remark.because === undefined ? null : visible(remark.because).slice(0, textMax),
  }));
}
