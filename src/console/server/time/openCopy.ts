/** What an agent gave of its journal, taken apart: segments in blocks of some events. */
import { constants, gunzipSync } from 'node:zlib';
import { err, ok, type Result } from '../../../domain/result.ts';
import type { MemorySegment } from '../../../journal/readMemory.ts';
import type { CopyEnd } from '../../../replay/redact/redactSegments.ts';

export interface CopiedSegment extends MemorySegment {
  /** The header first; then lines of some events each. */
  readonly chunks: readonly Uint8Array[];
  /** Of the first event in each of the chunks behind the header. */
  readonly firstSeqs: readonly number[];
}

export interface OpenedCopy {
  readonly segments: readonly CopiedSegment[];
  /** Why something is missing, as a sentence. */
  readonly damage: string | undefined;
}

/** Two segments of 40 MiB, and what redaction adds. */
const textMaxBytes = 100 * 1024 * 1024;
const blockEvents = 64;
const headerStart = Buffer.from('{"format":"supervene-journal",');
const lineEnd = 0x0a;

/** The error is a sentence. */
export function openCopy(compressed: Uint8Array): Result<OpenedCopy, string> {
  const bytes = unpack(compressed);
  if (bytes === undefined) return err(strange);
  const starts = lineStarts(bytes);
  const endAt = starts.pop();
  const end = endAt === undefined ? undefined : readEnd(bytes.subarray(endAt));
  if (endAt === undefined || end === undefined || starts[0] !== 0) return err(strange);
  const segments: CopiedSegment[] = [];
  for (let at = 0; at < starts.length;) {
    let next = at + 1;
    while (next < starts.length && !isHeader(bytes, starts[next] ?? 0)) next += 1;
    const segment = segmentOf(bytes, [...starts.slice(at, next), starts[next] ?? endAt]);
    if (segment === undefined) return err(strange);
    segments.push(segment);
    at = next;
  }
  return ok({ segments, damage: end.damage ?? undefined });
}

const strange = 'the agent gave something that is no journal';

function unpack(compressed: Uint8Array): Buffer | undefined {
  try {
    const finishFlush = constants.Z_SYNC_FLUSH;
    return gunzipSync(compressed, { maxOutputLength: textMaxBytes, finishFlush });
  } catch {
    return undefined;
  }
}

function lineStarts(bytes: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 0; at < bytes.length;) {
    starts.push(at);
    const end = bytes.indexOf(lineEnd, at);
    at = end === -1 ? bytes.length : end + 1;
  }
  return starts;
}

function isHeader(bytes: Buffer, at: number): boolean {
  return bytes.subarray(at, at + headerStart.length).equals(headerStart);
}

/** `bounds`: where each line begins, the header's first, and where the last one ends. */
function segmentOf(bytes: Buffer, bounds: readonly number[]): CopiedSegment | undefined {
  const [start = 0, body = start] = bounds;
  const header = bytes.subarray(start, body);
  const digits = /"firstSeq":(\d{1,15}),/.exec(header.toString('latin1', 0, 1_024))?.[1];
  if (!isHeader(bytes, start) || digits === undefined) return undefined;
  const firstSeq = Number(digits);
  const chunks: Uint8Array[] = [header];
  const firstSeqs: number[] = [];
  const events = bounds.length - 2;
  for (let event = 0; event < events; event += blockEvents) {
    const [from, to] = [bounds[event + 1], bounds[Math.min(events, event + blockEvents) + 1]];
    // Without gaps from the first on: what has some is refused when it is folded.
    firstSeqs.push(firstSeq + event);
    chunks.push(bytes.subarray(from, to));
  }
  return { firstSeq, chunks, firstSeqs };
}

function readEnd(line: Buffer): CopyEnd | undefined {
  try {
    const end = JSON.parse(line.toString('utf8')) as Partial<Record<keyof CopyEnd, unknown>>;
    const { format, damage = null } = end;
    const isOne = damage === null || typeof damage === 'string';
    return format === 'supervene-journal-copy' && isOne ? { format, damage } : undefined;
  } catch {
    return undefined;
  }
}
