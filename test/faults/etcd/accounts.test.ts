/** Accounts of etcd: least roles, tokens that expire, and access that is lost and given back. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sleeper } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcpProxy.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
import { expectRecovery } from '../support/recovery.ts';

const boundMs = 5_000;
/** Until the next audit notices what no watch tells. */
const auditMs = 30_000;

const started: { stop(): Promise<void> }[] = [];
let dir: TempDir;
beforeEach(async () => {
  dir = await createTempDir('accounts');
});
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
  await dir.remove();
});

function keep<T extends { stop(): Promise<void> }>(one: T): T {
  started.push(one);
  return one;
}

interface Guarded {
  readonly etcd: Etcd;
  readonly proxy: TcpProxy;
  readonly host: CalmHost;
  readonly user: string;
  readonly role: string;
  readonly passwordFile: string;
}

/** Logins cost next to nothing, and tokens live two seconds. */
const flags = ['--bcrypt-cost', '4', '--auth-token-ttl', '2'];

/** A host whose user may read its prefix, and nothing else. */
async function startGuarded(): Promise<Guarded> {
  const etcd = keep(await startEtcd({ flags }));
  const proxy = keep(await startTcpProxy(etcd.port));
  const name = `guarded${String(etcd.port)}`;
  const [user, role] = [`host-${name}`, `read ${name}`];
  etcd.enableAuth('secret');
  etcd.etcdctl('user', 'add', user, '--new-user-password=first');
  etcd.etcdctl('role', 'add', role);
  grant(etcd, role, name);
  etcd.etcdctl('user', 'grant-role', user, role);
  const passwordFile = join(dir.path, 'password');
  writeFileSync(passwordFile, 'first\n', { mode: 0o600 });
  const host = keep(
    await startCalmHost({
      etcd,
      name,
      etcdEndpoint: `http://127.0.0.1:${String(proxy.port)}`,
      environment: {
        SUPERVENE_ETCD_USERNAME: user,
        SUPERVENE_FLEET_REPORT: 'off',
        SUPERVENE_FLEET_REQUESTS: 'off',
        SUPERVENE_ETCD_PASSWORD_FILE: passwordFile,
      },
    }),
  );
  return { etcd, proxy, host, user, role, passwordFile };
}

function grant(etcd: Etcd, role: string, name: string): void {
  etcd.etcdctl('role', 'grant-permission', role, 'read', `/test/${name}/apps/`, '--prefix');
}

const changePassword = (etcd: Etcd, name: string, password: string) =>
  etcd.call('/v3/auth/user/changepw', { name, password });

/** How many logins etcd was asked for. */
async function logins(etcd: Etcd): Promise<number> {
  const text = await (await fetch(`${etcd.endpoint}/metrics`)).text();
  const counts = text.matchAll(
    /^grpc_server_started_total\{grpc_method="Authenticate".*\} (\d+)$/gm,
  );
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

async function expectRuns(row: string, host: CalmHost, n: number, limitMs = boundMs) {
  const healedAtMs = performance.now();
  await host.publish('changing', sleeper(n));
  await expectRecovery(row, limitMs, healedAtMs, () => host.runs('changing', n));
  await host.waitUntilAtRest();
}

describe('a user that may read one prefix', () => {
  it('is enough for an agent, and for nothing else', async () => {
    const { host, etcd, user } = await startGuarded();
    await host.run('changing', 1);
    const as = (...args: readonly string[]): string =>
      etcd.etcdctl(`--user=${user}:first`, ...args);
    const denied = /permission denied/;
    expect(as('get', '--prefix', '--keys-only', `${host.prefix}/`)).toContain('/changing/ips');
    expect(() => as('put', `${host.prefix}/x/ips`, '*')).toThrow(denied);
    expect(() => as('del', `${host.prefix}/calm/ips`)).toThrow(denied);
    expect(() => as('get', '/test/other/apps/')).toThrow(denied);
    expect(() => as('get', '--prefix', '/')).toThrow(denied);
    expect(() => as('user', 'list')).toThrow(denied);
    expect(host.agent.output()).not.toMatch(/\bfirst\b|Unauthorised|permission denied/);
  });

  it('A13: is logged in again when its token has expired, without an outage', async () => {
    const { host, etcd, proxy } = await startGuarded();
    const witness = await host.witness('calm', 'foreign');
    for (const n of [1, 2, 3]) {
      const { token } = await etcd.call('/v3/auth/authenticate', {
        name: 'root',
        password: 'secret',
      });
      await waitFor(
        'a token as old as the agent’s to expire',
        async () => {
          const answer = await fetch(`${etcd.endpoint}/v3/auth/user/list`, {
            method: 'POST',
            body: '{}',
            headers: { authorization: String(token) },
          });
          return (await answer.text()).includes('invalid auth token');
        },
        { intervalMs: 3_000 },
      );
      proxy.cut();
      await expectRuns('A13', host, n);
    }
    expect(host.agent.output()).not.toMatch(/Unauthorised|invalid auth token/);
    await witness.testify();
  });
});

describe('access that is lost', () => {
  it('A14: with a role that is revoked holds everything, until it is granted again', async () => {
    const { host, etcd, role } = await startGuarded();
    const witness = await host.witness('calm', 'foreign');
    etcd.etcdctl('role', 'revoke-permission', role, '--prefix', `${host.prefix}/`);
    // The watch that stands is not told; an audit is.
    const revokedAtMs = performance.now();
    await expectRecovery('A14 noticed', auditMs, revokedAtMs, async () =>
      (await host.readiness()).reasons.includes('permission denied'),
    );
    expect((await host.readiness()).reasons).toContain('EtcdStale');
    await host.publish('changing', sleeper(1));
    await expectFewLogins(etcd);
    grant(etcd, role, host.name);
    await expectRuns('A14 role', host, 2);
    await witness.testify();
  });

  it('A14: with a wrong password from the start is asked for again, and not often', async () => {
    const { host, etcd, passwordFile } = await startGuarded();
    const witness = await host.witness('calm', 'foreign');
    await host.agent.terminate();
    writeFileSync(passwordFile, 'wrong\n');
    host.agent.start();
    await host.waitUntilUnready('authentication failed');
    await expectFewLogins(etcd);
    writeFileSync(passwordFile, 'first\n');
    await expectRuns('A14 password', host, 2);
    await witness.testify();
  });

  it('A14: is asked for once accounts are enabled, and had with a login given before', async () => {
    const etcd = keep(await startEtcd({ flags }));
    const passwordFile = join(dir.path, 'root');
    writeFileSync(passwordFile, 'secret');
    const environment = {
      SUPERVENE_ETCD_USERNAME: 'root',
      SUPERVENE_FLEET_REPORT: 'off',
      SUPERVENE_FLEET_REQUESTS: 'off',
      SUPERVENE_ETCD_PASSWORD_FILE: passwordFile,
    };
    const prepared = keep(await startCalmHost({ etcd, environment }));
    const unprepared = keep(await startCalmHost({ etcd }));
    const witness = await unprepared.witness('calm', 'foreign');
    etcd.enableAuth('secret');
    await etcd.restart();
    await unprepared.waitUntilUnready('EtcdStale');
    await unprepared.waitUntilUnready('user name is empty');
    await expectRuns('A14 enabled', prepared, 1);
    await unprepared.publish('changing', sleeper(1));
    etcd.etcdctl('auth', 'disable');
    const healedAtMs = performance.now();
    await expectRecovery('A14 disabled', boundMs, healedAtMs, () => unprepared.runs('changing', 1));
    await witness.testify();
    await expectRuns('A14 disabled', prepared, 2);
  });

  it('A15: with its user deleted is noticed though the watch goes on', async () => {
    const { host, etcd, user, role } = await startGuarded();
    const witness = await host.witness('calm', 'foreign');
    etcd.etcdctl('user', 'delete', user);
    const deletedAtMs = performance.now();
    await expectRecovery('A15 noticed', auditMs, deletedAtMs, async () =>
      (await host.readiness()).reasons.includes('authentication failed'),
    );
    expect((await host.readiness()).reasons).toContain('EtcdStale');
    etcd.etcdctl('user', 'add', user, '--new-user-password=first');
    etcd.etcdctl('user', 'grant-role', user, role);
    await expectRuns('A15', host, 2);
    await witness.testify();
  });
});

describe('a password that is changed while the agent runs', () => {
  it('is read again: changed in the file first, or in etcd first', async () => {
    const { host, etcd, proxy, user, passwordFile } = await startGuarded();
    const witness = await host.witness('calm', 'foreign');
    writeFileSync(passwordFile, 'second\n');
    proxy.cut();
    await expectRuns('password, in the file', host, 1);
    await changePassword(etcd, user, 'second');
    proxy.cut();
    await expectRuns('password, in both', host, 2);
    expect(host.agent.output()).not.toContain('Unauthorised');

    await changePassword(etcd, user, 'third');
    proxy.cut();
    await host.waitUntilUnready('authentication failed');
    // A file that is away for a moment, or empty, is no new password.
    writeFileSync(passwordFile, '');
    await host.publish('changing', sleeper(3));
    writeFileSync(passwordFile, 'third\n');
    const healedAtMs = performance.now();
    await expectRecovery('password, in etcd', boundMs, healedAtMs, () => host.runs('changing', 3));
    await host.waitUntilAtRest();
    expect(host.agent.output()).not.toMatch(/\b(?:first|second|third)\b/);
    await witness.testify();
  });
});

/** Within the time that it takes to see five more, at most two a second, and not more and more. */
async function expectFewLogins(etcd: Etcd): Promise<void> {
  const before = await logins(etcd);
  const beganMs = performance.now();
  // The pauses have random lengths up to 5 s.
  await waitFor('some time', () => performance.now() - beganMs > 8_000, { intervalMs: 500 });
  expect((await logins(etcd)) - before).toBeLessThan(24);
}
