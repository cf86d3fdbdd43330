/**
 * `log` and `followLog`: what a process has written, asked of its agent. The bytes are passed on as
 * they are; nothing here looks into them.
 */
import type { LogSource } from '../../../commands/fleet/fetchLog.ts';
import { fetchPiece } from '../../../commands/fleet/fetchLog.ts';
import { quote } from '../../../domain/quote.ts';
import { err, ok, type Result } from '../../../domain/result.ts';
import type { Answer } from '../../../http/respond.ts';
import type { ConsoleAnswer, ConsoleAsk, Handlers } from '../handlers.ts';
import { agentFault, findAgent } from './agentSource.ts';
import { followPieces, type LogAsk } from './followPieces.ts';
import { isHostId } from './hosts.ts';
import { appOf, type HandlerDeps, wrongAnswer } from './parts.ts';

const lengthDefault = 64 * 1024;
const lengthMax = 1024 * 1024;
const pieceBytes = 256 * 1024;

export function createLogs(deps: HandlerDeps): Pick<Handlers, 'log' | 'followLog'> {
  return {
    log: async (ask) => {
      const wanted = readLogAsk(ask);
      if (!wanted.ok) return wanted.error;
      const source = await findAgent(deps, wanted.value.host, 'logs');
      if (!source.ok) return source.error;
      if (ask.query.get('download') === '1') {
        return download(ask, source.value, wanted.value);
      }
      const { wish, offset, length } = wanted.value;
      const from = offset === undefined ? { length } : { offset, length };
      const piece = await fetchPiece(source.value, wish, from);
      if (!piece.ok) return agentFault(source.value, piece.error, 'NoLog');
      const { bytes, size } = piece.value;
      const places = { 'x-log-offset': String(piece.value.offset), 'x-log-size': String(size) };
      const contentType = 'application/octet-stream';
      return {
        status: 200,
        body: bytes,
        contentType,
        headers: { ...places, ...asFile(wanted.value) },
      };
    },
    followLog: async (ask) => {
      const wanted = readLogAsk(ask);
      if (!wanted.ok) return wanted.error;
      const source = await findAgent(deps, wanted.value.host, 'logs');
      if (!source.ok) return source.error;
      await followPieces(ask, source.value, wanted.value, {
        findSource: () => findAgent(deps, wanted.value.host, 'logs'),
        faultOf: (asked, error) => agentFault(asked, error, 'NoLog'),
      });
      return 'Streamed';
    },
  };
}

function readLogAsk(ask: ConsoleAsk): Result<LogAsk, Answer> {
  const app = appOf(ask);
  if (!app.ok) return app;
  const host = ask.path['host'] ?? '';
  if (!isHostId(host)) return err(wrongAnswer(`${quote(host)} cannot be a host`));
  const { query } = ask;
  const given = query.get('process') ?? undefined;
  const process = given === undefined || given.includes(':') ? given : `${app.value}:${given}`;
  // Whose log it is was asked of the grants by the name of the app.
  if (process?.startsWith(`${app.value}:`) === false || (process?.length ?? 0) > 255) {
    return err(wrongAnswer(`${quote(process ?? '')} is no process of ${app.value}`));
  }
  const stream = query.get('stream') ?? 'stdout';
  if (stream !== 'stdout' && stream !== 'stderr') {
    return err(wrongAnswer('stream is neither stdout nor stderr'));
  }
  const offset = numberIn(query, 'offset');
  const length = numberIn(query, 'length') ?? lengthDefault;
  if (Number.isNaN(offset) || Number.isNaN(length)) {
    return err(wrongAnswer('offset and length are numbers of bytes'));
  }
  const wish = { app: app.value, process, stream } as const;
  return ok({ host, wish, offset, length: Math.min(length, lengthMax) });
}

/** NaN for what is no number. */
function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

/** From the beginning up to what is its end now; a log that is rotated meanwhile is cut off there. */
async function download(
  ask: ConsoleAsk,
  source: LogSource,
  wanted: LogAsk,
): Promise<ConsoleAnswer> {
  const { wish } = wanted;
  const first = await fetchPiece(source, wish, { offset: 0, length: pieceBytes });
  if (!first.ok) return agentFault(source, first.error, 'NoLog');
  const { size } = first.value;
  const contentType = 'application/octet-stream';
  const stream = ask.stream({ contentType, headers: asFile(wanted) });
  stream.write(first.value.bytes);
  let next = first.value.offset + first.value.bytes.length;
  while (next < size && !ask.signal.aborted) {
    await stream.drained();
    const length = Math.min(pieceBytes, size - next);
    const piece = await fetchPiece(source, wish, { offset: next, length });
    const isOn = piece.ok && piece.value.offset === next && piece.value.bytes.length > 0;
    if (!isOn) break;
    stream.write(piece.value.bytes);
    next += piece.value.bytes.length;
  }
  stream.end();
  return 'Streamed';
}

/** Never shown as a page, whatever is in it. */
function asFile({ host, wish }: LogAsk): Readonly<Record<string, string>> {
  const parts = [wish.process?.replace(':', '-') ?? wish.app, host, wish.stream];
  const name = parts
    .join('.')
    .replaceAll(/[^\w.-]/g, '_')
    .slice(0, 200);
  return { 'content-disposition': `attachment; filename="${name}.log"` };
}
