/**
 * The journal for `GET /journal`: which segments there are, and copies of some without their secrets,
 * compressed and a piece at a time. As it stands on the disk it is given to nobody: it holds contents,
 * and they hold secrets. Nothing here waits in the loop's way.
 */
import { stat } from 'node:fs/promises';
import type { JournalListing, ListedSegment } from '../domain/journalListing.ts';
import { type Answer, jsonAnswer } from '../http/respond.ts';
import { listSegments, type SegmentFile, segmentPath } from '../journal/segment.ts';
import type { JournalCopies, JournalCopy } from './journalCopies.ts';
import { readPlainFile } from './readPlainFile.ts';

export interface JournalPiecesDeps {
  readonly journalDir: string;
  /** The newest event, which may not be on the disk yet. */
  readonly last: () => JournalListing['last'];
  readonly copies: Pick<JournalCopies, 'open' | 'kept'>;
}

/** Of one answer. */
export const journalPieceMaxBytes = 4 * 1024 * 1024;
/** Bytes are held until they are taken: so many answers at once and no more. */
const readersMax = 8;
/** Where `atMs` stands in a header: before the settings and the checkpoint. */
const peekBytes = 1024;

/**
 * Without `segments` the list of them. With it (`69,87038`: one or two, by their first events) the
 * beginning of a copy, empty when it is the one of `not`; 202 while it is being made. With `sizes` and
 * `offset` more of that copy; 410 when it is not kept any more.
 */
export function createJournalReader(
  deps: JournalPiecesDeps,
): (query: URLSearchParams) => Promise<Answer> {
  const begunMs = new Map<number, number>();
  let readers = 0;
  return async (query) => {
    if (readers >= readersMax) return refused(503, 'the journal is being read by others: again');
    readers += 1;
    try {
      return query.has('segments')
        ? await readCopy(deps, query)
        : jsonAnswer(200, await list(deps, begunMs));
    } catch (error) {
      const { code = 'failed' } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return gone;
      return refused(503, `the journal cannot be read: ${code}`);
    } finally {
      readers -= 1;
    }
  };
}

async function list(
  { journalDir, last }: JournalPiecesDeps,
  begunMs: Map<number, number>,
): Promise<JournalListing> {
  const files = await listSegments(journalDir);
  const segments: ListedSegment[] = [];
  for (const file of files) {
    const { firstSeq, sizeBytes } = file;
    const atMs = begunMs.get(firstSeq) ?? (await peekTime(file));
    if (atMs === undefined) continue;
    begunMs.set(firstSeq, atMs);
    segments.push({ firstSeq, sizeBytes, atMs });
  }
  const there = new Set(files.map(({ firstSeq }) => firstSeq));
  for (const firstSeq of begunMs.keys()) if (!there.has(firstSeq)) begunMs.delete(firstSeq);
  return { segments, last: last() };
}

/** Undefined where there is no whole header, which a segment under its name has. */
async function peekTime({ path }: SegmentFile): Promise<number | undefined> {
  const bytes = await readPlainFile(path, peekBytes);
  const digits = /"atMs":(\d{1,16})/.exec(bytes.toString('latin1'))?.[1];
  return digits === undefined ? undefined : Number(digits);
}

async function readCopy({ journalDir, copies }: JournalPiecesDeps, query: URLSearchParams) {
  const segments = numbersOf(query.get('segments'));
  const offset = numbersOf(query.get('offset') ?? '0')?.[0];
  if (segments === undefined || segments.length > 2 || offset === undefined) {
    return refused(400, 'segments are the first events of one or two, offset a number of bytes');
  }
  const sizes = query.get('sizes');
  if (sizes !== null) {
    const copy = copies.kept(segments, sizes);
    return copy === undefined
      ? refused(410, 'that copy of the journal is no longer kept')
      : pieceOf(copy, offset);
  }
  const now: number[] = [];
  for (const firstSeq of segments) now.push((await stat(segmentPath(journalDir, firstSeq))).size);
  const reply = await copies.open(segments, now.join(','));
  switch (reply.type) {
    case 'Copy':
      return query.get('not') === reply.copy.sizes
        ? pieceOf(reply.copy, reply.copy.bytes.length)
        : pieceOf(reply.copy, offset);
    case 'Later':
      return refused(202, 'a copy of the journal without its secrets is being made: again');
    case 'Gone':
      return gone;
    case 'Failed':
      return refused(503, reply.detail);
    default:
      return reply satisfies never;
  }
}

function pieceOf({ bytes, sizes }: JournalCopy, offset: number): Answer {
  return {
    status: 200,
    body: bytes.subarray(offset, offset + journalPieceMaxBytes),
    contentType: 'application/gzip',
    headers: { 'x-journal-length': String(bytes.length), 'x-journal-sizes': sizes },
  };
}

function numbersOf(text: string | null): readonly number[] | undefined {
  const words = text?.split(',') ?? [];
  const isEach = words.length > 0 && words.every((word) => /^(?:0|[1-9]\d{0,14})$/.test(word));
  return isEach ? words.map(Number) : undefined;
}

const gone = refused(404, 'that segment of the journal is no longer there');

function refused(status: number, error: string): Answer {
  return jsonAnswer(status, { error });
}
