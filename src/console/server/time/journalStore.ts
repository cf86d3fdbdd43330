/**
 * Journals of hosts, as far as somebody looks into them: two segments at a time, the one of the moment
 * and the one before it, fetched from the agent, folded by the thread, and kept while there is room.
 * A segment only grows: what was fetched of it is not fetched again.
 */
import type { AgentRefusal, AgentSource } from '../../../commands/fleet/askAgent.ts';
import { fetchListing, fetchSegment } from '../../../commands/fleet/fetchJournal.ts';
import type { TimelinePoint } from '../../../domain/console/timeApi.ts';
import type { JournalListing, ListedSegment } from '../../../domain/journalListing.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import type { MemorySegment } from '../../../journal/readMemory.ts';
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
    isAnew?: boolean,
  ) => Promise<Result<JournalWindow, StoreFault>>;
}

interface Known {
  /** Of the bytes that were folded. */
  readonly sizes: string;
  readonly last: TimelinePoint;
}

/** Of two segments: a segment is begun anew at 16 MiB, and may be larger by an event or so. */
const windowMaxBytes = 40 * 1024 * 1024;
const keptMaxBytes = 48 * 1024 * 1024;
const knownMax = 100;

export function createJournalStore(thread: Pick<FoldThread, 'run'>): JournalStore {
  const known = new Map<string, Known>();
  const kept = createKept();
  let before: Promise<unknown> = Promise.resolve();

  const open: JournalStore['open'] = async (host, source, sought, isAnew = false) => {
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
    const sizes = chosen.map(({ sizeBytes }) => sizeBytes).join(' ');
    const folded = isAnew ? undefined : known.get(key);
    if (folded !== undefined && (folded.sizes === sizes || isWithin(folded.last, sought))) {
      return ok(window);
    }
    const segments = await fetchAll(host, source, chosen, kept);
    if (!segments.ok) return err({ type: 'Agent', refusal: segments.error });
    const word = await thread.run({ type: 'Fold', key, segments: segments.value });
    if (!word.ok) {
      known.clear();
      return err({ type: 'NotFolded', detail: word.error });
    }
    if (word.value.type !== 'Folded')
      return err({ type: 'NotFolded', detail: 'it was not folded' });
    const { result } = word.value;
    if (!result.ok) return err({ type: 'NotFolded', detail: result.error });
    known.delete(key);
    known.set(key, { sizes, last: result.value.last });
    for (const name of known.keys()) if (known.size > knownMax) known.delete(name);
    return ok(window);
  };
  return {
    // One at a time: two who look at one host fetch it once.
    open: (...given) => {
      const turn = before.then(() => open(...given));
      before = turn.catch(() => undefined);
      return turn;
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

async function fetchAll(
  host: string,
  source: AgentSource,
  chosen: readonly ListedSegment[],
  kept: Kept,
): Promise<Result<readonly MemorySegment[], AgentRefusal>> {
  const segments: MemorySegment[] = [];
  for (const { firstSeq, atMs, sizeBytes } of chosen) {
    const to = Math.min(sizeBytes, windowMaxBytes);
    const name = JSON.stringify([host, firstSeq, atMs]);
    const had = kept.get(name);
    const begun = had !== undefined && had.length <= to ? had : Buffer.alloc(0);
    const rest = await fetchSegment(source, firstSeq, { from: begun.length, to });
    if (!rest.ok) return rest;
    const bytes = rest.value.length === 0 ? begun : Buffer.concat([begun, rest.value]);
    kept.set(name, bytes);
    segments.push({ firstSeq, chunks: [bytes] });
  }
  return ok(segments);
}

interface Kept {
  readonly get: (name: string) => Buffer | undefined;
  readonly set: (name: string, bytes: Buffer) => void;
}

/** The longest unused goes first. */
function createKept(): Kept {
  const buffers = new Map<string, Buffer>();
  return {
    get: (name) => buffers.get(name),
    set: (name, bytes) => {
      buffers.delete(name);
      buffers.set(name, bytes);
      let total = [...buffers.values()].reduce((sum, { length }) => sum + length, 0);
      for (const [oldest, { length }] of buffers) {
        if (total <= keptMaxBytes) return;
        buffers.delete(oldest);
        total -= length;
      }
    },
  };
}
