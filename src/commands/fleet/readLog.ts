/** The end of a log, and what is added to it: over pieces, through rotations. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ok, type Result } from '../../domain/result.ts';
import type { FetchedPiece, FetchError } from './fetchLog.ts';

export type Fetch = (from: {
  readonly offset?: number;
  readonly length: number;
}) => Promise<Result<FetchedPiece, FetchError>>;

export interface LogEnd {
  readonly bytes: Buffer;
  /** Where what comes next begins. */
  readonly next: number;
}

const pieceBytes = 64 * 1024;
/** Of what is shown of what is there already. */
const endMaxBytes = 4 * 1024 * 1024;

/** The last so many lines, as far as they fit in 4 MiB. */
export async function readEnd(fetch: Fetch, lines: number): Promise<Result<LogEnd, FetchError>> {
  const last = await fetch({ length: lines === 0 ? 0 : pieceBytes });
  if (!last.ok) return last;
  let { bytes, offset } = last.value;
  const next = offset + bytes.length;
  while (offset > 0 && bytes.length < endMaxBytes && countLines(bytes) <= lines && lines > 0) {
    const length = Math.min(pieceBytes, offset);
    const more = await fetch({ offset: offset - length, length });
    // It was rotated meanwhile: what there is will do.
    if (!more.ok || more.value.bytes.length !== length) break;
    bytes = Buffer.concat([more.value.bytes, bytes]);
    ({ offset } = more.value);
  }
  return ok({ bytes: lastLines(bytes, lines), next });
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}

/** A last one without its end counts too. */
export function lastLines(bytes: Buffer, lines: number): Buffer {
  if (lines === 0) return Buffer.alloc(0);
  let start = bytes.length;
  if (bytes[start - 1] === 10) start -= 1;
  for (let left = lines; left > 0 && start >= 0; left -= 1) {
    start = start === 0 ? -1 : bytes.lastIndexOf(10, start - 1);
  }
  return bytes.subarray(start + 1);
}

export interface Following {
  readonly fetch: Fetch;
  readonly next: number;
  readonly isOver: () => boolean;
  readonly onBytes: (bytes: Buffer) => void;
  readonly onRotated: () => void;
  /** Undefined: it answers again. */
  readonly onTrouble: (error: FetchError | undefined) => void;
}

const pollMs = 500;
const followPieceBytes = 256 * 1024;

/** Until it is over; an agent that is away is waited for. */
export async function followLog(following: Following): Promise<void> {
  const { fetch, isOver, onBytes, onRotated, onTrouble } = following;
  let { next } = following;
  let hasTrouble = false;
  while (!isOver()) {
    const piece = await fetch({ offset: next, length: followPieceBytes });
    if (isOver()) return;
    if (!piece.ok || hasTrouble) onTrouble(piece.ok ? undefined : piece.error);
    hasTrouble = !piece.ok;
    if (piece.ok && piece.value.size < next) {
      next = 0;
      onRotated();
      continue;
    }
    const { bytes } = piece.ok ? piece.value : { bytes: Buffer.alloc(0) };
    if (bytes.length > 0 && piece.ok) {
      onBytes(bytes);
      next = piece.value.offset + bytes.length;
    }
    if (bytes.length < followPieceBytes) await sleep(pollMs);
  }
}
