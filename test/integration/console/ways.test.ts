/**
 * The console where others reach it, with slow and many clients, for the first time, and three of it
 * with one file of users; and what it does without etcd.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiFault, SessionDocument } from '../../../src/domain/console/api.ts';
import { runSupervene } from '../../support/agent.ts';
import { createCertificates } from '../../support/certificates.ts';
import { everywhere, passwordOf, startConsoleHost } from '../../support/consoleHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

let etcd: Etcd;
let dir: TempDir;

beforeAll(async () => {
  [etcd, dir] = await Promise.all([startEtcd(), createTempDir('ways')]);
}, 60_000);

afterAll(async () => {
  await etcd?.stop();
  await dir?.remove();
});

const codeOf = (text: string): string => (JSON.parse(text) as ApiFault).code;

describe('under TLS', () => {
  it('sets cookies that no other host can set, and asks for TLS from then on', async () => {
    const certificates = createCertificates(dir.path);
    const host = await startConsoleHost({
      etcdEndpoint: etcd.endpoint,
      url: 'https://127.0.0.1:{port}',
      ca: readFileSync(certificates.caFile),
      environment: {
        SUPERVENE_CONSOLE_TLS_CERT: certificates.serverCertFile,
        SUPERVENE_CONSOLE_TLS_KEY: certificates.serverKeyFile,
      },
    });
    try {
      const visitor = await host.visit();
      const body = { user: 'admin', password: passwordOf('admin') };
      const reply = await visitor.ask('logIn', { body });
      expect(reply.headers['strict-transport-security']).toBe('max-age=31536000');
      expect(reply.cookies).toHaveLength(2);
      for (const cookie of reply.cookies) {
        expect(cookie).toMatch(/^__Host-supervene-(session|before)=/);
        expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict; Secure; Max-Age=\d+$/);
        expect(cookie).not.toContain('Domain');
      }
      const client = await host.comeWith(visitor.cookies());
      expect(client.session.user?.name).toBe('admin');
      // What a page without TLS could have set is none.
      const plain = visitor.cookies().replaceAll('__Host-', '');
      expect((await host.comeWith(plain)).session.user).toBeNull();
      const origin = host.url.replace('https:', 'http:');
      const forged = await client.ask('orders', { headers: { origin } });
      expect(codeOf(forged.text)).toBe('ForeignOrigin');
    } finally {
      await host.stop();
    }
  }, 60_000);

  it('does not start where others reach it without, and says what to do', async () => {
    const settings = {
      SUPERVENE_ETCD: etcd.endpoint,
      SUPERVENE_CONSOLE_USERS: join(dir.path, 'u'),
    };
    for (const listen of ['0.0.0.0:0', '[::]:0', '10.1.2.3:0', 'console.example:0']) {
      const environment = { ...settings, SUPERVENE_CONSOLE_LISTEN: listen };
      const { code, stderr } = await runSupervene(['console'], { environment });
      expect({ listen, code }).toEqual({ listen, code: 2 });
      expect(stderr).toContain('without TLS');
      expect(stderr).toContain('console.tlsCert');
    }
    const environment = { ...settings, SUPERVENE_CONSOLE_ORIGINS: 'http://console.example' };
    expect((await runSupervene(['console'], { environment })).code).toBe(2);
  }, 60_000);

  it('is reached without where console.allowHttp says so', async () => {
    const host = await startConsoleHost({
      etcdEndpoint: etcd.endpoint,
      environment: {
        SUPERVENE_CONSOLE_ALLOW_HTTP: 'on',
        SUPERVENE_CONSOLE_ORIGINS: 'http://console.example',
      },
    });
    try {
      const headers = { host: 'console.example' };
      const reply = await host.send({ path: '/api/session', headers });
      expect(reply.status).toBe(200);
      expect(reply.cookies[0]).toMatch(
        /^supervene-before=[^;]+; Path=\/; HttpOnly; SameSite=Strict$/,
      );
      expect(reply.headers['strict-transport-security']).toBeUndefined();
    } finally {
      await host.stop();
    }
  }, 60_000);

  it('shows a certificate that was renewed to who comes then', async () => {
    const certificates = createCertificates(await mkdtemp(join(dir.path, 'renewed-')));
    const { serverCertFile, serverKeyFile, sign } = certificates;
    const host = await startConsoleHost({
      etcdEndpoint: etcd.endpoint,
      url: 'https://127.0.0.1:{port}',
      ca: readFileSync(certificates.caFile),
      environment: {
        SUPERVENE_CONSOLE_TLS_CERT: serverCertFile,
        SUPERVENE_CONSOLE_TLS_KEY: serverKeyFile,
      },
    });
    const { hostname, port } = new URL(host.url);
    const shown = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const options = { host: hostname, port: Number(port), rejectUnauthorized: false };
        const socket = connectTls(options, () => {
          resolve(socket.getPeerCertificate().fingerprint256);
          socket.destroy();
        });
        socket.once('error', reject);
      });
    try {
      const before = await shown();
      // Half of it first, as who writes in place leaves it for a moment.
      const next = sign('server');
      writeFileSync(serverCertFile, next.subarray(0, 100));
      expect(await shown()).toBe(before);
      writeFileSync(serverCertFile, next);
      const wanted = new X509Certificate(next).fingerprint256;
      expect(wanted).not.toBe(before);
      await waitFor('the new one', async () => (await shown()) === wanted);
      expect((await host.visit()).session.user).toBeNull();
    } finally {
      await host.stop();
    }
  }, 60_000);

  it('is called by the names in console.origins too, and is secure where they are', async () => {
    const origins = 'https://console.example,https://other.example:8443';
    const host = await startConsoleHost({
      etcdEndpoint: etcd.endpoint,
      environment: { SUPERVENE_CONSOLE_ORIGINS: origins },
    });
    try {
      for (const name of ['console.example', 'other.example:8443']) {
        const reply = await host.send({ path: '/api/session', headers: { host: name } });
        expect({ name, status: reply.status }).toEqual({ name, status: 200 });
        expect(reply.cookies[0]).toMatch(/^__Host-supervene-before=.*; Secure$/);
      }
      for (const name of ['other.example', 'console.example:8443', 'a.console.example']) {
        const reply = await host.send({ path: '/api/session', headers: { host: name } });
        expect({ name, status: reply.status }).toEqual({ name, status: 403 });
      }
    } finally {
      await host.stop();
    }
  }, 60_000);
});

describe('behind a proxy', () => {
  it('takes the word of those in console.proxies for where a visitor is, and of nobody else', async () => {
    const proxied = { SUPERVENE_CONSOLE_PROXIES: '127.0.0.1,10.0.0.0/8' };
    const users = { anna: [] };
    const share = { etcdEndpoint: etcd.endpoint, users };
    const [host, plain] = await Promise.all([
      startConsoleHost({ ...share, environment: proxied }),
      startConsoleHost(share),
    ]);
    const failAs = async (at: typeof host, user: string, forwarded: string) => {
      const visitor = await at.visit();
      const headers = { 'x-forwarded-for': forwarded };
      return (await visitor.ask('logIn', { body: { user, password: 'x' }, headers })).status;
    };
    try {
      let status = 401;
      for (let n = 0; n < 7; n += 1) {
        // What the visitor wrote himself before what the proxy adds changes nothing.
        status = await failAs(host, 'anna', `198.51.100.${String(n)}, 192.0.2.7, 10.1.2.3`);
      }
      expect(status).toBe(429);
      expect(await failAs(host, 'anna', '192.0.2.8')).toBe(401);
      for (let n = 0; n < 7; n += 1) {
        status = await failAs(plain, 'ben', `192.0.2.${String(n)}`);
      }
      expect(status).toBe(429);
      const entries = etcd
        .etcdctl('get', '--prefix', '/services/fleet/audit/', '--print-value-only')
        .split('\n')
        .filter((line) => line.includes('"logIn"'))
        .map((line) => JSON.parse(line) as { readonly target: string; readonly from: string });
      const fromOf = (user: string): ReadonlySet<string> =>
        new Set(entries.filter(({ target }) => target === user).map(({ from }) => from));
      expect(fromOf('anna')).toEqual(new Set(['192.0.2.7', '192.0.2.8']));
      expect(fromOf('ben')).toEqual(new Set(['127.0.0.1']));
    } finally {
      await Promise.all([host.stop(), plain.stop()]);
    }
  }, 90_000);
});

describe('log-ins', () => {
  it('make who fails wait, and nobody else; of unknown users as of known ones', async () => {
    const users = { anna: [], ben: [] };
    const host = await startConsoleHost({ etcdEndpoint: etcd.endpoint, users });
    try {
      for (const user of ['anna', 'nobody']) {
        const visitor = await host.visit();
        const tried = await Promise.all(
          Array.from({ length: 12 }, () =>
            visitor.ask('logIn', { body: { user, password: 'not the right one' } }),
          ),
        );
        const codes = tried.map(({ text }) => codeOf(text));
        expect(codes.filter((code) => code === 'WrongPassword').length).toBeLessThanOrEqual(6);
        expect(new Set(codes)).toEqual(new Set(['WrongPassword', 'TooMany']));
        const last = tried.find(({ status }) => status === 429);
        expect(Number(last?.headers['retry-after'])).toBeGreaterThan(0);
      }
      await waitFor('the right password to be refused meanwhile', async () => {
        const one = await host.visit();
        for (const password of ['x', 'x', 'x', 'x', 'x', 'x', passwordOf('anna')]) {
          const reply = await one.ask('logIn', { body: { user: 'anna', password } });
          if (password !== 'x') return reply.status === 429;
        }
        return false;
      });
      await host.logIn('ben');
      expect(host.output()).not.toContain('not the right one');
    } finally {
      await host.stop();
    }
  }, 60_000);

  it('by what belongs to no user say the same', async () => {
    const host = await startConsoleHost({ etcdEndpoint: etcd.endpoint, users: { anna: [] } });
    try {
      const visitor = await host.visit();
      const answers = [];
      for (const user of ['anna', 'nobody', 'a/b', '__proto__']) {
        const reply = await visitor.ask('logIn', { body: { user, password: 'x' } });
        answers.push(`${String(reply.status)} ${reply.text}`);
      }
      expect(new Set(answers).size).toBe(1);
    } finally {
      await host.stop();
    }
  }, 60_000);
});

describe('the first run', () => {
  it('makes the first admin by the token that was printed, once', async () => {
    const usersPath = join(dir.path, 'first', 'users.json');
    const options = { etcdEndpoint: etcd.endpoint, usersPath };
    const host = await startConsoleHost(options);
    try {
      const token = /#set-up=([\w-]{32})\n/.exec(host.output())?.[1] ?? '';
      expect(token).not.toBe('');
      const visitor = await host.visit();
      expect(visitor.session).toMatchObject({ needsSetUp: true, user: null });
      const body = { user: 'first', password: 'a good long one', token };
      const wrong = await visitor.ask('setUp', { body: { ...body, token: `${token}x` } });
      expect(codeOf(wrong.text)).toBe('WrongToken');
      const weak = await visitor.ask('setUp', { body: { ...body, password: 'short' } });
      expect(codeOf(weak.text)).toBe('BadPassword');
      const both = await Promise.all([
        visitor.ask('setUp', { body }),
        visitor.ask('setUp', { body: { ...body, user: 'second' } }),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
      const again = await host.visit();
      expect(again.session.needsSetUp).toBe(false);
      const late = await again.ask('setUp', { body: { ...body, user: 'third' } });
      expect(codeOf(late.text)).toBe('WrongToken');
      for (const path of [usersPath, `${usersPath}.key`]) {
        expect(statSync(path).mode & 0o777).toBe(0o600);
      }
      const { users } = JSON.parse(readFileSync(usersPath, 'utf8')) as { users: unknown[] };
      expect(users).toEqual([
        expect.objectContaining({
          ...{ n: 131_072, r: 8, p: 1 },
          grants: [{ role: 'admin', ...everywhere }],
        }),
      ]);
      await host.terminate();
      await host.start();
      expect(host.output().split('#set-up=')).toHaveLength(2);
    } finally {
      await host.stop();
    }
  }, 90_000);

  it('has no way in without the token, nor a password to begin with', async () => {
    const usersPath = join(dir.path, 'none', 'users.json');
    const host = await startConsoleHost({ etcdEndpoint: etcd.endpoint, usersPath });
    try {
      for (const [user, password] of [
        ['admin', 'admin'],
        ['admin', ''],
        ['', ''],
      ]) {
        const reply = await (await host.visit()).ask('logIn', { body: { user, password } });
        expect(reply.status).toBe(401);
      }
    } finally {
      await host.stop();
    }
  }, 60_000);
});

describe('three consoles with one file of users', () => {
  it('know each other’s sessions, and their ends', async () => {
    const one = await startConsoleHost({ etcdEndpoint: etcd.endpoint });
    const share = { etcdEndpoint: etcd.endpoint, usersPath: one.usersPath };
    const others = await Promise.all([startConsoleHost(share), startConsoleHost(share)]);
    const all = [one, ...others];
    try {
      const here = await one.logIn();
      const there = await Promise.all(others.map((host) => host.comeWith(here.cookies())));
      expect(there.map(({ session }) => session.user?.name)).toEqual(['admin', 'admin']);
      expect(there.map(({ session }) => session.csrf)).toEqual([
        here.session.csrf,
        here.session.csrf,
      ]);
      await one.kill();
      const [second, third] = there;
      await second?.ask('logOut');
      await waitFor('the third to know', async () => (await third?.ask('fleet'))?.status === 401);
      // A console that was away when it happened knows it too.
      await one.start();
      expect((await here.ask('fleet')).status).toBe(401);
      const again = await one.logIn();
      one.writeUsers({});
      for (const host of all) {
        expect((await host.comeWith(again.cookies())).session.user).toBeNull();
      }
    } finally {
      await Promise.all(all.map((host) => host.stop()));
    }
  }, 120_000);

  it('say that they do not know who was logged out, as long as etcd was never reached', async () => {
    const own = await startEtcd();
    const host = await startConsoleHost({ etcdEndpoint: own.endpoint });
    try {
      const client = await host.logIn();
      await own.kill();
      expect((await client.ask('session')).status).toBe(200);
      await host.kill();
      const starting = host.start();
      await waitFor('the console to answer', async () => {
        const { status } = await client.ask('session');
        return status === 503;
      });
      await own.start();
      await starting;
      expect((await client.ask('session')).json<SessionDocument>().user?.name).toBe('admin');
    } finally {
      await host.stop();
      await own.stop();
    }
  }, 120_000);
});

describe('slow and many clients', () => {
  it('keep nobody from an answer, and are ended', async () => {
    const host = await startConsoleHost({ etcdEndpoint: etcd.endpoint });
    const { hostname, port, host: name } = new URL(host.url);
    const sockets: Socket[] = [];
    let ended = 0;
    try {
      const client = await host.logIn();
      const begin = (text: string): void => {
        const socket = connect(Number(port), hostname, () => socket.write(text));
        socket.on('error', () => undefined);
        socket.once('close', () => (ended += 1));
        socket.resume();
        sockets.push(socket);
      };
      for (let n = 0; n < 1_200; n += 1) {
        if (n % 3 === 0) begin('');
        else if (n % 3 === 1) begin(`GET / HTTP/1.1\r\nHost: ${name}\r\nX-Slow: `);
        else begin(`POST /api/session HTTP/1.1\r\nHost: ${name}\r\nContent-Length: 9\r\n\r\n{`);
      }
      await waitFor('all of them to be there', () =>
        sockets.every(({ connecting }) => !connecting),
      );
      expect((await client.ask('session')).status).toBe(200);
      await waitFor('those beyond what there is room for to be ended', () => ended >= 200, {
        timeoutMs: 60_000,
      });
    } finally {
      for (const socket of sockets) socket.destroy();
      await host.stop();
    }
  }, 120_000);

  it.each([
    ['one address', () => '127.0.0.1'],
    ['many addresses', (n: number) => `127.0.1.${String(1 + (n % 200))}`],
  ])(
    'that send half a log-in each, from %s, keep nobody out',
    async (_what, addressOf) => {
      const host = await startConsoleHost({ etcdEndpoint: etcd.endpoint });
      const { hostname, port, host: name } = new URL(host.url);
      const sockets: Socket[] = [];
      let ended = 0;
      try {
        const visitor = await host.visit();
        const user = await host.logIn();
        const half = [
          'POST /api/session HTTP/1.1',
          ...[`Host: ${name}`, `Origin: ${host.url}`, 'Content-Type: application/json'],
          ...[`Cookie: ${visitor.cookies()}`, `X-Supervene-Csrf: ${visitor.session.csrf}`],
          ...['Content-Length: 60', '', '{"user":'],
        ].join('\r\n');
        for (let n = 0; n < 1_200; n += 1) {
          const from = { port: Number(port), host: hostname, localAddress: addressOf(n) };
          const socket = connect(from, () => socket.write(half));
          socket.on('error', () => undefined);
          socket.once('close', () => (ended += 1));
          socket.resume();
          sockets.push(socket);
        }
        await waitFor('all of them to be there', () =>
          sockets.every(({ connecting }) => !connecting),
        );
        await waitFor('those beyond what there is room for to be ended', () => ended >= 200);
        expect((await host.logIn()).session.user?.name).toBe('admin');
        expect((await user.ask('logOut')).status).toBe(200);
        await waitFor('all of them to be ended', () => ended === sockets.length, {
          timeoutMs: 60_000,
        });
      } finally {
        for (const socket of sockets) socket.destroy();
        await host.stop();
      }
    },
    120_000,
  );

  it('are told to wait when one address asks too often', async () => {
    const host = await startConsoleHost({ etcdEndpoint: etcd.endpoint });
    try {
      let refused = false;
      for (let round = 0; round < 100 && !refused; round += 1) {
        const replies = await Promise.all(
          Array.from({ length: 100 }, () => host.send({ path: '/api/nothing' })),
        );
        refused = replies.some(({ status }) => status === 429);
      }
      expect(refused).toBe(true);
      await waitFor('it to be over', async () => {
        return (await host.send({ path: '/api/session' })).status === 200;
      });
    } finally {
      await host.stop();
    }
  }, 120_000);
});
