/**
 * The main path on every etcd that is there: the one in PATH, and those that SUPERVENE_ETCD_BINARIES
 * names (paths with colons between them; `node test/setup/otherVersions.js` fetches some).
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import { judgeEtcdVersion } from '../../../src/domain/etcdVersions.ts';
import { sleeper } from '../../support/agentHost.ts';
import { startEtcd } from '../../support/etcd.ts';
import { startTcpProxy } from '../../support/tcpProxy.ts';
import { waitFor } from '../../support/waitFor.ts';
import { startCalmHost } from '../support/calmHost.ts';
import { expectRecovery } from '../support/recovery.ts';

const boundMs = 5_000;

const started: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
});

function keep<T extends { stop(): Promise<void> }>(one: T): T {
  started.push(one);
  return one;
}

const named = (process.env['SUPERVENE_ETCD_BINARIES'] ?? '').split(':').filter(Boolean);

const versionOf = (binary: string): string => {
  const { stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  return /^etcd Version: (\S+)/m.exec(stdout)?.[1] ?? 'of no known version';
};

const binaries = ['etcd', ...named].map((binary) => [versionOf(binary), binary] as const);

describe.each(binaries)('etcd %s', (version, binary) => {
  it('is listed, watched, lost and found, compacted and restored', async () => {
    const etcd = keep(await startEtcd({ binary }));
    const proxy = keep(await startTcpProxy(etcd.port));
    const etcdEndpoint = `http://127.0.0.1:${String(proxy.port)}`;
    const host = keep(await startCalmHost({ etcd, etcdEndpoint }));
    const witness = await host.witness('calm', 'foreign');
    await host.run('changing', 1);
    await host.run('changing', 2);
    await host.run('gone', 1);
    await host.unpublish('gone');
    await waitFor('the removal', async () => !(await host.process('gone')));

    await etcd.kill();
    await host.waitUntilUnready('EtcdStale');
    await etcd.start();
    const healedAtMs = performance.now();
    await host.publish('changing', sleeper(3));
    await expectRecovery(`A2 on ${version}`, boundMs, healedAtMs, () => host.runs('changing', 3));

    proxy.silence();
    proxy.cut();
    await host.waitUntilUnready('EtcdStale');
    for (let n = 4; n <= 20; n += 1) await host.publish('changing', sleeper(n));
    await etcd.compact();
    proxy.cut();
    proxy.heal();
    const compactedAtMs = performance.now();
    await expectRecovery(`A8 on ${version}`, boundMs, compactedAtMs, () =>
      host.runs('changing', 20),
    );
    await host.waitUntilAtRest();

    const path = etcd.saveSnapshot();
    await host.run('later', 1);
    await etcd.restoreSnapshot(path);
    expect(await host.waitUntilHeld('later', 'RemovalUnconfirmed')).toContain('restored');
    await host.publish('later', sleeper(1));
    await host.waitUntilAtRest();
    await witness.testify();
    // Once, or not at all when there is nothing to say.
    const warnings = host.agent.output().match(/has known security holes/g) ?? [];
    expect(warnings).toHaveLength(judgeEtcdVersion(version) === undefined ? 0 : 1);
  });

  it('lets users in with a password and a role, and again when their tokens are gone', async () => {
    const etcd = keep(await startEtcd({ binary, flags: ['--auth-token-ttl', '2'] }));
    const proxy = keep(await startTcpProxy(etcd.port));
    const [name, password] = ['versioned', 'p'];
    etcd.enableAuth('secret');
    etcd.etcdctl('user', 'add', name, `--new-user-password=${password}`);
    etcd.etcdctl('role', 'add', 'reader');
    etcd.etcdctl('role', 'grant-permission', 'reader', 'read', `/test/${name}/apps/`, '--prefix');
    etcd.etcdctl('user', 'grant-role', name, 'reader');
    const passwordFile = `${etcd.dataDir}.password`;
    writeFileSync(passwordFile, password);
    const host = keep(
      await startCalmHost({
        ...{ etcd, name, etcdEndpoint: `http://127.0.0.1:${String(proxy.port)}` },
        environment: {
          SUPERVENE_ETCD_USERNAME: name,
          SUPERVENE_FLEET_REPORT: 'off',
          SUPERVENE_FLEET_REQUESTS: 'off',
          SUPERVENE_ETCD_PASSWORD_FILE: passwordFile,
        },
      }),
    );
    await host.run('changing', 1);
    // A password that is set, even to the same, ends every token of its user.
    await etcd.call('/v3/auth/user/changepw', { name, password });
    proxy.cut();
    await host.run('changing', 2);
    expect(host.agent.output()).not.toContain('Unauthorised');
    etcd.etcdctl('role', 'revoke-permission', 'reader', '--prefix', `/test/${name}/apps/`);
    proxy.cut();
    await host.waitUntilUnready('permission denied');
    expect(await host.runs('calm', 1)).toBe(true);
  });
});
