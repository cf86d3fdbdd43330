/**
 * Nothing gets in: every route of the table for every role, and what browsers, strangers and broken
 * clients send, against the built console on a real etcd.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Grant, roles } from '../../../src/domain/console/roles.ts';
import { type Route, type RouteName, routes } from '../../../src/domain/console/routes.ts';
import type { ApiFault, SessionDocument } from '../../../src/domain/console/api.ts';
import { createSessions, type Session } from '../../../src/console/server/sessions.ts';
import { readUsers } from '../../../src/console/server/usersFile.ts';
import {
  type ConsoleCall,
  type ConsoleClient,
  type ConsoleHost,
  everywhere,
  passwordOf,
  pathOf,
  startConsoleHost,
} from '../../support/consoleHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';

const table = Object.entries(routes) as [RouteName, Route][];
const posts = table.filter(([, { method }]) => method === 'POST');
const guarded = table.filter(([, { role }]) => role !== 'anyone');

/** What each kind of user is granted; `none` is a user without grants. */
const people: Readonly<Record<string, readonly Grant[]>> = {
  admin: [{ role: 'admin', ...everywhere }],
  publisher: [{ role: 'publisher', ...everywhere }],
  operator: [{ role: 'operator', ...everywhere }],
  viewer: [{ role: 'viewer', ...everywhere }],
  otherApp: [{ role: 'admin', apps: ['other*'], hosts: ['*'] }],
  otherHost: [{ role: 'admin', apps: ['*'], hosts: ['other*'] }],
  none: [],
};

let etcd: Etcd;
let host: ConsoleHost;
const clients = new Map<string, ConsoleClient>();

beforeAll(async () => {
  etcd = await startEtcd();
  const users = { ...people, flood: people['viewer'] ?? [] };
  host = await startConsoleHost({ etcdEndpoint: etcd.endpoint, users });
  for (const name of Object.keys(people)) clients.set(name, await host.logIn(name));
}, 120_000);

afterAll(async () => {
  await host?.stop();
  await etcd?.stop();
});

const clientOf = (name: string): ConsoleClient => {
  const found = clients.get(name);
  if (found === undefined) throw new Error(`nobody is ${name}`);
  return found;
};

/** Of things that are not there, so that what is let through does nothing. */
const path = { app: 'web', host: 'web1', seq: '1' };
const codeOf = (text: string): string => (JSON.parse(text) as ApiFault).code;

/** Status and code; the code of what is let through is not asked for. A stream is not read. */
async function verdictOf(client: ConsoleClient, name: RouteName, call: ConsoleCall = {}) {
  const message = await client.open(name, { path, ...call });
  const status = message.statusCode ?? 0;
  if (status < 400) {
    message.destroy();
    return { status, code: '' };
  }
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return { status, code: codeOf(Buffer.concat(chunks).toString()) };
}

/** By the rule in words, not by the code that decides. */
function mayPass(who: string, { role, about }: Route): boolean {
  if (role === 'anyone' || role === 'user') return true;
  if (who === 'none') return false;
  // What is done to a host, and what it has written down, is of all its apps.
  if (who === 'otherApp') return about === 'nothing' || about === 'somewhere' || about === 'each';
  if (who === 'otherHost') return about !== 'host' && about !== 'place' && about !== 'everywhere';
  return roles.findIndex((each) => each === who) >= roles.indexOf(role);
}

/** Those that would end the session of who asks. */
const ending = new Set<RouteName>(['logOut', 'logIn', 'setUp', 'changePassword']);

describe('roles and routes', () => {
  const cells = Object.keys(people).flatMap((who) =>
    table
      .filter(([name]) => !ending.has(name))
      .map(([name, route]) => ({ who, name, route, passes: expected(who, name, route) })),
  );

  function expected(who: string, name: RouteName, route: Route): boolean {
    // Of `each` the gate asks for the app of the path too.
    if (who === 'otherApp' && route.about === 'each' && route.path.includes(':app')) return false;
    return mayPass(who, route) || name === 'session';
  }

  it.each(cells)('$who and $name: lets through: $passes', async ({ who, name, passes }) => {
    const { status, code } = await verdictOf(clientOf(who), name);
    if (passes) expect(['LoggedOut', 'Denied', 'Csrf', 'ForeignOrigin']).not.toContain(code);
    else expect({ status, code }).toEqual({ status: 403, code: 'Denied' });
  });

  it.each(guarded.map(([name]) => name))('%s is nothing for who is not logged in', async (name) => {
    const visitor = await host.visit();
    const { status, code } = await verdictOf(visitor, name);
    expect({ status, code }).toEqual({ status: 401, code: 'LoggedOut' });
  });

  it('writes a refused POST into the trail, and of a flood the first ones', async () => {
    const before = trail().length;
    const flood = await host.logIn('flood');
    for (let at = 0; at < 12; at += 1) await verdictOf(flood, at === 1 ? 'orders' : 'forgetHost');
    const added = trail()
      .slice(before)
      .filter(({ outcome, user }) => outcome === 'refused' && user === 'flood');
    const told = [
      { action: 'forgetHost', target: 'web1' },
      { action: 'orders', target: '/api/orders' },
      ...Array<object>(3).fill({ action: 'forgetHost', target: 'web1' }),
    ];
    expect(added).toEqual(told.map((one) => expect.objectContaining(one) as unknown));
  });
});

function trail(): readonly Record<string, unknown>[] {
  return etcd
    .etcdctl('get', '--prefix', '/services/fleet/audit/', '--print-value-only')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((entry) => 'action' in entry);
}

describe('where a POST comes from', () => {
  it.each(posts.map(([name]) => name))(
    '%s: no token, another one, somebody else’s',
    async (name) => {
      for (const csrf of ['', 'x', clientOf('viewer').session.csrf]) {
        const verdict = await verdictOf(clientOf('admin'), name, {
          headers: { 'x-supervene-csrf': csrf },
        });
        expect(verdict).toEqual({ status: 403, code: 'Csrf' });
      }
    },
  );

  it.each(posts.map(([name]) => name))('%s: from elsewhere', async (name) => {
    const port = new URL(host.url).port;
    const origins = [
      '',
      'null',
      'http://evil.example',
      `http://evil.example:${port}`,
      `https://127.0.0.1:${port}`,
      `http://127.0.0.1:${String(Number(port) + 1)}`,
      `http://127.0.0.1.evil.example:${port}`,
    ];
    for (const origin of origins) {
      const verdict = await verdictOf(clientOf('admin'), name, { headers: { origin } });
      expect({ origin, ...verdict }).toEqual({ origin, status: 403, code: 'ForeignOrigin' });
    }
    for (const site of ['cross-site', 'same-site', 'none']) {
      const headers = { 'sec-fetch-site': site };
      const verdict = await verdictOf(clientOf('admin'), name, { headers });
      expect({ site, ...verdict }).toEqual({ site, status: 403, code: 'ForeignOrigin' });
    }
  });

  it.each(posts.map(([name]) => name))('%s: as a form would send it', async (name) => {
    for (const type of [
      '',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
    ]) {
      const headers = { 'content-type': type };
      const verdict = await verdictOf(clientOf('admin'), name, { headers });
      expect(verdict).toEqual({ status: 415, code: 'NotJson' });
    }
  });

  it('takes no token of a page before the log-in for a session', async () => {
    const visitor = await host.visit();
    const headers = { 'x-supervene-csrf': visitor.session.csrf };
    const verdict = await verdictOf(clientOf('admin'), 'orders', { headers });
    expect(verdict).toEqual({ status: 403, code: 'Csrf' });
  });
});

describe('methods', () => {
  it.each(table.map(([name]) => name))('%s answers to its own alone', async (name) => {
    const own = table
      .filter(([, each]) => each.path === routes[name].path)
      .map(([, e]) => e.method);
    const cookie = clientOf('admin').cookies();
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']) {
      if (own.includes(method as 'GET')) continue;
      const reply = await host.send({ method, path: pathOf(name, { path }), headers: { cookie } });
      expect({ method, status: reply.status }).toEqual({ method, status: 405 });
      expect(reply.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('changes nothing in etcd on a GET of any route', async () => {
    const before = etcd.etcdctl('get', '--prefix', '/services', '--keys-only');
    for (const [name, { method }] of table) {
      if (method === 'GET') await verdictOf(clientOf('admin'), name);
    }
    expect(etcd.etcdctl('get', '--prefix', '/services', '--keys-only')).toBe(before);
  });
});

describe('names and paths', () => {
  it('answers to its own names alone', async () => {
    const port = new URL(host.url).port;
    const names = ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1.nip.io:${port}`];
    const wrong = [...names, `10.0.0.1:${port}`, `user@127.0.0.1:${port}`, `127.0.0.1:${port}/x`];
    for (const name of wrong) {
      for (const target of ['/', '/api/session', '/icon.svg']) {
        const headers = { host: name, accept: 'text/html' };
        const reply = await host.send({ path: target, headers });
        expect({ name, status: reply.status }).toEqual({ name, status: 403 });
      }
    }
    for (const name of [`localhost:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`]) {
      const reply = await host.send({ path: '/api/session', headers: { host: name } });
      expect({ name, status: reply.status }).toEqual({ name, status: 200 });
    }
  });

  it('refuses a request with two Host headers, or with none', async () => {
    const own = new URL(host.url).host;
    const two = `GET /api/session HTTP/1.1\r\nHost: ${own}\r\nHost: evil.example\r\n\r\n`;
    expect(await sendRaw(two)).toMatch(/^HTTP\/1\.1 40[03]/);
    expect(await sendRaw('GET /api/session HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/);
    expect(await sendRaw('GET /api/session HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 40[03]/);
  });

  it('leads to no file but those of the page', async () => {
    const targets = [
      '/../../../etc/passwd',
      '/..%2f..%2f..%2fetc%2fpasswd',
      '/%2e%2e/%2e%2e/package.json',
      '/index.html%00.js',
      '/./app.js',
      '//etc/passwd',
      '/app.js.gz',
      '/index.html.br',
      '/__proto__',
      '/constructor',
      '/api',
      '/api/',
      '/api/nothing',
      '/api/apps//history',
      '/API/session',
      'http://evil.example/api/session',
    ];
    for (const target of targets) {
      const { status } = await host.send({ path: target });
      expect({ target, isRefused: status === 404 || status === 400 }).toEqual({
        target,
        isRefused: true,
      });
    }
  });

  it('takes no name with a slash, a control character or a half encoding in it', async () => {
    const cookie = clientOf('admin').cookies();
    for (const name of [
      'a%2fb',
      'a%00b',
      'a%0d%0ab',
      '%ff',
      'a%',
      '%2e%2e',
      'a%5cb',
      '%e2%80%ae',
    ]) {
      const reply = await host.send({ path: `/api/apps/${name}`, headers: { cookie } });
      expect({ name, status: reply.status }).toEqual({ name, status: 400 });
    }
  });

  it('puts nothing of a request into the head of an answer', async () => {
    const evil = '/fleet%0d%0aset-cookie:x=y?a=%0d%0aset-cookie:x=y';
    const reply = await host.send({ path: evil, headers: { accept: 'text/html' } });
    expect(reply.cookies).toEqual([]);
    const raw = `GET /fleet HTTP/1.1\r\nHost: ${new URL(host.url).host}\r\nX: a\rb: c\r\n\r\n`;
    expect(await sendRaw(raw)).toMatch(/^HTTP\/1\.1 400/);
  });

  it('gives every answer the headers that keep it from being framed, sniffed and cached', async () => {
    for (const target of ['/api/session', '/api/nothing', '/api/fleet']) {
      const { headers } = await host.send({ path: target });
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers['x-powered-by']).toBeUndefined();
    }
    const page = await host.send({ path: '/', headers: { accept: 'text/html' } });
    const policy = page.headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(page.text).not.toMatch(/<script(?![^>]* src=)|<style|style=|\son\w+=/);
    const script = /src="\/([^"]+)"/.exec(page.text)?.[1] ?? '';
    const asset = await host.send({ path: `/${script}`, headers: { 'accept-encoding': 'br' } });
    expect(asset.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'br',
      'x-content-type-options': 'nosniff',
    });
  });
});

/** These bytes and nothing else; what came until the other side closed, or said nothing more. */
function sendRaw(text: string, url = host.url): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString();
      if (/^HTTP\/1\.1 4/.test(heard)) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(heard));
    socket.setTimeout(10_000, () => socket.destroy());
    socket.write(text);
  });
}

describe('bodies', () => {
  it('answers others while it reads bodies that are hard to read', async () => {
    const visitor = await host.visit();
    const parts = ['"\\', '"\\\\', '"'].map((part) => part.repeat(200 * 1024));
    const hard = parts.map((part) =>
      host.send({
        method: 'POST',
        path: '/api/session',
        headers: {
          ...{ origin: host.url, 'content-type': 'application/json', cookie: visitor.cookies() },
          'x-supervene-csrf': visitor.session.csrf,
        },
        body: part.slice(0, 256 * 1024),
      }),
    );
    for (const { status } of await Promise.all(hard)) expect(status).toBe(400);
    expect((await host.send({ path: '/api/session' })).status).toBe(200);
  });

  it('reads no more than 256 KiB of one, however its length is told', async () => {
    const client = clientOf('admin');
    const large = { orders: [], more: 'x'.repeat(257 * 1024) };
    const reply = await client.ask('orders', { body: large });
    expect({ status: reply.status, code: codeOf(reply.text) }).toEqual({
      status: 413,
      code: 'TooLarge',
    });
    const head = [
      'POST /api/orders HTTP/1.1',
      `Host: ${new URL(host.url).host}`,
      `Origin: ${host.url}`,
      'Content-Type: application/json',
      `Cookie: ${client.cookies()}`,
      `X-Supervene-Csrf: ${client.session.csrf}`,
      'Transfer-Encoding: chunked',
      '',
      '',
    ].join('\r\n');
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    expect(await sendRaw(head + chunk.repeat(8))).toMatch(/^HTTP\/1\.1 413/);
  });

  it('refuses what is no JSON, and reads nothing of who may not', async () => {
    const client = clientOf('admin');
    const send = (body: string | Uint8Array) =>
      host.send({
        ...{ method: 'POST', path: '/api/orders', body },
        headers: {
          'content-type': 'application/json',
          origin: host.url,
          cookie: client.cookies(),
          'x-supervene-csrf': client.session.csrf,
        },
      });
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    for (const body of ['', '{', 'undefined', '{"a":1}}', deep, Buffer.from([0x22, 0xff, 0x22])]) {
      expect((await send(body)).status).toBe(400);
    }
    for (const body of ['null', '[]', '"x"', '1', '{"orders":1}', '{"__proto__":{"orders":[]}}']) {
      const { status } = await send(body);
      expect({ body, isRefused: status >= 400 && status !== 500 }).toEqual({
        body,
        isRefused: true,
      });
    }
  });

  it('takes a body of any shape for no 500, on any route', async () => {
    const odd = [null, [], 'x', 7, { user: {}, password: [] }];
    for (const [name] of posts.filter(([each]) => !ending.has(each) || each === 'changePassword')) {
      for (const body of odd) {
        const reply = await clientOf('admin').ask(name, { path, body });
        expect({ name, is500: reply.status === 500 }).toEqual({ name, is500: false });
      }
    }
  });
});

describe('cookies and sessions', () => {
  it('sets them for this site alone, and for no script', async () => {
    const visitor = await host.send({ path: '/api/session' });
    expect(visitor.cookies).toHaveLength(1);
    expect(visitor.cookies[0]).toMatch(
      /^supervene-before=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const client = await host.visit();
    const body = { user: 'admin', password: passwordOf('admin') };
    const reply = await client.ask('logIn', { body });
    expect(reply.cookies.find((cookie) => cookie.startsWith('supervene-session='))).toMatch(
      /^supervene-session=[\w-]+\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=3600$/,
    );
    expect(reply.text).not.toContain(body.password);
  });

  it('gives a new session at each log-in, whatever the browser came with', async () => {
    const first = await host.logIn('viewer');
    const again = await host.comeWith(first.cookies());
    const body = { user: 'viewer', password: passwordOf('viewer') };
    expect((await again.ask('logIn', { body })).status).toBe(200);
    expect(sessionIn(again)).not.toBe(sessionIn(first));
    // What somebody else may have put there, or seen, before the log-in is worth nothing.
    await waitFor('the old one to end', async () => (await first.ask('fleet')).status === 401);
    const planted = await host.comeWith('supervene-before=planted; supervene-session=planted');
    expect(planted.session.user).toBeNull();
    expect(planted.cookies()).not.toContain('supervene-before=planted');
  });

  it('takes no cookie that was changed, cut, doubled or made by another key', async () => {
    const good = sessionIn(clientOf('viewer'));
    const [payload = '', seal = ''] = good.split('.');
    const value = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const forged = (changes: object): string =>
      Buffer.from(JSON.stringify({ ...value, ...changes })).toString('base64url');
    const bad = [
      `${forged({ user: 'admin' })}.${seal}`,
      `${forged({ issuedMs: Date.now() + 1 })}.${seal}`,
      `${forged({ claims: ['groups=ops'] })}.${seal}`,
      `${payload}.${seal.slice(0, -1)}`,
      `${payload}.${createHash('sha256').update(payload).digest('base64url')}`,
      `${payload}.`,
      payload,
      `.${seal}`,
      '',
      'x'.repeat(5_000),
    ];
    for (const cookie of bad) {
      const reply = await host.send({
        path: '/api/fleet',
        headers: { cookie: `supervene-session=${cookie}` },
      });
      expect({ cookie: cookie.slice(0, 20), status: reply.status }).toEqual({
        cookie: cookie.slice(0, 20),
        status: 401,
      });
    }
    const doubled = `supervene-session=${good}; supervene-session=${good}`;
    expect((await host.send({ path: '/api/fleet', headers: { cookie: doubled } })).status).toBe(
      401,
    );
  });

  it('ends a session with the log-out, for whoever has copied the cookie too', async () => {
    const client = await host.logIn('operator');
    const copy = await host.comeWith(client.cookies());
    const reply = await client.ask('logOut');
    expect(reply.status).toBe(200);
    expect(reply.json<SessionDocument>().user).toBeNull();
    expect((await copy.ask('fleet')).status).toBe(401);
    expect((await clientOf('operator').ask('session')).json<SessionDocument>().user).not.toBeNull();
  });

  it('ends the feed of whoever logs out, and of him alone', async () => {
    const client = await host.logIn('operator');
    const copy = await host.comeWith(client.cookies());
    const query = { instance: client.session.instance, after: '0' };
    const [feed, other] = [
      await copy.open('live', { query }),
      await clientOf('viewer').open('live', { query }),
    ];
    try {
      expect([feed.statusCode, other.statusCode]).toEqual([200, 200]);
      const ends = { feed: false, other: false };
      feed.resume().once('close', () => (ends.feed = true));
      other.resume().once('close', () => (ends.other = true));
      expect((await client.ask('logOut')).status).toBe(200);
      await waitFor('the feed to end', () => ends.feed);
      expect(ends.other).toBe(false);
    } finally {
      feed.destroy();
      other.destroy();
    }
  });

  it('lets the session of a page that only asks who one is go on, and not begin anew', async () => {
    const users = readUsers(host.usersPath);
    const viewer = users.ok ? users.value?.find(({ name }) => name === 'viewer') : undefined;
    const startedMs = Date.now() - 50 * 60_000;
    const sessions = createSessions({
      key: Buffer.from(readFileSync(`${host.usersPath}.key`, 'utf8').trim(), 'hex'),
      nowMs: () => startedMs,
      recordOf: () => createHash('sha256').update(JSON.stringify(viewer)).digest('hex'),
      isRevoked: () => false,
    });
    const old = sessions.seal(sessions.begin('viewer')) ?? '';
    const client = await host.comeWith(`supervene-session=${old}`);
    expect(client.session.user?.name).toBe('viewer');
    const [payload = ''] = sessionIn(client).split('.');
    const renewed = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Session;
    expect(renewed.startedMs).toBe(startedMs);
    expect(renewed.issuedMs).toBeGreaterThan(startedMs + 49 * 60_000);
    // Until it is time again it is left as it is.
    expect((await client.ask('session')).cookies).toEqual([]);
  });

  it('ends every session of a user whose password or grants change, and that of nobody else', async () => {
    const user = 'changing';
    const more = { ...people, [user]: [{ role: 'viewer', ...everywhere }] as const };
    const keep = await startConsoleHost({ etcdEndpoint: etcd.endpoint, users: more });
    try {
      const [one, other, viewer] = [
        await keep.logIn(user),
        await keep.logIn(user),
        await keep.logIn('viewer'),
      ];
      const body = { password: passwordOf(user), next: 'another one of mine' };
      const weak = await one.ask('changePassword', { body: { ...body, next: 'short' } });
      expect({ status: weak.status, code: codeOf(weak.text) }).toEqual({
        status: 400,
        code: 'BadPassword',
      });
      const wrong = await one.ask('changePassword', { body: { ...body, password: 'x' } });
      expect(wrong.status).toBe(403);
      expect((await one.ask('changePassword', { body })).status).toBe(200);
      // He who changed it goes on, with another session.
      const after = await keep.comeWith(one.cookies());
      expect(after.session.user?.name).toBe(user);
      expect((await other.ask('session')).json<SessionDocument>().user).toBeNull();
      expect((await viewer.ask('session')).json<SessionDocument>().user).not.toBeNull();
      await expect(keep.logIn(user)).rejects.toThrow('WrongPassword');
      await keep.logIn(user, body.next);
      keep.writeUsers({ ...more, [user]: [] });
      expect((await after.ask('session')).json<SessionDocument>().user).toBeNull();
    } finally {
      await keep.stop();
    }
  }, 60_000);

  it('has no secret in its log or in the trail', () => {
    const secrets = [
      ...Object.keys(people).map(passwordOf),
      ...[...clients.values()].flatMap((client) => [client.session.csrf, sessionIn(client)]),
    ];
    const said = host.output() + JSON.stringify(trail());
    for (const secret of secrets) expect(said).not.toContain(secret);
  });
});

function sessionIn(client: ConsoleClient): string {
  return /supervene-session=([^;]+)/.exec(client.cookies())?.[1] ?? '';
}
