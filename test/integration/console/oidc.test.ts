/**
 * Logging in by an OpenID provider, against the built console: in by the claims that something is
 * granted to, and not in by anything that is not exactly what was asked for.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OidcStart, SessionDocument } from '../../../src/domain/console/api.ts';
import { runSupervene } from '../../support/agent.ts';
import {
  type ConsoleClient,
  type ConsoleHost,
  everywhere,
  passwordOf,
  startConsoleHost,
} from '../../support/consoleHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { type FakeIssuer, startFakeIssuer } from '../../support/fakeIssuer.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';

let etcd: Etcd;
let dir: TempDir;
let issuer: FakeIssuer;
let host: ConsoleHost;
let grantsPath: string;
let usersPath: string;

const opsGrant = { claim: 'groups', value: 'ops', role: 'operator', ...everywhere };
const writeGrants = (...grants: readonly object[]): void =>
  writeFileSync(grantsPath, JSON.stringify({ grants }));

beforeAll(async () => {
  [etcd, dir, issuer] = await Promise.all([startEtcd(), createTempDir('oidc'), startFakeIssuer()]);
  grantsPath = join(dir.path, 'grants.json');
  usersPath = join(dir.path, 'users.json');
  writeGrants(opsGrant);
  writeFileSync(join(dir.path, 'secret'), `${issuer.secret}\n`, { mode: 0o600 });
}, 60_000);

afterAll(async () => {
  await issuer?.away();
  await etcd?.stop();
  await dir?.remove();
});

const environment = (): Readonly<Record<string, string>> => ({
  SUPERVENE_CONSOLE_OIDC_ISSUER: issuer.url,
  SUPERVENE_CONSOLE_OIDC_CLIENT_ID: issuer.clientId,
  SUPERVENE_CONSOLE_OIDC_CLIENT_SECRET_FILE: join(dir.path, 'secret'),
  SUPERVENE_CONSOLE_OIDC_GRANTS: grantsPath,
  SUPERVENE_CONSOLE_OIDC_NAME: 'Our provider',
});

/** A fresh one each: how often somebody failed is not carried on. */
beforeEach(async () => {
  issuer.person = { sub: 'p-1', preferred_username: 'anna', groups: ['ops'] };
  issuer.flaws = {};
  writeGrants(opsGrant);
  host = await startConsoleHost({ etcdEndpoint: etcd.endpoint, environment: environment() });
}, 60_000);

afterEach(() => host.stop());

/** Until the provider sends back; gives the query that it puts there. */
async function goThere(client: ConsoleClient): Promise<Readonly<Record<string, string>>> {
  const { url } = await client.call<OidcStart>('oidcStart');
  const back = await issuer.visit(url);
  expect(back.origin + back.pathname).toBe(`${host.url}/oidc/return`);
  return Object.fromEntries(back.searchParams);
}

async function comeBack(client: ConsoleClient, query: Readonly<Record<string, string>>) {
  const { status, headers, cookies, text } = await client.ask('oidcReturn', { query });
  expect(text).toBe('');
  return { status, location: headers.location, cookies };
}

async function expectOut(
  client: ConsoleClient,
  query: Readonly<Record<string, string>>,
  word: string,
): Promise<void> {
  const { cookies, ...answer } = await comeBack(client, query);
  expect(answer).toEqual({ status: 303, location: `/?oidc=${word}` });
  expect(cookies.filter((cookie) => cookie.startsWith('supervene-session='))).toEqual([]);
  expect((await client.ask('session')).json<SessionDocument>().user).toBeNull();
}

function trail(): string {
  return etcd.etcdctl('get', '--prefix', '/services/fleet/audit/', '--print-value-only');
}

describe('the way in by a provider', () => {
  it('makes somebody of who is granted anything, and forgets what it was begun with', async () => {
    const visitor = await host.visit();
    expect(visitor.session).toMatchObject({ user: null, oidc: 'Our provider' });
    const started = await visitor.ask('oidcStart');
    expect(started.cookies).toEqual([
      expect.stringMatching(
        /^supervene-oidc=[\w-]+\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/,
      ),
    ]);
    const before = visitor.cookies();
    const back = await issuer.visit(started.json<OidcStart>().url);
    const entered = await comeBack(visitor, Object.fromEntries(back.searchParams));
    expect(entered).toMatchObject({ status: 303, location: '/' });
    expect(entered.cookies).toContainEqual(
      expect.stringMatching(/^supervene-session=.*; HttpOnly; SameSite=Strict; Max-Age=3600$/),
    );
    expect(visitor.cookies()).not.toMatch(/supervene-(oidc|before)/);
    const client = await host.comeWith(visitor.cookies());
    expect(client.session.user).toEqual({
      name: 'oidc:anna/p-1',
      grants: [{ role: 'operator', ...everywhere }],
    });
    expect((await client.ask('fleet')).status).toBe(200);
    expect((await client.ask('audit')).status).toBe(403);
    // What the browser had before is worth nothing now.
    expect((await host.comeWith(before)).session.user).toBeNull();
    expect(trail()).toContain('"user":"oidc:anna/p-1"');
    const [asked] = issuer.tokensAsked().slice(-1);
    expect(asked?.get('code_verifier')).toMatch(/^[\w.~-]{43,128}$/);
    expect(host.output() + trail()).not.toMatch(/ACCESS_CANARY|eyJ/);
    expect(host.output()).not.toContain(issuer.secret);
  }, 60_000);

  it('ends with the log-out, and is worth what the file grants at the time', async () => {
    const visitor = await host.visit();
    await comeBack(visitor, await goThere(visitor));
    const client = await host.comeWith(visitor.cookies());
    expect((await client.ask('fleet')).status).toBe(200);
    writeGrants({ ...opsGrant, value: 'others' });
    expect((await client.ask('fleet')).status).toBe(403);
    writeGrants(opsGrant);
    expect((await client.ask('fleet')).status).toBe(200);
    const copy = await host.comeWith(client.cookies());
    expect((await client.ask('logOut')).status).toBe(200);
    expect((await copy.ask('fleet')).status).toBe(401);
  }, 60_000);

  it('leaves the way by a password open, and takes nobody’s place', async () => {
    expect((await host.logIn('admin')).session.user?.name).toBe('admin');
    issuer.person = { sub: 'admin', preferred_username: 'admin', groups: ['ops'] };
    const visitor = await host.visit();
    await comeBack(visitor, await goThere(visitor));
    const { user } = (await host.comeWith(visitor.cookies())).session;
    expect(user).toEqual({ name: 'oidc:admin', grants: [{ role: 'operator', ...everywhere }] });
    const body = { user: 'oidc:admin', password: passwordOf('admin') };
    expect((await (await host.visit()).ask('logIn', { body })).status).toBe(401);
  }, 60_000);
});

describe('whom it does not let in', () => {
  it('who comes back with another state, or without what he set out with', async () => {
    const visitor = await host.visit();
    const query = await goThere(visitor);
    const cookies = visitor.cookies();
    await expectOut(visitor, { ...query, state: 'another' }, 'state');
    // The cookie is gone with that; and another browser never had it.
    await expectOut(visitor, query, 'state');
    await expectOut(await host.visit(), query, 'state');
    await expectOut(await host.comeWith(cookies), { code: query['code'] ?? '' }, 'state');
    // Of somebody else, who was led to use it.
    const other = await host.visit();
    await goThere(other);
    await expectOut(other, query, 'state');
    for (const sealed of ['x.y', 'e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'x']) {
      await expectOut(await host.comeWith(`supervene-oidc=${sealed}`), query, 'state');
    }
    const session = visitor.session.csrf;
    expect(session).not.toBe('');
    expect(issuer.tokensAsked().some((form) => form.get('code') === query['code'])).toBe(false);
  }, 60_000);

  it('who comes back twice, here or on another console', async () => {
    const visitor = await host.visit();
    const query = await goThere(visitor);
    const cookies = visitor.cookies();
    expect((await comeBack(visitor, query)).location).toBe('/');
    await expectOut(await host.comeWith(cookies), query, 'state');
    const other = await startConsoleHost({
      etcdEndpoint: etcd.endpoint,
      usersPath: host.usersPath,
      environment: {
        ...environment(),
        // As behind a proxy, which gives both one name.
        SUPERVENE_CONSOLE_ORIGINS: host.url,
      },
    });
    try {
      const late = await other.send({
        path: `/oidc/return?${new URLSearchParams(query).toString()}`,
        headers: { host: new URL(host.url).host, cookie: cookies },
      });
      expect(late.headers.location).toBe('/?oidc=wrong');
      expect(late.cookies.join()).not.toContain('supervene-session=');
    } finally {
      await other.stop();
    }
  }, 60_000);

  it.each([
    ['another nonce', { claims: { nonce: 'another' } }],
    ['no nonce', { claims: { nonce: undefined } }],
    ['a token that is over', { claims: { exp: 1_000_000, iat: 999_000 } }],
    ['a token for another', { claims: { aud: 'somebody' } }],
    ['a token of another', { claims: { iss: 'https://evil.example' } }],
    ['another signature', { signature: 'other' as const }],
    ['no signature', { signature: 'none' as const }],
    ['nobody in it', { claims: { sub: undefined } }],
    ['an odd name in it', { claims: { sub: 'a\nb' } }],
  ])('whom the provider vouches for with %s', async (_what, flaws) => {
    const visitor = await host.visit();
    issuer.flaws = flaws;
    await expectOut(visitor, await goThere(visitor), 'wrong');
    expect(host.output()).not.toMatch(/ACCESS_CANARY|eyJ/);
  });

  it('who did not want to, and says nothing of what came with that', async () => {
    const visitor = await host.visit();
    issuer.flaws = { isRefused: true };
    await expectOut(visitor, await goThere(visitor), 'refused');
    expect(host.output()).not.toContain('EVIL');
  });

  it.each([
    ['no group', { sub: 'p-2' }],
    ['another group', { sub: 'p-2', groups: ['dev', 'ops2', 'OPS'] }],
    ['a group that is no text', { sub: 'p-2', groups: [['ops'], { ops: true }] }],
    ['a group of the same words', { sub: 'p-2', groups: 'ops,dev' }],
    ['an address that nobody verified', { sub: 'p-2', email: 'boss@example.com' }],
  ])('whom nothing is granted to: %s', async (_what, person) => {
    writeGrants(opsGrant, { ...opsGrant, claim: 'email', value: 'boss@example.com' });
    issuer.person = person;
    const visitor = await host.visit();
    await expectOut(visitor, await goThere(visitor), 'nobody');
    expect(trail()).toContain('"target":"oidc:p-2"');
  });

  it('anybody while the file of grants is none', async () => {
    writeFileSync(grantsPath, '{"grants": [{"claim": "groups"}]}');
    const visitor = await host.visit();
    await expectOut(visitor, await goThere(visitor), 'nobody');
    expect(host.output()).toContain('nobody is let in by OpenID');
  });

  it('who fails too often', async () => {
    issuer.flaws = { claims: { nonce: 'another' } };
    const words: (string | undefined)[] = [];
    for (let n = 0; n < 8; n += 1) {
      const visitor = await host.visit();
      words.push((await comeBack(visitor, await goThere(visitor))).location);
    }
    expect(new Set(words)).toEqual(new Set(['/?oidc=wrong', '/?oidc=wait']));
  }, 60_000);
});

describe('a provider', () => {
  it('that is away keeps nobody from a password, and is asked again', async () => {
    await issuer.away();
    try {
      const visitor = await host.visit();
      const reply = await visitor.ask('oidcStart');
      expect({ status: reply.status, ...reply.json<object>() }).toMatchObject({
        ...{ status: 503, code: 'OidcAway' },
      });
      expect((await host.logIn('admin')).session.user?.name).toBe('admin');
    } finally {
      await issuer.back();
    }
    const visitor = await host.visit();
    const query = await goThere(visitor);
    await issuer.away();
    try {
      await expectOut(visitor, query, 'away');
    } finally {
      await issuer.back();
    }
    const again = await host.visit();
    expect((await comeBack(again, await goThere(again))).location).toBe('/');
  }, 60_000);

  it('that says it is another is not gone to', async () => {
    issuer.flaws = { issuer: 'http://127.0.0.1:1' };
    const reply = await (await host.visit()).ask('oidcStart');
    expect(reply.status).toBe(503);
  });

  it('without TLS on another machine, or half set up, is none', async () => {
    const base = { SUPERVENE_ETCD: etcd.endpoint, SUPERVENE_CONSOLE_USERS: usersPath };
    const { SUPERVENE_CONSOLE_OIDC_GRANTS: _grants, ...half } = environment();
    const cases = [
      [{ ...environment(), SUPERVENE_CONSOLE_OIDC_ISSUER: 'http://sso.example' }, 'without TLS', 2],
      [half, 'without console.oidcGrants', 2],
      [{ ...environment(), SUPERVENE_CONSOLE_OIDC_CLIENT_SECRET_FILE: '/nowhere' }, 'no such', 1],
    ] as const;
    for (const [more, says, expected] of cases) {
      const { code, stderr } = await runSupervene(['console'], {
        environment: { ...base, SUPERVENE_CONSOLE_LISTEN: '127.0.0.1:0', ...more },
      });
      expect({ code, stderr }).toEqual({ code: expected, stderr: expect.stringContaining(says) });
    }
  }, 60_000);
});
