/** One HTTP request with exactly these headers, and what was answered: for what `fetch` would not send. */
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface HttpAsk {
  readonly method?: string;
  /** As it is sent; may be no URL at all. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Of the server, under TLS. */
  readonly ca?: string | Buffer;
  readonly signal?: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Each as it was set. */
  readonly cookies: readonly string[];
  readonly text: string;
  readonly bytes: Buffer;
  /** Of the text; throws when it is none. */
  json<T>(): T;
}

/** Rejects when there is no answer. */
export async function askHttp(url: string, ask: HttpAsk): Promise<HttpReply> {
  const message = await openHttp(url, ask);
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString('utf8');
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    cookies: message.headers['set-cookie'] ?? [],
    text,
    bytes,
    json: <T>() => JSON.parse(text) as T,
  };
}

/** Its body has not been read. */
export function openHttp(url: string, ask: HttpAsk): Promise<IncomingMessage> {
  const { protocol, hostname, port } = new URL(url);
  const { method = 'GET', path, headers = {}, body, ca, signal } = ask;
  const isTls = protocol === 'https:';
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const sent = (isTls ? httpsRequest : httpRequest)(
      {
        ...{ host: hostname.replace(/^\[(.*)\]$/, '$1'), port, method, path, agent: false },
        headers: { ...length, ...headers },
        ...(ca === undefined ? {} : { ca }),
        ...(signal === undefined ? {} : { signal }),
      },
      resolve,
    );
    sent.once('error', reject);
    sent.end(body);
  });
}
