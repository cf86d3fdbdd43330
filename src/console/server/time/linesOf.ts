/** What an event says, as lines for the page. */
import type { TimelineEntry, TimelineLine } from '../../../domain/console/timeApi.ts';
import { visible } from '../../../commands/textTable.ts';
import { sentencesOf } from '../../../replay/layOut.ts';
import type { Remark, Telling } from '../../../replay/narrate/remark.ts';

/** What is looked for: whoever may look sees all apps of the host. */
export interface Sight {
  /** This one alone, and what concerns the whole host; undefined: every app. */
  readonly app: string | undefined;
  /** Also what happens all the time. */
  readonly isAll: boolean;
}

export function seenRemarks({ app, isAll }: Sight, remarks: readonly Remark[]): readonly Remark[] {
  return remarks.filter(
    (remark) =>
      (app === undefined || remark.app === undefined || remark.app === app) &&
      (isAll || remark.isRoutine !== true),
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
