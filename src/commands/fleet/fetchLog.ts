/** Pieces of a log from an agent: `GET /logs`. */
import { type Result, err, ok } from '../../domain/result.ts';
import { type AgentRefusal, type AgentSource, askAgent, numberOf } from './askAgent.ts';

export type LogSource = AgentSource;
export type FetchError = AgentRefusal;

export interface LogWish {
  readonly app: string;
  readonly process: string | undefined;
  readonly stream: 'stdout' | 'stderr';
}

export interface FetchedPiece {
  readonly bytes: Buffer;
  /** Of the first byte, in the file. */
  readonly offset: number;
  readonly size: number;
}

/** More than an agent gives at once. */
const replyMaxBytes = 4 * 1024 * 1024;

/** At most `length` bytes from `offset` on; without it the last ones. */
export async function fetchPiece(
  source: LogSource,
  { app, process, stream }: LogWish,
  { offset, length }: { readonly offset?: number; readonly length: number },
): Promise<Result<FetchedPiece, FetchError>> {
  const query = new URLSearchParams({ app, stream, length: String(length) });
  if (process !== undefined) query.set('process', process);
  if (offset !== undefined) query.set('offset', String(offset));
  const reply = await askAgent(source, `/logs?${query.toString()}`, replyMaxBytes);
  if (!reply.ok) return reply;
  const from = numberOf(reply.value, 'x-log-offset');
  const size = numberOf(reply.value, 'x-log-size');
  if (Number.isSafeInteger(from) && Number.isSafeInteger(size)) {
    return ok({ bytes: reply.value.bytes, offset: from, size });
  }
  return err({ status: 200, code: '', detail: 'status 200' });
}
