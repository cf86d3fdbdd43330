/** What is added to a log, pushed to whoever looks, for as long as he looks: through rotations. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type FetchedPiece,
  type FetchError,
  fetchPiece,
  type LogSource,
  type LogWish,
} from '../../../commands/fleet/fetchLog.ts';
import type { LogPiece } from '../../../domain/console/api.ts';
import type { Result } from '../../../domain/result.ts';
import type { Answer } from '../../../http/respond.ts';
import type { AnswerStream, ConsoleAsk } from '../handlers.ts';

export interface LogAsk {
  readonly host: string;
  readonly wish: LogWish;
  /** Undefined: the end of it. */
  readonly offset: number | undefined;
  readonly length: number;
}

export interface FollowHooks {
  /** Asked again when the agent does not answer: it may have moved. */
  readonly findSource: () => Promise<Result<LogSource, Answer>>;
  readonly faultOf: (source: LogSource, error: FetchError) => Answer;
}

const pollMs = 400;
const troubleMs = 2_000;
const beatMs = 15_000;
/** At once; what was added faster is asked for as soon as this has left. */
const pieceBytes = 128 * 1024;
/** Of what is there already, when nobody says from where on. */
const endBytes = 64 * 1024;

export async function followPieces(
  ask: ConsoleAsk,
  found: LogSource,
  { wish, offset }: LogAsk,
  { findSource, faultOf }: FollowHooks,
): Promise<void> {
  const stream = ask.stream({ contentType: 'text/event-stream' });
  let source = found;
  let next = offset;
  let isRestarted = false;
  let trouble = '';
  let spokeMs = performance.now();
  const say = (text: string): void => {
    stream.write(text);
    spokeMs = performance.now();
  };
  while (!ask.signal.aborted) {
    const from = next === undefined ? { length: endBytes } : { offset: next, length: pieceBytes };
    const piece = await fetchPiece(source, wish, from);
    if (ask.signal.aborted) break;
    if (!piece.ok) {
      const fault = faultOf(source, piece.error);
      const again = await findSource();
      if (again.ok) source = again.value;
      const told = String((again.ok ? fault : again.error).body).trim();
      if (told !== trouble) say(`event: trouble\ndata: ${told}\n\n`);
      trouble = told;
      if (!(await pause(ask, stream, troubleMs))) break;
      continue;
    }
    if (next !== undefined && piece.value.size < next) {
      // It was rotated, or cut off: what is there now begins anew.
      next = 0;
      isRestarted = true;
      continue;
    }
    if (isNews(piece.value, trouble, next)) {
      say(`data: ${JSON.stringify(logPiece(piece.value, isRestarted))}\n\n`);
      isRestarted = false;
    }
    trouble = '';
    next = piece.value.offset + piece.value.bytes.length;
    if (performance.now() - spokeMs > beatMs) say(': beat\n\n');
    const isMore = piece.value.bytes.length > 0 && next < piece.value.size;
    if (!(await pause(ask, stream, isMore ? 0 : pollMs))) break;
  }
  stream.end();
}

/** The first piece is told even when it is empty, and so is that the agent answers again. */
function isNews({ bytes }: FetchedPiece, trouble: string, next: number | undefined): boolean {
  return bytes.length > 0 || trouble !== '' || next === undefined;
}

function logPiece({ bytes, offset, size }: FetchedPiece, isRestarted: boolean): LogPiece {
  return { offset, size, base64: bytes.toString('base64'), isRestarted };
}

/** False: nobody looks any more. */
async function pause({ signal }: ConsoleAsk, stream: AnswerStream, ms: number): Promise<boolean> {
  await stream.drained();
  try {
    if (ms > 0) await sleep(ms, undefined, { signal });
  } catch {
    return false;
  }
  return !signal.aborted;
}
