/**
 * A question to an agent: over the control socket of this host, or over its HTTP. There the token is
 * proven and not sent: whoever listens at an address that stands in etcd may be anybody.
 */
import { randomBytes } from 'node:crypto';
import { type IncomingHttpHeaders, request as requestHttp, type RequestOptions } from 'node:http';
import { type Result, err, ok } from '../../domain/result.ts';
import { type IpAddress, proveToken } from '../../http/tokenProof.ts';

export type AgentSource =
  | Readonly<{ type: 'Socket'; path: string }>
  | Readonly<{ type: 'Http'; address: IpAddress; token: string }>;

export interface AgentReply {
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** `status` 0: nobody answered. */
export interface AgentRefusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

const timeoutMs = 10_000;

/** `path` with its query. Larger answers than `replyMaxBytes` are nobody's: an agent gives less. */
export async function askAgent(
  source: AgentSource,
  path: string,
  replyMaxBytes: number,
): Promise<Result<AgentReply, AgentRefusal>> {
  try {
    return await exchange(source, path, replyMaxBytes);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const isLate = error instanceof Error && error.name === 'AbortError';
    const detail = isLate ? 'it did not answer in time' : String(error);
    return err({ status: 0, code, detail });
  }
}

function exchange(
  source: AgentSource,
  path: string,
  replyMaxBytes: number,
): Promise<Result<AgentReply, AgentRefusal>> {
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
        const { statusCode: status = 0, headers } = response;
        const bytes = Buffer.concat(chunks);
        if (status === 200) resolve(ok({ headers, bytes }));
        else resolve(err({ status, code: '', detail: errorText(bytes, status) }));
      });
    });
    call.on('error', reject);
    call.end();
  });
}

function optionsOf(source: AgentSource, path: string): RequestOptions {
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

/** Of a header; NaN where there is none. */
export function numberOf({ headers }: AgentReply, name: string): number {
  return Number(headers[name]);
}
