/**
 * The journal as it stands on the disk, a piece at a time, for `GET /journal`: which segments there
 * are, and bytes of one. Nothing here waits in the loop's way: each read is short and asynchronous.
 *
 * What is handed out is not redacted: a journal holds contents, and they hold secrets.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { JournalListing, ListedSegment } from '../domain/journalListing.ts';
import { type Answer, jsonAnswer } from '../http/respond.ts';
import { listSegments, type SegmentFile, segmentPath } from '../journal/segment.ts';

export interface JournalPiecesDeps {
  readonly journalDir: string;
  /** The newest event, which may not be on the disk yet. */
  readonly last: () => JournalListing['last'];
}

/** Of one answer. */
export const journalPieceMaxBytes = 4 * 1024 * 1024;
/** Bytes are held until they are taken: so many answers at once and no more. */
const readersMax = 4;
/** Where `atMs` stands in a header: before the settings and the checkpoint. */
const peekBytes = 1024;

/** Without `segment` the list of them; with it the bytes that its query says, as many as there are. */
export function createJournalReader(
  deps: JournalPiecesDeps,
): (query: URLSearchParams) => Promise<Answer> {
  const begunMs = new Map<number, number>();
  let readers = 0;
  return async (query) => {
    if (readers >= readersMax) return refused(503, 'the journal is being read by others: again');
    readers += 1;
    try {
      return query.has('segment')
        ? await readPiece(deps, query)
        : jsonAnswer(200, await list(deps, begunMs));
    } catch (error) {
      const { code = 'failed' } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return refused(404, 'that segment of the journal is no longer there');
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
  const { bytes } = await readFrom(path, 0, peekBytes);
  const digits = /"atMs":(\d{1,16})/.exec(bytes.toString('latin1'))?.[1];
  return digits === undefined ? undefined : Number(digits);
}

async function readPiece({ journalDir }: JournalPiecesDeps, query: URLSearchParams) {
  const segment = wholeNumber(query.get('segment'), undefined);
  const offset = wholeNumber(query.get('offset'), 0);
  const length = wholeNumber(query.get('length'), journalPieceMaxBytes);
  if (segment === undefined || offset === undefined || length === undefined) {
    return refused(400, 'segment is a number, offset and length are numbers of bytes');
  }
  const path = segmentPath(journalDir, segment);
  const { bytes, size } = await readFrom(path, offset, Math.min(length, journalPieceMaxBytes));
  return {
    status: 200,
    body: bytes,
    contentType: 'application/octet-stream',
    headers: { 'x-journal-size': String(size) },
  };
}

/** Throws what the file system throws. No links, and nothing but files. */
async function readFrom(
  path: string,
  offset: number,
  length: number,
): Promise<{ readonly bytes: Buffer; readonly size: number }> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw Object.assign(new Error('no file'), { code: 'ENOENT' });
    const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, stats.size - offset)));
    return { bytes: bytes.subarray(0, await fill(file, bytes, offset)), size: stats.size };
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, bytes: Buffer, offset: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

function wholeNumber(text: string | null, otherwise: number | undefined): number | undefined {
  if (text === null) return otherwise;
  return /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
}

function refused(status: number, error: string): Answer {
  return jsonAnswer(status, { error });
}
