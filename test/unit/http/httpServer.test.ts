/** What the agent tells over HTTP, to whom, and what it refuses. */
import { chmodSync, linkSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createHttpServer,
  httpPaths,
  type HttpServer,
  type HttpServerDeps,
  type HttpServerOptions,
} from '../../../src/http/httpServer.ts';
import { proveToken } from '../../../src/http/tokenProof.ts';
import { createTempDir } from '../../support/tempDir.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const calm: HttpServerDeps = {
  isHealthy: () => ({ ok: true, reasons: [] }),
  readiness: () => ({ ok: false, reasons: ['etcd is not listed yet'] }),
  metricsText: () => Promise.resolve('supervene_apps 1\n'),
  stateJson: () => ({ desired: [] }),
  readLog: () => Promise.resolve({ status: 200, body: 'a line', contentType: 'text/plain' }),
  readJournal: () => Promise.resolve({ status: 200, body: 'an event', contentType: 'text/plain' }),
};
const anyPort = { host: '127.0.0.1', port: 0 };

async function listenOn(
  options: Partial<HttpServerOptions>,
  deps: Partial<HttpServerDeps> = {},
): Promise<HttpServer> {
  const all = { listen: anyPort, token: undefined, ...options };
  const server = await createHttpServer({ ...calm, ...deps }, all);
  if (!server.ok) throw new Error(server.error);
  closers.push(server.value.close);
  return server.value;
}

async function start(
  deps: Partial<HttpServerDeps> = {},
  options: Partial<HttpServerOptions> = {},
): Promise<number> {
  const { address } = await listenOn(options, deps);
  return 'port' in address ? address.port : 0;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(port: number, path: string, method = 'GET', host = 'localhost'): Promise<Reply> {
  return exchange({ port }, path, { host }, method);
}

function exchange(
  where: { readonly port: number } | { readonly socketPath: string },
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', ...where, path, method, headers };
    const call = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    call.on('error', reject);
    call.end();
  });
}

describe('createHttpServer', () => {
  it('answers health with 200, and readiness with 503 and its reasons', async () => {
    const port = await start();
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200 });
    const ready = await ask(port, '/readyz?x=1');
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.body)).toEqual({ ok: false, reasons: ['etcd is not listed yet'] });
  });

  it('answers metrics as Prometheus reads them, and state as JSON', async () => {
    const port = await start();
    const metrics = await ask(port, '/metrics');
    expect(metrics.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(metrics.body).toBe('supervene_apps 1\n');
    const state = await ask(port, '/state');
    expect(state.headers['content-type']).toBe('application/json');
    expect(JSON.parse(state.body)).toEqual({ desired: [] });
  });

  it('gives no other origin anything, and lets nothing be cached or framed', async () => {
    const { headers } = await ask(await start(), '/state');
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-frame-options']).toBe('DENY');
  });

  it('answers HEAD without a body and refuses to be written to', async () => {
    const port = await start();
    expect(await ask(port, '/state', 'HEAD')).toMatchObject({ status: 200, body: '' });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const reply = await ask(port, '/state', method);
      expect(reply).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    }
  });

  it('takes proof of the token for the token, once and at its own address', async () => {
    const token = 't'.repeat(32);
    const port = await start({}, { token });
    const proof = (address: string, nonce: string): Readonly<Record<string, string>> => ({
      host: address,
      authorization: proveToken(
        token,
        { method: 'GET', address, path: '/logs?app=a' },
        { nowMs: Date.now(), nonce: nonce.repeat(32) },
      ),
    });
    const own = `127.0.0.1:${String(port)}`;
    expect((await exchange({ port }, '/logs?app=a', proof(own, '1'))).body).toBe('a line');
    const again = await exchange({ port }, '/logs?app=a', proof(own, '1'));
    expect(again).toMatchObject({ status: 401, body: expect.stringContaining('used before') });
    for (const [path, address] of [
      ['/logs?app=b', own],
      ['/logs?app=a', '127.0.0.2:80'],
    ] as const) {
      expect(await exchange({ port }, path, proof(address, '2'))).toMatchObject({ status: 401 });
    }
    const bearer = { authorization: `Bearer ${token}` };
    expect((await exchange({ port }, '/logs?app=a', bearer)).status).toBe(200);
  });

  it('answers an unknown path with 404 as JSON', async () => {
    const reply = await ask(await start(), '/../etc/passwd');
    expect(reply.status).toBe(404);
    expect(JSON.parse(reply.body)).toMatchObject({ error: 'not found' });
  });

  it('refuses a host name that somebody else could point here', async () => {
    const port = await start();
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      `evil:${String(port)}`,
      '10.0.0.1',
    ]) {
      expect(await ask(port, '/state', 'GET', host)).toMatchObject({ status: 403 });
    }
    for (const host of ['localhost', `127.0.0.1:${String(port)}`, '[::1]:9102', 'LOCALHOST:1']) {
      expect(await ask(port, '/state', 'GET', host)).toMatchObject({ status: 200 });
    }
  });

  it('goes on after a route failed', async () => {
    const port = await start({ metricsText: () => Promise.reject(new Error('no')) });
    expect(await ask(port, '/metrics')).toMatchObject({ status: 500 });
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200 });
  });

  it.each([
    ['405', {}],
    ['401', { token: 'a-token-of-more-than-32-characters-in-all' }],
  ])('answers %s to a body without end, and reads no more of it', async (status, options) => {
    const port = await start({}, options);
    const socket = connect(port, '127.0.0.1');
    closers.push(() => Promise.resolve(void socket.destroy()));
    let reply = '';
    socket.on('data', (data) => (reply += data.toString()));
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('POST /state HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const goOn = (): unknown => !socket.destroyed && socket.write(chunk, () => setImmediate(goOn));
    socket.once('data', goOn);
    await closed;
    expect(reply).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(reply.toLowerCase()).toContain('connection: close');
  });

  it('keeps the connection of whoever sends no body', async () => {
    const port = await start();
    expect((await ask(port, '/healthz')).headers.connection).not.toBe('close');
  });

  it('answers while others hold more connections than there may be, and say nothing', async () => {
    const port = await start();
    const silent = await Promise.all(Array.from({ length: 300 }, () => holdOpen(port)));
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200 });
    for (const socket of silent) socket.destroy();
  });

  it('ends none that is being answered to make room', async () => {
    let answer: (text: string) => void = () => undefined;
    const metricsText = () => new Promise<string>((resolve) => (answer = resolve));
    const port = await start({ metricsText });
    const asked = ask(port, '/metrics');
    const silent = await Promise.all(Array.from({ length: 150 }, () => holdOpen(port)));
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200 });
    answer('late 1\n');
    expect(await asked).toMatchObject({ status: 200, body: 'late 1\n' });
    for (const socket of silent) socket.destroy();
  });

  it('says why it cannot listen', async () => {
    const port = await start();
    const listen = { host: '127.0.0.1', port };
    const second = await createHttpServer(calm, { listen, token: undefined });
    expect(second).toMatchObject({ ok: false, error: expect.stringContaining('EADDRINUSE') });
  });
});

/** A connection on which nothing is said; the other side may end it. */
function holdOpen(port: number): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', () => resolve(socket));
    closers.push(() => Promise.resolve(void socket.destroy()));
  });
}

const token = 'a-token-of-more-than-32-characters-in-all';
const wrong: readonly (readonly [string, string | undefined])[] = [
  ['no token', undefined],
  ['an empty one', 'Bearer '],
  ['another one', `Bearer ${token.replace('a', 'b')}`],
  ['the beginning of it', `Bearer ${token.slice(0, -1)}`],
  ['more than it', `Bearer ${token}x`],
  ['two', `Bearer ${token} ${token}`],
  ['it without its scheme', token],
  ['it as a password', `Basic ${Buffer.from(`u:${token}`).toString('base64')}`],
];
const right = { authorization: `Bearer ${token}` };

describe('createHttpServer with a token', () => {
  const matrix = httpPaths.flatMap((path) => wrong.map(([what, given]) => ({ path, what, given })));

  it.each(matrix)('answers $path to one who gives $what', async ({ path, given }) => {
    const port = await start({}, { token });
    const headers = given === undefined ? {} : { authorization: given };
    for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
      const reply = await exchange({ port }, path, headers, method);
      const isRead = method === 'GET' || method === 'HEAD';
      expect(reply.status).toBe(path !== '/healthz' ? 401 : isRead ? 200 : 405);
      if (path !== '/healthz') {
        expect(reply.headers['www-authenticate']).toBe('Bearer');
        expect(reply.body).not.toContain('etcd is not listed yet');
      }
    }
  });

  it.each(httpPaths)('answers %s to whoever has it, by any name', async (path) => {
    const port = await start({}, { token });
    const expected = path === '/readyz' ? 503 : 200;
    for (const host of ['localhost', 'web1.example:9102']) {
      expect(await exchange({ port }, path, { ...right, host })).toMatchObject({
        status: expected,
      });
    }
    expect(await exchange({ port }, path, right, 'POST')).toMatchObject({ status: 405 });
  });

  it.each(['/logs?app=web', '/journal', '/journal?segment=1'])(
    'shows no %s where it asks for no token, not even on loopback',
    async (path) => {
      const port = await start();
      const reply = await exchange({ port }, path);
      expect(reply.status).toBe(403);
      expect(reply.body).not.toMatch(/a line|an event/);
    },
  );

  it('does not say which paths there are to one who has none', async () => {
    const port = await start({}, { token });
    expect(await exchange({ port }, '/nothing')).toMatchObject({ status: 401 });
    expect(await exchange({ port }, '/healthz/../state')).toMatchObject({ status: 401 });
    expect(await exchange({ port }, '/nothing', right)).toMatchObject({ status: 404 });
  });
});

describe('createHttpServer on a unix socket', () => {
  it('answers there, and lets nobody but its owner in', async () => {
    const temp = await createTempDir('http');
    closers.push(temp.remove);
    const path = join(temp.path, 'http.sock');
    const before = process.umask(0);
    const { close } = await listenOn({ listen: { path } });
    process.umask(before);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const reply = await exchange({ socketPath: path }, '/state', { host: 'anything' });
    expect(reply.status).toBe(200);
    await close();
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('takes the place of a socket that nobody answers any more, and of nothing else', async () => {
    const temp = await createTempDir('http');
    closers.push(temp.remove);
    const listen = { path: join(temp.path, 'http.sock') };
    const first = await listenOn({ listen });
    const tryAgain = () => createHttpServer(calm, { listen, token: undefined });
    expect(await tryAgain()).toMatchObject({ error: expect.stringContaining('in use') as unknown });
    await first.close();
    await leaveStale(listen.path);
    const second = await tryAgain();
    expect(second).toMatchObject({ ok: true });
    if (second.ok) await second.value.close();
    writeFileSync(listen.path, 'precious');
    chmodSync(listen.path, 0o644);
    expect(await tryAgain()).toMatchObject({
      error: expect.stringContaining('not a socket') as unknown,
    });
    expect(statSync(listen.path).size).toBe(8);
  });
});

/** As a process that was killed leaves it: a name in the file system and nobody behind it. */
async function leaveStale(path: string): Promise<void> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.made`, resolve));
  linkSync(`${path}.made`, path);
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
