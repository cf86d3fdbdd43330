/** One small GET with every fault as a text: for servers that may be anything. */
import { readFileSync } from 'node:fs';
import { type IncomingMessage, get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { type Result, err, ok } from '../../domain/result.ts';
import type { EtcdSettings } from '../../settings/settings.ts';

export interface Fetched {
  readonly status: number;
  readonly body: string;
  /** By the clock of the server, in milliseconds since the epoch. */
  readonly dateMs: number | undefined;
}

/** The error is the code of the system, or a text. */
export async function fetchText(
  url: string,
  tls?: Pick<EtcdSettings, 'ca' | 'cert' | 'key'>,
): Promise<Result<Fetched, string>> {
  try {
    return ok(await exchange(url, tls));
  } catch (error) {
    return err(describe(error));
  }
}

function exchange(
  url: string,
  tls: Pick<EtcdSettings, 'ca' | 'cert' | 'key'> | undefined,
): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(3000);
    const onResponse = (response: IncomingMessage): void => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body = `${body}${chunk}`.slice(0, 4096);
      });
      response.on('error', reject);
      response.on('end', () => {
        const dateMs = Date.parse(response.headers.date ?? '');
        resolve({
          status: response.statusCode ?? 0,
          body,
          dateMs: Number.isNaN(dateMs) ? undefined : dateMs,
        });
      });
    };
    const call = url.startsWith('https:')
      ? getHttps(url, { signal, agent: false, ...tlsOptions(tls) }, onResponse)
      : getHttp(url, { signal, agent: false }, onResponse);
    call.on('error', reject);
  });
}

function tlsOptions(tls: Pick<EtcdSettings, 'ca' | 'cert' | 'key'> | undefined) {
  const read = (path: string | undefined): Buffer | undefined =>
    path === undefined ? undefined : readFileSync(path);
  return { ca: read(tls?.ca), cert: read(tls?.cert), key: read(tls?.key) };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AbortError') return 'no answer within 3 s';
  return 'code' in error && error.message === '' ? String(error.code) : error.message;
}
