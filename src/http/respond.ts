/** Answers that every server here gives alike: JSON or text, never cached, never sniffed. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, body: `${JSON.stringify(value)}\n`, contentType: 'application/json' };
}

export function textAnswer(status: number, body: string, contentType = 'text/plain'): Answer {
  return { status, body, contentType: `${contentType}; charset=utf-8` };
}

export function respond(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const body = Buffer.from(answer.body);
  // A body that nobody read is not read on behind the answer either: it may have no end.
  const ending = request.complete ? {} : { connection: 'close' };
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    'content-length': body.length,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    ...ending,
    ...answer.headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** What stands behind the path; empty for none. */
export function queryOf(request: IncomingMessage): URLSearchParams {
  return new URLSearchParams(/\?([^#]*)/s.exec(request.url ?? '')?.[1] ?? '');
}

/** The path without its query; undefined when the target is no path. */
export function pathOf(request: IncomingMessage): string | undefined {
  const target = request.url ?? '';
  return target.startsWith('/') ? target.replace(/[?#].*$/s, '') : undefined;
}
