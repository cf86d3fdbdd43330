/** The fleet cannot be told of a host: everything else goes on as if it could. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
import { expectRecovery } from '../support/recovery.ts';

/** It is tried again after half a minute at the latest. */
const boundMs = 35_000;

const started: { stop(): Promise<void> }[] = [];
let dir: TempDir;
beforeEach(async () => {
  dir = await createTempDir('fleet');
});
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
  await dir.remove();
});

function keep<T extends { stop(): Promise<void> }>(one: T): T {
  started.push(one);
  return one;
}

async function metric({ agent }: CalmHost, name: string): Promise<number> {
  const text = await (await fetch(`${agent.url}/metrics`)).text();
  return Number(new RegExp(`^supervene_fleet_${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

const reportOf = (etcd: Etcd, { name }: CalmHost) => etcd.get(`/services/fleet/hosts/${name}`);

/** How often the agent has complained that it cannot tell. */
const complaints = ({ agent }: CalmHost): number =>
  agent.output().split('the fleet cannot be told').length - 1;

async function appliesOn(host: CalmHost, first: number): Promise<void> {
  const witness = await host.witness('calm', 'foreign');
  for (const n of [first, first + 1, first + 2]) await host.run('changing', n);
  expect((await host.readiness()).reasons).toBe('');
  await witness.testify();
}

describe('an agent that cannot tell the fleet of its host', () => {
  it('for want of a permission goes on, says so once, and tells as soon as it may', async () => {
    const etcd = keep(await startEtcd({ flags: ['--bcrypt-cost', '4'] }));
    etcd.enableAuth('secret');
    const passwordFile = join(dir.path, 'password');
    writeFileSync(passwordFile, 'first\n', { mode: 0o600 });
    etcd.etcdctl('user', 'add', 'host', '--new-user-password=first');
    etcd.etcdctl('role', 'add', 'reads');
    etcd.etcdctl('role', 'grant-permission', 'reads', 'read', '/test/mute/apps/', '--prefix');
    etcd.etcdctl('user', 'grant-role', 'host', 'reads');
    const host = keep(
      await startCalmHost({
        ...{ etcd, name: 'mute' },
        environment: {
          SUPERVENE_ETCD_USERNAME: 'host',
          SUPERVENE_ETCD_PASSWORD_FILE: passwordFile,
        },
      }),
    );
    await waitFor('a refusal', async () => (await metric(host, 'failures_total')) > 0);
    await appliesOn(host, 1);
    await waitFor('more refusals', async () => (await metric(host, 'failures_total')) > 2);
    expect(complaints(host)).toBe(1);
    expect(await metric(host, 'connected')).toBe(0);
    const grant = (...words: readonly string[]) =>
      etcd.etcdctl('role', 'grant-permission', ...words);
    grant('reads', 'readwrite', '/services/fleet/', '--prefix');
    const healedAtMs = performance.now();
    await expectRecovery('fleet: a permission', boundMs, healedAtMs, async () =>
      Boolean(await reportOf(etcd, host)),
    );
    expect(await metric(host, 'connected')).toBe(1);
    expect(host.agent.output()).toContain('the fleet is told of this host again');
    // And the other way round.
    etcd.etcdctl('role', 'revoke-permission', 'reads', '/services/fleet/', '--prefix');
    await appliesOn(host, 4);
    await waitFor('a refusal', () => complaints(host) === 2);
    await appliesOn(host, 7);
  });

  it('for want of space in etcd goes on with what it knows, and tells once there is some', async () => {
    const etcd = keep(await startEtcd({ flags: ['--quota-backend-bytes', '400000'] }));
    const host = keep(await startCalmHost({ etcd }));
    await host.run('changing', 1);
    await waitFor('a report', () => reportOf(etcd, host));
    const witness = await host.witness('calm', 'foreign');
    const isFull = (error: unknown): boolean => String(error).includes('space exceeded');
    await waitFor(
      'etcd to be full',
      () => etcd.put('/fill', 'x'.repeat(20_000)).then(() => false, isFull),
      { intervalMs: 1 },
    );
    // Something to tell, and to do, with nobody to tell it to.
    const pid = (await host.process('changing'))?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await host.waitForState('changing', 'RUNNING');
    await waitFor('a refusal', () => complaints(host) > 0);
    expect((await host.readiness()).reasons).toBe('');
    await witness.testify();
    await etcd.compact();
    etcd.etcdctl('defrag');
    etcd.etcdctl('alarm', 'disarm');
    const healedAtMs = performance.now();
    const after = await host.process('changing');
    await expectRecovery('fleet: space', boundMs, healedAtMs, async () => {
      const part = await etcd.get(`/services/fleet/known/${host.name}`);
      return part?.includes(`"pid":${String(after?.pid)}`) === true;
    });
  });
});
