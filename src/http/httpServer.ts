/**
 * What the agent tells over HTTP: health, readiness, metrics and state. Read-only.
 *
 * With a token, everything but /healthz asks for it, or for proof of it. Without one, other origins get nothing out of a
 * browser: no CORS, and a `Host` that is neither loopback nor the configured one is refused (DNS
 * rebinding). Slow and idle connections are ended.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, createServer } from 'node:http';
import { isIP } from 'node:net';
import { type Result, err, ok } from '../domain/result.ts';
import { type ListenAddress, formatListen, isLoopback } from '../settings/listenAddress.ts';
import { closeServer, listenOn } from './listenOn.ts';
import { makeRoom } from './makeRoom.ts';
import { type Answer, jsonAnswer, pathOf, queryOf, respond, textAnswer } from './respond.ts';
import { createProofCheck, type ProofCheck } from './tokenProof.ts';
import { listenOnSocket } from './unixSocket.ts';

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
  /** Logs may hold secrets: told only where a token is asked for. */
  readonly readLog?: (query: URLSearchParams) => Promise<Answer>;
  /** Without its secrets, but of all that was done: the same. */
  readonly readJournal?: (query: URLSearchParams) => Promise<Answer>;
}

export interface HttpServer {
  /** Where it listens; the port is the real one when 0 was asked for. */
  readonly address: ListenAddress;
  /** Ends at once, open connections too. */
  close(): Promise<void>;
}

export interface HttpServerOptions {
  readonly listen: ListenAddress;
  /** Undefined: none is asked for. */
  readonly token: string | undefined;
  readonly nowMs?: () => number;
}

/** The error is a sentence that says why it cannot listen. */
export async function createHttpServer(
  deps: HttpServerDeps,
  options: HttpServerOptions,
): Promise<Result<HttpServer, string>> {
  const { listen, token, nowMs = () => Date.now() } = options;
  const check = token === undefined ? undefined : createProofCheck(token, nowMs);
  const gate = { ...options, check };
  const server = createServer(limits, (request, response) => {
    void answerTo(request, deps, gate).then((answer) => respond(request, response, answer));
  });
  // Whoever does not take his answer must not keep a place.
  server.timeout = 10_000;
  // More than there is room for, since one that is ended is gone a moment later.
  server.maxConnections = 2 * connectionsMax;
  makeRoom(server, connectionsMax);
  const failure =
    'path' in listen ? await listenOnSocket(server, listen.path) : await listenOn(server, listen);
  if (failure !== undefined) return err(`cannot listen on ${formatListen(listen)}: ${failure}`);
  const bound = server.address();
  const isPort = typeof bound === 'object' && bound !== null && 'host' in listen;
  const address = isPort ? { host: listen.host, port: bound.port } : listen;
  return ok({ address, close: () => closeServer(server) });
}

interface Gate extends HttpServerOptions {
  readonly check: ProofCheck | undefined;
}

const connectionsMax = 100;

const limits = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 2000,
};

async function answerTo(
  request: IncomingMessage,
  deps: HttpServerDeps,
  options: Gate,
): Promise<Answer> {
  const refused = refusalOf(request, options);
  if (refused !== undefined) return refused;
  const route = routes.get(pathOf(request) ?? '');
  if (route === undefined) return jsonAnswer(404, { error: 'not found', paths: httpPaths });
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const refusal = jsonAnswer(405, { error: 'only GET and HEAD' });
    return { ...refusal, headers: { allow: 'GET, HEAD' } };
  }
  try {
    return await route(deps, request, options);
  } catch (error) {
    return jsonAnswer(500, { error: error instanceof Error ? error.message : 'failed' });
  }
}

/** Whoever has the token may call us by any name; a browser that was tricked has none. */
function refusalOf(request: IncomingMessage, { listen, token, check }: Gate): Answer | undefined {
  if (token !== undefined) {
    if (pathOf(request) === openPath || hasToken(request, token)) return undefined;
    const error = whyNoProof(request, check);
    if (error === undefined) return undefined;
    const refusal = jsonAnswer(401, { error });
    return { ...refusal, headers: { 'www-authenticate': 'Bearer' } };
  }
  if ('path' in listen || isOwnHost(request.headers.host, listen.host)) return undefined;
  return jsonAnswer(403, { error: 'this name is not served here' });
}

/** For load balancers and the like, which have no token: whether it lives, and nothing else. */
const openPath = '/healthz';

/** In constant time: digests have one length. */
function hasToken(request: IncomingMessage, token: string): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** Undefined when somebody has proven that he has the token. */
function whyNoProof(request: IncomingMessage, check: ProofCheck | undefined): string | undefined {
  const { headers, method = '', url: path = '', socket } = request;
  const { authorization = '', host: address = '' } = headers;
  if (check === undefined || !/^Supervene-HMAC /.test(authorization)) {
    return 'give the token: Authorization: Bearer …';
  }
  const { localAddress = '', localPort = 0 } = socket;
  const own = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
  return check.refusal(authorization, { method, address, path }, [`${own}:${localPort}`]);
}

type Route = (
  deps: HttpServerDeps,
  request: IncomingMessage,
  options: HttpServerOptions,
) => Answer | Promise<Answer>;

const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/healthz', (deps) => verdictAnswer(deps.isHealthy())],
  ['/readyz', (deps) => verdictAnswer(deps.readiness())],
  [
    '/metrics',
    async (deps) => textAnswer(200, await deps.metricsText(), 'text/plain; version=0.0.4'),
  ],
  ['/state', (deps) => jsonAnswer(200, deps.stateJson())],
  ['/logs', (deps, ...rest) => answerSecret(deps.readLog, 'logs may hold secrets', ...rest)],
  [
    '/journal',
    (deps, ...rest) => answerSecret(deps.readJournal, 'the journal tells of everything', ...rest),
  ],
]);

function answerSecret(
  read: ((query: URLSearchParams) => Promise<Answer>) | undefined,
  why: string,
  request: IncomingMessage,
  { token }: HttpServerOptions,
): Answer | Promise<Answer> {
  if (read === undefined) return jsonAnswer(404, { error: 'not found', paths: httpPaths });
  if (token !== undefined) return read(queryOf(request));
  const error = `${why}: only where a token is asked for (http.tokenFile)`;
  return jsonAnswer(403, { error });
}

/** Every path that is answered. */
export const httpPaths: readonly string[] = [...routes.keys()];

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
  if (isLoopback(host) || host === listenHost.toLowerCase()) return true;
  // Listening everywhere: any address is ours, and an address cannot be rebound.
  const isEverywhere = listenHost === '0.0.0.0' || listenHost === '::';
  return isEverywhere && isIP(host) !== 0;
}
