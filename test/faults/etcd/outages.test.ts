/** etcd is away, hangs, is slow, or its connections break: what runs runs on, and nothing is missed. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { sleeper } from '../../support/agentHost.ts';
import { type Etcd, type EtcdOptions, startEtcd } from '../../support/etcd.ts';
import { signal } from '../../support/managedPids.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcpProxy.ts';
import { waitFor } from '../../support/waitFor.ts';
import { watchForTest } from '../../support/watchedDesired.ts';
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

const etcd = async (options: EtcdOptions = {}): Promise<Etcd> => keep(await startEtcd(options));

async function hostBehindProxy(): Promise<{ proxy: TcpProxy; host: CalmHost; etcd: Etcd }> {
  const one = await etcd();
  const proxy = keep(await startTcpProxy(one.port));
  const etcdEndpoint = `http://127.0.0.1:${String(proxy.port)}`;
  return { proxy, host: keep(await startCalmHost({ etcd: one, etcdEndpoint })), etcd: one };
}

describe('an etcd that is away', () => {
  it('A1: is waited for by an agent that starts, which keeps what it finds', async () => {
    const one = await etcd();
    const host = keep(await startCalmHost({ etcd: one }));
    await host.agent.kill();
    await one.kill();
    const witness = await host.witness('calm', 'foreign');
    host.agent.start();
    await host.waitUntilUnready('EtcdStale');
    await one.start();
    const healedAtMs = performance.now();
    await host.publish('changing', sleeper(2));
    await expectRecovery('A1', boundMs, healedAtMs, () => host.runs('changing', 2));
    await host.waitUntilAtRest();
    await witness.testify();
  });

  it('A2: is found again after SIGKILL, with what was published at once', async () => {
    const one = await etcd();
    const host = keep(await startCalmHost({ etcd: one }));
    const witness = await host.witness('calm', 'foreign');
    for (const n of [1, 2, 3]) {
      await one.kill();
      await host.waitUntilUnready('EtcdStale');
      await one.start();
      const healedAtMs = performance.now();
      await host.publish('changing', sleeper(n));
      await expectRecovery('A2', boundMs, healedAtMs, () => host.runs('changing', n));
      await host.waitUntilAtRest();
    }
    await witness.testify();
  });
});

describe('an etcd that does not answer in time', () => {
  it('A3: is given up while it hangs, and read anew when it goes on', async () => {
    const one = await etcd();
    const host = keep(await startCalmHost({ etcd: one }));
    const witness = await host.witness('calm', 'foreign');
    const before = residentKiB(host.agent.pid);
    one.pause();
    await host.waitUntilUnready('EtcdStale');
    // Some more attempts, each with its deadline.
    const { pid } = host.agent;
    const sockets = new Set<string>();
    await waitFor('four more connections', () => {
      for (const port of localPortsTo(one.port)) sockets.add(port);
      return sockets.size >= 5;
    });
    expect(residentKiB(pid) - before).toBeLessThan(64 * 1024);
    one.resume();
    const healedAtMs = performance.now();
    await host.publish('changing', sleeper(2));
    await expectRecovery('A3', boundMs, healedAtMs, () => host.runs('changing', 2));
    await host.waitUntilAtRest();
    await witness.testify();
  });

  it('A6: is used though each call takes two seconds', async () => {
    const { proxy, host, etcd: one } = await hostBehindProxy();
    const witness = await host.witness('calm', 'foreign');
    proxy.delay(1_000);
    for (const n of [1, 2]) {
      await host.publish('changing', sleeper(n));
      await waitFor('the content', () => host.runs('changing', n));
    }
    // Also the way back to it: a new connection, a listing, a watch.
    await one.kill();
    await host.waitUntilUnready('EtcdStale');
    await one.start();
    await host.publish('changing', sleeper(3));
    await waitFor('the content', () => host.runs('changing', 3), { timeoutMs: 60_000 });
    await waitFor('to be ready', async () => (await host.readiness()).status === 200);
    proxy.delay(0);
    const healedAtMs = performance.now();
    await host.publish('changing', sleeper(4));
    await expectRecovery('A6', boundMs, healedAtMs, () => host.runs('changing', 4));
    await witness.testify();
  });
});

describe('a connection that breaks', () => {
  it('A7: resumes from what was delivered, cut at any byte of the answers', async () => {
    const one = await etcd();
    const proxy = keep(await startTcpProxy(one.port));
    const endpoints = [`http://127.0.0.1:${String(proxy.port)}`];
    const watch = { backoffMinMs: 1, backoffMaxMs: 5 };
    const watching = keep(watchForTest({ client: { endpoints }, watch }));
    await watching.waitForListing();
    // One transaction is about 250 bytes on the wire, and the listing after a cut as many again.
    for (let bytes = 1; bytes < 700; bytes += 9) {
      const seen = watching.events.length;
      proxy.cutAfter(bytes);
      let revision = '';
      for (let n = 0; !proxy.hasCut(); n += 1) {
        const content = `c${String(bytes)} ${String(n)}`;
        revision = await one.txn({ '/p/a/ips': 'h1', '/p/a/content': content });
        await waitFor(
          'the cut, or the change',
          () => proxy.hasCut() || watching.events.slice(seen).some((e) => isAt(e, revision)),
          { intervalMs: 1 },
        );
      }
      revision = await one.txn({ '/p/a/content': `last ${String(bytes)}` });
      await watching.waitForRevision(revision);
      const value = { type: 'Text', text: `last ${String(bytes)}` };
      expect(watching.pictures().get('a')?.content?.value).toEqual(value);
      expectAscending(watching.events.slice(seen));
    }
    expect(watching.lost().length).toBeGreaterThan(70);
  });

  it('A7: restarts each app once for each change, however often it is cut meanwhile', async () => {
    const { proxy, host } = await hostBehindProxy();
    const apps = Array.from({ length: 12 }, (_, index) => `cut${String(index)}`);
    await host.publish(apps, sleeper(1));
    for (const app of apps) await waitFor(`${app} to run`, () => host.runs(app, 1));
    await host.waitUntilAtRest();
    const updates = await host.stepCount('UpdateGroups');
    for (const [index, app] of apps.entries()) {
      const others = apps.filter((other) => other !== app);
      const witness = await host.witness('calm', 'foreign', ...others);
      proxy.cutAfter(1 + index * 60);
      await host.publish(app, sleeper(2));
      if (!proxy.hasCut()) await waitFor('the change or the cut', () => host.runs(app, 2));
      proxy.cut();
      const healedAtMs = performance.now();
      await expectRecovery('A7', boundMs, healedAtMs, () => host.runs(app, 2));
      await host.waitUntilAtRest();
      await witness.testify();
    }
    expect((await host.stepCount('UpdateGroups')) - updates).toBe(apps.length);
  });

  it('A8: lists anew when what it missed was compacted', async () => {
    const { proxy, host, etcd: one } = await hostBehindProxy();
    const witness = await host.witness('calm', 'foreign');
    signal(host.agent.pid, 'SIGSTOP');
    proxy.cut();
    for (let n = 1; n <= 20; n += 1) await host.publish('changing', sleeper(n));
    await host.publish('gone', sleeper());
    await host.unpublish('gone');
    await one.compact();
    signal(host.agent.pid, 'SIGCONT');
    const healedAtMs = performance.now();
    await expectRecovery('A8', boundMs, healedAtMs, () => host.runs('changing', 20));
    await host.waitUntilAtRest();
    expect(await host.process('gone')).toBeUndefined();
    await witness.testify();
  });
});

function isAt(event: { readonly type: string }, revision: string): boolean {
  return 'revision' in event && BigInt(event.revision as string) >= BigInt(revision);
}

/** Between two listings each revision comes once, and after the one before. */
function expectAscending(events: readonly { readonly type: string }[]): void {
  let last = 0n;
  for (const event of events) {
    if (!('revision' in event)) continue;
    const revision = BigInt(event.revision as string);
    if (event.type === 'DesiredChanged') expect(revision > last).toBe(true);
    else expect(revision >= last).toBe(true);
    last = revision;
  }
}

function residentKiB(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
}

/** Of all TCP connections of this machine to that port, on the loopback interface. */
function localPortsTo(port: number): readonly string[] {
  const wanted = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote]) => remote === wanted)
    .map(([, local]) => String(local));
}
