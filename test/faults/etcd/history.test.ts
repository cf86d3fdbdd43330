/** etcd goes backwards, or is another one: nothing is removed for it, and it is said. */
import { afterEach, describe, expect, it } from 'vitest';
import { sleeper } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { startTcpProxy } from '../../support/tcpProxy.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
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

/** A snapshot in which `old` has content 1, and after it `old` has content 2 and `later` came. */
async function withSnapshot(etcd: Etcd, host: CalmHost): Promise<string> {
  await host.run('old', 1);
  const path = etcd.saveSnapshot();
  await host.run('old', 2);
  await host.run('later', 1);
  return path;
}

describe('an etcd that lost its data', () => {
  it('A9: stops nothing when it was wiped, and is followed again once it is filled', async () => {
    const etcd = keep(await startEtcd());
    const host = keep(await startCalmHost({ etcd }));
    await host.run('other');
    const witness = await host.witness('calm', 'other', 'foreign');
    await etcd.wipe();
    const healedAtMs = performance.now();
    await host.waitUntilUnready('wiped or restored');
    // The next writes have revisions that it has seen before.
    await host.publish('changing', sleeper(2));
    await expectRecovery('A9', boundMs, healedAtMs, () => host.runs('changing', 2));
    await host.publish(['calm', 'other'], sleeper(1));
    await host.waitUntilAtRest();
    await witness.testify();
  });

  it('A10: stops nothing that a restored snapshot does not know, and says so', async () => {
    const etcd = keep(await startEtcd());
    const host = keep(await startCalmHost({ etcd }));
    const path = await withSnapshot(etcd, host);
    const witness = await host.witness('calm', 'later', 'foreign');
    await etcd.restoreSnapshot(path);
    const healedAtMs = performance.now();
    expect(await host.waitUntilHeld('later', 'RemovalUnconfirmed')).toContain('restored');
    await host.waitUntilUnready('restored');
    // Without signatures what etcd says is what is wanted, be it old.
    await expectRecovery('A10', boundMs, healedAtMs, () => host.runs('old', 1));
    await host.publish('changing', sleeper(2));
    await waitFor('what was published since', () => host.runs('changing', 2));
    await host.publish('later', sleeper(1));
    await host.waitUntilAtRest();
    await witness.testify();
  });

  it('A11: is right again when it was restored and overtaken while nobody looked', async () => {
    const etcd = keep(await startEtcd());
    const proxy = keep(await startTcpProxy(etcd.port));
    const etcdEndpoint = `http://127.0.0.1:${String(proxy.port)}`;
    const host = keep(await startCalmHost({ etcd, etcdEndpoint }));
    const path = await withSnapshot(etcd, host);
    const witness = await host.witness('calm', 'later', 'foreign');
    const seen = BigInt((await host.view()).observedRevision);
    proxy.silence();
    proxy.cut();
    await host.waitUntilUnready('EtcdStale');
    await etcd.restoreSnapshot(path);
    for (let n = 0; n < 100; n += 1) await etcd.put('/elsewhere', String(n));
    const revision = await host.publish('changing', sleeper(2));
    expect(BigInt(revision)).toBeGreaterThan(seen);
    proxy.cut();
    proxy.heal();
    const healedAtMs = performance.now();
    await expectRecovery(
      'A11',
      boundMs,
      healedAtMs,
      async () => (await host.runs('changing', 2)) && (await host.runs('old', 1)),
    );
    // The old revision of `old` gives the backup away, though etcd is further on than before.
    expect(await host.waitUntilHeld('later', 'RemovalUnconfirmed')).toContain('restored');
    await host.publish('later', sleeper(1));
    await host.waitUntilAtRest();
    await witness.testify();
  });

  it.each(['stays', 'is started anew'] as const)(
    'A11: takes away nothing that the backup lacks, though no key went back; the agent %s',
    async (agent) => {
      const etcd = keep(await startEtcd());
      const proxy = keep(await startTcpProxy(etcd.port));
      const etcdEndpoint = `http://127.0.0.1:${String(proxy.port)}`;
      const host = keep(await startCalmHost({ etcd, etcdEndpoint }));
      const path = etcd.saveSnapshot();
      await host.run('later', 1);
      const witness = await host.witness('calm', 'later', 'foreign');
      proxy.silence();
      proxy.cut();
      await host.waitUntilUnready('EtcdStale');
      if (agent === 'is started anew') {
        await host.agent.kill();
        await host.agent.start();
      }
      await etcd.restoreSnapshot(path);
      for (let n = 0; n < 100; n += 1) await etcd.put('/elsewhere', String(n));
      proxy.cut();
      proxy.heal();
      const healedAtMs = performance.now();
      await host.publish('changing', sleeper(2));
      await expectRecovery('A11', boundMs, healedAtMs, () => host.runs('changing', 2));
      expect(await host.waitUntilHeld('later', 'RemovalUnconfirmed')).toContain('restored');
      await host.publish('later', sleeper(1));
      await host.waitUntilAtRest();
      await witness.testify();
    },
  );

  it('A12: stops nothing when another cluster answers at its address', async () => {
    const etcd = keep(await startEtcd());
    const host = keep(await startCalmHost({ etcd }));
    await host.run('other');
    const witness = await host.witness('calm', 'other', 'foreign');
    const content = await etcd.get(`${host.prefix}/calm/content`);
    await etcd.kill();
    await host.waitUntilUnready('EtcdStale');
    const another = keep(
      await startEtcd({ port: etcd.port, flags: ['--initial-cluster-token', 'another'] }),
    );
    for (let n = 0; n < 100; n += 1) await another.put(`${host.prefix}/z/ips`, '10.99.99.99');
    await host.waitUntilUnready('another cluster id');
    expect((await host.view()).held.map(({ app, code }) => `${String(app)} ${code}`)).toEqual(
      expect.arrayContaining(['calm RemovalUnconfirmed', 'other RemovalUnconfirmed']),
    );
    await another.kill();
    await etcd.start();
    const healedAtMs = performance.now();
    expect(await etcd.get(`${host.prefix}/calm/content`)).toBe(content);
    await host.publish('changing', sleeper(2));
    await expectRecovery('A12', boundMs, healedAtMs, () => host.runs('changing', 2));
    await host.waitUntilAtRest();
    await witness.testify();
  });
});
