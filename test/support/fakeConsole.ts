/**
 * A console of which the page sees only what it is told: for looking at the page without a cluster.
 * `node --import ./test/support/runTs.js test/support/fakeConsole.ts [PORT]`; any password of twelve
 * characters or more is right, the name of the user is the role.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import type { SessionDocument } from '../../src/domain/console/api.ts';
import type { FleetSnapshot, LiveEvent, LiveHost } from '../../src/domain/console/live.ts';
import { type Role, roles } from '../../src/domain/console/roles.ts';
import { conditions, type FleetRow } from '../../src/domain/fleet/fleetRow.ts';
import type { Revision } from '../../src/domain/types.ts';
import { findProjectRoot } from './findProjectRoot.ts';

const pages = join(findProjectRoot(), 'dist/page');
const types = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', html: 'text/html' };
const csp =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; font-src 'self'; media-src 'self'; manifest-src 'self'; base-uri 'none'; " +
  "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";

export interface FakeConsole {
  readonly url: string;
  /** Null: whoever asks is logged out. */
  readonly logIn: (user: Role | null) => void;
  readonly tell: (event: LiveEvent) => void;
  readonly close: () => Promise<void>;
}

export async function startFakeConsole(port = 0): Promise<FakeConsole> {
  const now: { user: Role | null; isSetUp: boolean } = { user: null, isSetUp: true };
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    void answer(request, response, now, streams);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${String(bound)}`,
    logIn: (user) => (now.user = user),
    tell: (event) => streams.forEach((one) => one.write(`data: ${JSON.stringify(event)}\n\n`)),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  now: { user: Role | null; isSetUp: boolean },
  streams: Set<ServerResponse>,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://fake');
  const json = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (!pathname.startsWith('/api/')) return file(pathname, response);
  const body = request.method === 'POST' ? await read(request) : undefined;
  if (pathname === '/api/session' && body === undefined) return json(200, sessionOf(now.user));
  if (pathname === '/api/session') {
    const { user, password } = body as { user: string; password: string };
    const role = roles.find((one) => one === user);
    if (role === undefined || password.length < 12)
      return json(401, { code: 'WrongLogin', error: 'no' });
    now.user = role;
    return json(200, sessionOf(role));
  }
  if (now.user === null) return json(401, { code: 'LoggedOut', error: 'nobody is logged in' });
  if (pathname === '/api/session/end') {
    now.user = null;
    return json(200, {});
  }
  if (pathname === '/api/fleet') return json(200, snapshot());
  if (pathname !== '/api/live') return json(501, { code: 'NotMade', error: `no ${pathname}` });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`data: ${JSON.stringify({ type: 'Beat', atMs: Date.now() })}\n\n`);
  streams.add(response);
  response.on('close', () => streams.delete(response));
}

function file(pathname: string, response: ServerResponse): void {
  const name = /^\/[\w-]+\.(?:js|css|svg)$/.test(pathname) ? pathname : '/index.html';
  const end = name.split('.').at(-1) as keyof typeof types;
  response.writeHead(200, { 'content-type': types[end], 'content-security-policy': csp });
  response.end(readFileSync(join(pages, name)));
}

async function read(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return JSON.parse(text);
}

function sessionOf(role: Role | null): SessionDocument {
  return {
    version: '0.1.0',
    instance: 'fake',
    user: role === null ? null : { name: role, grants: [{ role, apps: ['*'], hosts: ['*'] }] },
    csrf: 'token',
    needsSetUp: false,
    oidc: null,
    prefix: '/services/apps/',
  };
}

function snapshot(): FleetSnapshot {
  const atMs = Date.now();
  const names = Array.from({ length: 12 }, (_, n) => `web1-${String(n + 1).padStart(2, '0')}`);
  const apps = ['billing', 'demo1', 'images', 'mailer', 'queue', 'search'];
  return {
    ...{ instance: 'fake', version: 1, atMs, rollouts: [] },
    link: { isConnected: true, fault: null, sinceMs: atMs },
    hosts: names.map((host, n) => hostOf(host, n, atMs)),
    apps: apps.map((app) => ({
      ...{ app, ips: '*', contentRevision: '12' as Revision, revision: '12' as Revision },
      ...{ maxUnavailable: null, isSigned: false, fault: null },
    })),
    rows: names.flatMap((host, n) => apps.map((app, m) => rowOf(app, host, n * 7 + m, atMs))),
  };
}

function hostOf(host: string, n: number, atMs: number): LiveHost {
  return {
    ...{ host, isAlive: n !== 4, version: '0.1.0', addresses: [`172.16.238.${String(11 + n)}`] },
    ...{ hostNames: [host], startedAtMs: atMs - n * 3_600_000, reportedAtMs: atMs - 9000 },
    ...{ endedAtMs: null, problems: [], hasHttp: true, others: [] },
  };
}

function rowOf(app: string, host: string, n: number, atMs: number): FleetRow {
  const condition = n % 17 < conditions.length ? conditions[n % 17] : undefined;
  return {
    ...{ app, host, condition: condition ?? 'converged', desiredRevision: '12' as Revision },
    ...{ appliedRevision: '12' as Revision, sinceMs: atMs - n * 61_000, doubt: undefined },
    ...{ code: condition === undefined ? undefined : 'NotSeen', lastWordMs: undefined },
    reason: condition === undefined ? undefined : 'this host has not said yet',
    processes: [
      { id: `${app}:${app}`, state: 'RUNNING', pid: 4000 + n, startSec: atMs / 1000 - n * 61 },
    ],
  };
}

if (process.argv[1]?.endsWith('fakeConsole.ts') === true) {
  const { url } = await startFakeConsole(Number(process.argv[2] ?? 9181));
  console.log(url);
}
