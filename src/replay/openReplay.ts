/** The journal that a view is made of: found, cut to what the view needs, and read with progress. */
import type { CommandIo } from '../commands/commandIo.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { JournalItem } from '../journal/journalItem.ts';
import { findJournal, type JournalSource, lastTimeMs } from '../journal/journalSources.ts';
import { readJournal } from '../journal/readJournal.ts';
import { type Moment, parseMoment } from './moments.ts';
import { createReadProgress } from './readProgress.ts';

export interface Replay {
  readonly sources: readonly JournalSource[];
  /** `option` is named in the error. */
  readonly moment: (option: string, text: string | undefined) => Result<Moment | undefined, string>;
  /** From the segment in which this moment lies; from the first one without it. */
  readonly read: (from?: Moment) => AsyncIterable<JournalItem>;
  readonly clearProgress: () => void;
}

/** Errors are sentences. */
export async function openReplay(
  paths: readonly string[],
  io: CommandIo,
  nowMs: () => number,
): Promise<Result<Replay, string>> {
  const found = await findJournal(paths);
  if (!found.ok) return found;
  const sources = found.value;
  let endMs: number | undefined;
  const total = sources.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const progress = createReadProgress(io, total, nowMs);
  return ok({
    sources,
    moment: (option, text) => {
      if (text === undefined) return ok(undefined);
      endMs ??= endOf(sources);
      const moment = parseMoment(text, endMs);
      return moment.ok ? moment : err(`${option}: ${moment.error}`);
    },
    read: (from) => readJournal(startingAt(sources, from), progress),
    clearProgress: progress.clear,
  });
}

/** The newest segment may have no event yet. */
function endOf(sources: readonly JournalSource[]): number | undefined {
  for (const source of sources.toReversed()) {
    const atMs = lastTimeMs(source);
    if (atMs !== undefined) return atMs;
  }
  return sources.at(-1)?.atMs;
}

/** Each segment has a checkpoint: those before the moment need not be read. */
function startingAt(
  sources: readonly JournalSource[],
  from: Moment | undefined,
): readonly JournalSource[] {
  if (from === undefined) return sources;
  const first = sources.findLastIndex(({ firstSeq, atMs }) =>
    from.type === 'Seq'
      ? firstSeq !== undefined && firstSeq <= from.seq
      : atMs !== undefined && atMs < from.atMs,
  );
  return first <= 0 ? sources : sources.slice(first);
}
