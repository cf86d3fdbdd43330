/** The body of a POST: JSON of a bounded size, or why it is refused. */
import type { IncomingMessage } from 'node:http';
import { err, ok, type Result } from '../../domain/result.ts';
import type { Answer } from '../../http/respond.ts';
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

export async function readBody(request: IncomingMessage): Promise<Result<unknown, Answer>> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > bodyMaxBytes) return err(tooLarge);
      chunks.push(bytes);
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
    return isDeep(text) ? err(notJson) : ok(JSON.parse(text) as unknown);
  } catch {
    return err(notJson);
  }
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
