/** The body of a POST: JSON of a bounded size, or why it is refused. */
import type { IncomingMessage } from 'node:http';
import { err, ok, type Result } from '../../domain/result.ts';
import type { Answer } from '../../http/respond.ts';
import type { BodyPlaces } from './bodyPlaces.ts';
import { faultAnswer } from './handlers.ts';

export const bodyMaxBytes = 256 * 1024;

/** What the head alone says. */
export function headRefusal({ headers }: IncomingMessage): Answer | undefined {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json' || headers['content-encoding'] !== undefined) {
    return faultAnswer(415, { code: 'NotJson', error: 'the body is to be application/json' });
  }
  return Number(headers['content-length'] ?? 0) > bodyMaxBytes ? tooLarge : undefined;
}

const tooLarge = faultAnswer(413, {
  code: 'TooLarge',
  error: `the body is larger than ${String(bodyMaxBytes / 1024)} KiB`,
});

/**
 * Takes a place of `who` among those whose bodies are being read, and gives it back. `TooSlow`: it did
 * not come within 10 s, or others needed the place before it did.
 */
export async function readBody(
  request: IncomingMessage,
  places: BodyPlaces,
  who: string,
): Promise<Result<unknown, Answer>> {
  const waiting = new AbortController();
  const giveUp = (): void => waiting.abort();
  const leave = places.enter(who, giveUp);
  const timer = setTimeout(giveUp, bodyWaitMaxMs);
  try {
    const bytes = await bytesOf(request, waiting.signal);
    if (!bytes.ok) return bytes;
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.value);
    return isDeep(text) ? err(notJson) : ok(JSON.parse(text) as unknown);
  } catch {
    return err(notJson);
  } finally {
    clearTimeout(timer);
    leave();
  }
}

const bodyWaitMaxMs = 10_000;
const tooSlow = faultAnswer(408, { code: 'TooSlow', error: 'the body did not come in time' });

/** What is refused is not read on: its connection is closed behind the answer, not before. */
function bytesOf(request: IncomingMessage, waiting: AbortSignal): Promise<Result<Buffer, Answer>> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (result: Result<Buffer, Answer>): void => {
      request.off('data', take).resume();
      resolve(result);
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > bodyMaxBytes) end(err(tooLarge));
    };
    waiting.addEventListener('abort', () => end(err(tooSlow)), { once: true });
    request.on('data', take);
    request.once('end', () => end(ok(Buffer.concat(chunks))));
    request.once('error', () => end(err(notJson)));
    request.once('close', () => end(err(notJson)));
  });
}

const notJson = faultAnswer(400, { code: 'NotJson', error: 'the body is no JSON' });
const depthMax = 32;

/**
 * Nested so that whoever walks through it runs out of stack. Brackets in texts count for nothing. Each
 * character is looked at once, whatever they are: anybody may send a body.
 */
export function isDeep(text: string): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (isInText) {
      if (char === '\\') at += 1;
      else if (char === '"') isInText = false;
    } else if (char === '"') isInText = true;
    else if (char === '[' || char === '{') depth += 1;
    else if (char === ']' || char === '}') depth -= 1;
    if (depth > depthMax) return true;
  }
  return false;
}
