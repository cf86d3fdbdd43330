/**
 * What the agent tells over HTTP: health, readiness, metrics and state. Read-only.
 *
 * Other origins get nothing out of a browser: no CORS, and a `Host` that is neither loopback
 * nor the configured one is refused (DNS rebinding). Slow and idle connections are ended.
 */
import { type IncomingMessage, type Server, createServer } from 'node:http';
import { isIP } from 'node:net';
import { type Result, err, ok } from '../domain/result.ts';
import { type ListenAddress, formatListen } from '../settings/settingTypes.ts';
import { type Answer, jsonAnswer, pathOf, respond, textAnswer } from './respond.ts';

export interface Verdict {
  readonly ok: boolean;
  /** Empty when `ok`. */
  readonly reasons: readonly string[];
}

export interface HttpServerDeps {
  readonly isHealthy: () => Verdict;
  readonly readiness: () => Verdict;
  readonly metricsText: () => Promise<string>;
  /** Plain JSON without secrets. */
  readonly stateJson: () => unknown;
}

export interface HttpServer {
  /** Where it listens; the port is the real one when 0 was asked for. */
  readonly address: ListenAddress;
  /** Ends at once, open connections too. */
  close(): Promise<void>;
}

/** The error is a sentence that says why it cannot listen. */
export async function createHttpServer(
  deps: HttpServerDeps,
  options: { readonly listen: ListenAddress },
): Promise<Result<HttpServer, string>> {
  const { listen } = options;
  const server = createServer(limits, (request, response) => {
    void answerTo(request, deps, listen.host).then((answer) => respond(request, response, answer));
  });
  server.maxConnections = 200;
  const failure = await listenOn(server, listen);
  if (failure !== undefined) return err(`cannot listen on ${formatListen(listen)}: ${failure}`);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : listen.port;
  return ok({ address: { host: listen.host, port }, close: () => closeServer(server) });
}

const limits = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 2000,
};

/** Undefined when it listens; after that, errors of the socket end no process. */
export function listenOn(
  server: Server,
  where: ListenAddress | { readonly path: string },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const onError = (error: Error): void => resolve(error.message);
    server.once('error', onError);
    server.listen(where, () => {
      server.off('error', onError);
      server.on('error', () => undefined);
      resolve(undefined);
    });
  });
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answerTo(
  request: IncomingMessage,
  deps: HttpServerDeps,
  listenHost: string,
): Promise<Answer> {
  if (!isOwnHost(request.headers.host, listenHost)) {
    return jsonAnswer(403, { error: 'this name is not served here' });
  }
  const route = routes.get(pathOf(request) ?? '');
  if (route === undefined)
    return jsonAnswer(404, { error: 'not found', paths: [...routes.keys()] });
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const refusal = jsonAnswer(405, { error: 'only GET and HEAD' });
    return { ...refusal, headers: { allow: 'GET, HEAD' } };
  }
  try {
    return await route(deps);
  } catch (error) {
    return jsonAnswer(500, { error: error instanceof Error ? error.message : 'failed' });
  }
}

type Route = (deps: HttpServerDeps) => Answer | Promise<Answer>;

const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/healthz', (deps) => verdictAnswer(deps.isHealthy())],
  ['/readyz', (deps) => verdictAnswer(deps.readiness())],
  [
    '/metrics',
    async (deps) => textAnswer(200, await deps.metricsText(), 'text/plain; version=0.0.4'),
  ],
  ['/state', (deps) => jsonAnswer(200, deps.stateJson())],
]);

function verdictAnswer(verdict: Verdict): Answer {
  return jsonAnswer(verdict.ok ? 200 : 503, verdict);
}

/** A name that an attacker's DNS server could point here is not one of ours. */
function isOwnHost(header: string | undefined, listenHost: string): boolean {
  if (header === undefined) return false;
  const host = header
    .replace(/:\d{1,5}$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  if (host === 'localhost' || host === listenHost.toLowerCase()) return true;
  const isLoopback = host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  // Listening everywhere: any address is ours, and an address cannot be rebound.
  const isEverywhere = listenHost === '0.0.0.0' || listenHost === '::';
  return isLoopback || (isEverywhere && isIP(host) !== 0);
}
