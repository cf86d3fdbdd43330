/**
 * Pieces of a log from an agent: over the control socket of this host, or over its HTTP. There the
 * token is proven and not sent: whoever listens at an address that stands in etcd may be anybody.
 */
import { randomBytes } from 'node:crypto';
import { request as requestHttp, type RequestOptions } from 'node:http';
import { type Result, err, ok } from '../../domain/result.ts';
import { type IpAddress, proveToken } from '../../http/tokenProof.ts';

export type LogSource =
  | Readonly<{ type: 'Socket'; path: string }>
  | Readonly<{ type: 'Http'; address: IpAddress; token: string }>;

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

/** `status` 0: nobody answered. */
export interface FetchError {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

const timeoutMs = 10_000;
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
  try {
    return await exchange(source, `/logs?${query.toString()}`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const isLate = error instanceof Error && error.name === 'AbortError';
    const detail = isLate ? 'it did not answer in time' : String(error);
    return err({ status: 0, code, detail });
  }
}

function exchange(source: LogSource, path: string): Promise<Result<FetchedPiece, FetchError>> {
  return new Promise((resolve, reject) => {
    const call = requestHttp(optionsOf(source, path), (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > replyMaxBytes) call.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        const bytes = Buffer.concat(chunks);
        const numbers = ['x-log-offset', 'x-log-size'].map((name) =>
          Number(response.headers[name]),
        );
        const [offset = Number.NaN, whole = Number.NaN] = numbers;
        if (status === 200 && Number.isSafeInteger(offset) && Number.isSafeInteger(whole)) {
          resolve(ok({ bytes, offset, size: whole }));
        } else resolve(err({ status, code: '', detail: errorText(bytes, status) }));
      });
    });
    call.on('error', reject);
    call.end();
  });
}

function optionsOf(source: LogSource, path: string): RequestOptions {
  const signal = AbortSignal.timeout(timeoutMs);
  if (source.type === 'Socket') {
    return { socketPath: source.path, path, signal, headers: { host: 'localhost' } };
  }
  const { host: hostname, port } = source.address;
  const address = addressText(source.address);
  const seed = { nowMs: Date.now(), nonce: randomBytes(16).toString('hex') };
  const authorization = proveToken(source.token, { method: 'GET', address, path }, seed);
  return { hostname, port, path, signal, headers: { host: address, authorization } };
}

export function addressText({ host, port }: IpAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

function errorText(bytes: Buffer, status: number): string {
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    const hasError = typeof parsed === 'object' && parsed !== null && 'error' in parsed;
    if (hasError && typeof parsed.error === 'string') return parsed.error;
  } catch {
    // Not an agent, or an older one.
  }
  return `status ${String(status)}`;
}
