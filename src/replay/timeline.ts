/**
 * The default view: what happened, event by event, with quiet stretches folded into one line.
 *
 * Streams: the memory it takes does not grow with the journal.
 */
import type { State } from '../../reducers/state.ts';
import type { CommandIo } from '../commands/commandIo.ts';
import { paint } from '../commands/textTable.ts';
import type { JournalItem } from '../journal/journalItem.ts';
import { type Folded, foldJournal, type SegmentBeginning, type Torn } from './foldJournal.ts';
import { createLayout } from './layOut.ts';
import { isAfter, isBefore, type Moment, momentText, zoneText } from './moments.ts';
import { createNarrator } from './narrate/narrate.ts';
import type { Remark, Telling } from './narrate/remark.ts';
import { describeGap } from './verifyJournal.ts';

export interface TimelineOptions {
  /** Only what concerns this app, or the whole host. */
  readonly app: string | undefined;
  readonly since: Moment | undefined;
  readonly until: Moment | undefined;
  /** Also what happens all the time and changes nothing. */
  readonly isAll: boolean;
  readonly isJson: boolean;
  /** Waits until what was written has left. */
  readonly pause: () => Promise<void>;
}

/** What is told of, and where it goes. */
interface Teller {
  readonly begin: (beginning: SegmentBeginning) => void;
  readonly tell: (telling: Telling) => void;
  readonly end: (folded: Folded, torn: Torn | undefined) => void;
}

export async function writeTimeline(
  items: AsyncIterable<JournalItem>,
  io: Pick<CommandIo, 'writeOut' | 'outHasColours'>,
  options: TimelineOptions,
): Promise<Folded> {
  const { since, until } = options;
  const teller = options.isJson ? createJsonTeller(io) : createTextTeller(io);
  const narrator = createNarrator();
  let torn: Torn | undefined;
  let hasBegun = false;
  const folded = await foldJournal(items, {
    checkpoints: 'adopt',
    segment: (beginning) => {
      const { header, gap } = beginning;
      if (!hasBegun) teller.begin(beginning);
      if (!hasBegun || gap !== undefined) narrator.begin(beginning.state);
      hasBegun = true;
      if (gap === undefined) return;
      const remarks = [{ kind: 'journal', app: undefined, text: describeGap(gap) } as const];
      teller.tell({ seq: header.firstSeq, atMs: header.atMs, type: 'Gap', remarks });
    },
    before: ({ seq, atMs }, state) => {
      if (until !== undefined && isAfter(until, seq, atMs)) return false;
      if (since !== undefined && isBefore(since, seq, atMs)) return true;
      if (isFirstShown(since, state)) narrator.begin(state);
      return true;
    },
    after: (recorded, before, after) => {
      const { seq, atMs } = recorded;
      if (since !== undefined && isBefore(since, seq, atMs)) return;
      const telling = narrator.tell(recorded, before, after);
      teller.tell(filtered(telling, options));
    },
    torn: (found) => {
      torn = found;
    },
    pause: options.pause,
  });
  teller.end(folded, torn);
  return folded;
}

/** The event before this one was not shown: what is held already is no news. */
function isFirstShown(since: Moment | undefined, { seq, atMs }: State): boolean {
  return since !== undefined && isBefore(since, seq, atMs);
}

function filtered(telling: Telling, { app, isAll }: TimelineOptions): Telling {
  const remarks = telling.remarks.filter(
    (remark) => (isAll || remark.isRoutine !== true) && concerns(remark, app),
  );
  return { ...telling, remarks };
}

function concerns(remark: Remark, app: string | undefined): boolean {
  return app === undefined || remark.app === undefined || remark.app === app;
}

/** Shorter than this, a stretch without news needs no line. */
const quietMs = 10_000;

function createTextTeller(io: Pick<CommandIo, 'writeOut' | 'outHasColours'>): Teller {
  const layout = createLayout(io.outHasColours);
  const dim = (text: string): string => paint(io.outHasColours, 'dim', text);
  let skipped = 0;
  let lastMs: number | undefined;
  return {
    begin: ({ header }) => {
      const { host, supervene, firstSeq, atMs } = header;
      const from = firstSeq === 1 ? 'its first event' : `event ${String(firstSeq)}`;
      const when = `${momentText(atMs)} ${zoneText(atMs)}`;
      io.writeOut(
        `${dim(`journal of ${host} from ${from}, ${when}, by supervene ${supervene}`)}\n`,
      );
    },
    tell: (telling) => {
      if (telling.remarks.length === 0) {
        skipped += 1;
        lastMs ??= telling.atMs;
        return;
      }
      const stretchMs = telling.atMs - (lastMs ?? telling.atMs);
      if (skipped > 0 && stretchMs >= quietMs) io.writeOut(layout.quiet(skipped, stretchMs));
      io.writeOut(layout.telling(telling));
      skipped = 0;
      lastMs = telling.atMs;
    },
    end: ({ state, events }, torn) => {
      if (state !== undefined && skipped > 0) {
        const stretchMs = state.atMs - (lastMs ?? state.atMs);
        if (stretchMs >= quietMs) io.writeOut(layout.quiet(skipped, stretchMs));
      }
      if (events === 0) io.writeOut(`${dim('no events')}\n`);
      if (torn !== undefined) io.writeOut(`${dim(tornText(torn))}\n`);
    },
  };
}

export function tornText({ place, line, bytes }: Torn): string {
  const size = `${String(bytes)} bytes`;
  return `${place}, line ${String(line)}: the end is torn (${size}): cut off by a crash, or being written just now; everything before it is here`;
}

/** One document, written piece by piece. */
function createJsonTeller(io: Pick<CommandIo, 'writeOut'>): Teller {
  let separator = '\n';
  return {
    begin: ({ header }) => {
      const { host, supervene, firstSeq } = header;
      const head = JSON.stringify({ host, supervene, firstSeq }).slice(0, -1);
      io.writeOut(`${head},"events":[`);
    },
    tell: ({ remarks, atMs, ...rest }) => {
      if (remarks.length === 0) return;
      const at = new Date(atMs).toISOString();
      io.writeOut(`${separator}  ${JSON.stringify({ ...rest, atMs, at, remarks })}`);
      separator = ',\n';
    },
    end: ({ state, events, refusal }, torn) => {
      if (state === undefined) return;
      const lastSeq = state.seq;
      const tail = JSON.stringify({ eventsRead: events, lastSeq, torn, refusal }).slice(1);
      io.writeOut(`\n],${tail}\n`);
    },
  };
}
