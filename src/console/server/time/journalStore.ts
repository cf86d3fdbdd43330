/**
 * Journals of hosts, as far as somebody looks into them: two segments at a time, the one of the moment
 * and the one before it, as the agent gives them without their secrets, folded by the thread.
 */
import type { AgentRefusal, AgentSource } from '../../../commands/fleet/askAgent.ts';
import { fetchCopy, fetchListing } from '../../../commands/fleet/fetchJournal.ts';
import type { TimelinePoint } from '../../../domain/console/timeApi.ts';
import type { JournalListing, ListedSegment } from '../../../domain/journalListing.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import type { FoldThread } from './foldThread.ts';

export interface MomentSought {
  /** Neither: the newest. */
  readonly seq: number | undefined;
  readonly atMs: number | undefined;
}

/** A journal that is folded, by the name that the thread knows it by. */
export interface JournalWindow {
  readonly key: string;
  /** Of all that the host still has. */
  readonly first: TimelinePoint;
  readonly last: TimelinePoint;
}

export type StoreFault =
  | Readonly<{ type: 'Agent'; refusal: AgentRefusal }>
  | Readonly<{ type: 'NoJournal'; detail: string }>
  | Readonly<{ type: 'NotFolded'; detail: string }>;

export interface JournalStore {
  /** `isAnew`: what the thread was thought to have it has not. */
  readonly open: (
    host: string,
    source: AgentSource,
    sought: MomentSought,
    /** Aborts when nobody waits for it any more. */
    signal: AbortSignal,
    isAnew?: boolean,
  ) => Promise<Result<JournalWindow, StoreFault>>;
}

interface Known {
  /** Of the segments in the copy that was folded. */
  readonly sizes: string;
  readonly last: TimelinePoint;
  /** It was too much to be folded, for this reason. */
  readonly refusal?: string;
}

/** Of two segments: a segment is begun anew at 16 MiB, and may be larger by an event or so. */
const windowMaxBytes = 40 * 1024 * 1024;
const knownMax = 100;
/** Hosts that are asked at the same time. */
const hostsMax = 8;

export function createJournalStore(thread: Pick<FoldThread, 'run'>): JournalStore {
  const known = new Map<string, Known>();
  const turns = new Map<string, Promise<unknown>>();
  const remember = (key: string, one: Known): void => {
    known.delete(key);
    known.set(key, one);
    for (const name of known.keys()) if (known.size > knownMax) known.delete(name);
  };

  const open: JournalStore['open'] = async (host, source, sought, signal, isAnew = false) => {
    if (signal.aborted) return err({ type: 'NotFolded', detail: 'nobody waits for it any more' });
    const listing = await fetchListing(source);
    if (!listing.ok) return err({ type: 'Agent', refusal: listing.error });
    const chosen = chooseSegments(listing.value, sought);
    const [oldest] = listing.value.segments;
    if (oldest === undefined || chosen.length === 0) {
      return err({ type: 'NoJournal', detail: 'that host has no journal' });
    }
    const first = { seq: Math.max(0, oldest.firstSeq - 1), atMs: oldest.atMs };
    const names = chosen.map(({ firstSeq, atMs }) => `${String(firstSeq)}@${String(atMs)}`);
    const key = JSON.stringify([host, ...names]);
    const window = { key, first, last: listing.value.last };
    const sizes = chosen.map(({ sizeBytes }) => sizeBytes).join(',');
    const before = known.get(key);
    if (before?.refusal !== undefined && before.sizes === sizes) {
      return err({ type: 'NotFolded', detail: before.refusal });
    }
    const folded = isAnew || before?.refusal !== undefined ? undefined : before;
    if (folded !== undefined && (folded.sizes === sizes || isWithin(folded.last, sought))) {
      return ok(window);
    }
    const firstSeqs = chosen.map(({ firstSeq }) => firstSeq);
    const copy = await fetchCopy(source, firstSeqs, folded?.sizes);
    if (!copy.ok) return err({ type: 'Agent', refusal: copy.error });
    const { bytes: compressed } = copy.value;
    if (compressed === undefined) return ok(window);
    const word = await thread.run({ type: 'Fold', key, compressed }, signal);
    if (!word.ok) {
      const { detail, isTooMuch } = word.error;
      if (signal.aborted) return err({ type: 'NotFolded', detail });
      for (const [name, { refusal }] of known) if (refusal === undefined) known.delete(name);
      if (isTooMuch) remember(key, { sizes: copy.value.sizes, last: window.last, refusal: detail });
      return err({ type: 'NotFolded', detail });
    }
    if (word.value.type !== 'Folded') {
      return err({ type: 'NotFolded', detail: 'it was not folded' });
    }
    const { result } = word.value;
    if (!result.ok) return err({ type: 'NotFolded', detail: result.error });
    remember(key, { sizes: copy.value.sizes, last: result.value.last });
    return ok(window);
  };
  return {
    // One at a time: two who look at one host fetch it once.
    open: async (host, ...given) => {
      const before = turns.get(host);
      if (before === undefined && turns.size >= hostsMax) {
        return err({ type: 'NotFolded', detail: 'too many look into the past; try again' });
      }
      const turn = (before ?? Promise.resolve()).then(() => open(host, ...given));
      const over = turn.catch(() => undefined);
      turns.set(host, over);
      try {
        return await turn;
      } finally {
        if (turns.get(host) === over) turns.delete(host);
      }
    },
  };
}

/** The moment was there already when it was folded; only what is behind it is new. */
function isWithin(last: TimelinePoint, { seq, atMs }: MomentSought): boolean {
  if (seq !== undefined) return seq <= last.seq;
  return atMs !== undefined && atMs < last.atMs;
}

export function chooseSegments(
  { segments }: JournalListing,
  { seq, atMs }: MomentSought,
): readonly ListedSegment[] {
  const found =
    seq === undefined && atMs === undefined
      ? segments.length - 1
      : segments.findLastIndex((segment) =>
          seq === undefined ? segment.atMs <= (atMs ?? 0) : segment.firstSeq - 1 <= seq,
        );
  const at = Math.max(0, found);
  const chosen = segments.slice(Math.max(0, at - 1), at + 1);
  const bytes = chosen.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return bytes > windowMaxBytes ? chosen.slice(-1) : chosen;
}
