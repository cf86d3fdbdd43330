/** One request to the agent of this host, over its control socket. */
import { request } from 'node:http';
import { join } from 'node:path';
import { type Result, err, ok } from '../domain/result.ts';
import type { Settings } from '../settings/settings.ts';
import type { Fault } from './commandIo.ts';

export interface ControlReply {
  readonly status: number;
  /** The JSON of the answer; undefined when it was none. */
  readonly body: unknown;
}

export function controlSocketPath(settings: Settings): string {
  return join(settings.journal.dir, 'control.sock');
}

const timeoutMs = 10_000;
const replyMaxBytes = 64 * 1024 * 1024;

export async function controlRequest(
  settings: Settings,
  method: 'GET' | 'POST',
  path: string,
  fields?: Readonly<Record<string, string>>,
): Promise<Result<ControlReply, Fault>> {
  const socketPath = controlSocketPath(settings);
  try {
    return ok(await exchange(socketPath, method, path, fields));
  } catch (error) {
    return err(whyNot(socketPath, error));
  }
}

/** The `{error}` of a refusal. */
export function refusalText(reply: ControlReply): string {
  const { body } = reply;
  const hasError = typeof body === 'object' && body !== null && 'error' in body;
  return hasError && typeof body.error === 'string' ? body.error : `status ${reply.status}`;
}

function exchange(
  socketPath: string,
  method: string,
  path: string,
  fields: Readonly<Record<string, string>> | undefined,
): Promise<ControlReply> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const headers = { 'content-type': 'application/json', host: 'localhost' };
    const call = request({ socketPath, method, path, headers, signal }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > replyMaxBytes) call.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, body: parseJson(text) });
      });
    });
    call.on('error', reject);
    call.end(fields === undefined ? undefined : JSON.stringify(fields));
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function whyNot(socketPath: string, error: unknown): Fault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') {
    return {
      message: `no agent runs here: nothing listens on ${socketPath}`,
      remedy: 'start `supervene agent`, or name its directory with --journal',
    };
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return { message: `${socketPath}: permission denied`, remedy: 'run this as root' };
  }
  const isTimeout = error instanceof Error && error.name === 'AbortError';
  const detail = isTimeout ? 'it did not answer in time' : String(error);
  return {
    message: `the agent does not answer on ${socketPath}: ${detail}`,
    remedy: 'see its log, and `supervene doctor`',
  };
}
