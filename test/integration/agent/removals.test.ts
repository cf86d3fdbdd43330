/**
 * The mass-removal guard over the real parts: what etcd no longer lists goes only when it is
 * little, or somebody says so; and never because etcd was emptied, wiped or exchanged.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AgentHost, sleeper, startAgentHost } from '../../support/agentHost.ts';
import { runSupervene } from '../../support/agent.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { createTempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

const apps = ['a', 'b', 'c', 'd', 'e', 'f'];

let etcd: Etcd;
const cleanups: (() => Promise<void>)[] = [];
beforeAll(async () => {
  etcd = await startEtcd();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => etcd.stop());

async function startHost(options: Partial<Parameters<typeof startAgentHost>[0]> = {}) {
  const host = await startAgentHost({ etcd, ...options });
  cleanups.push(host.stop);
  return host;
}

async function runAll(host: AgentHost, names: readonly string[]) {
  await host.waitUntilApplied(await host.publish(names, sleeper()));
  const pids = await host.pids();
  expect(Object.keys(pids).sort()).toEqual([...names].sort());
  return pids;
}

const confirm = (host: AgentHost, name: string) =>
  runSupervene(['confirm', name], { environment: host.agent.environment });

async function waitUntilGone(host: AgentHost, names: readonly string[]): Promise<void> {
  await waitFor(`${names.join(' ')} to go`, async () => {
    const pids = await host.pids();
    return names.every((name) => pids[name] === undefined && host.fileText(name) === undefined);
  });
}

/** Each of them is held, runs on as before, and `/readyz` says why. */
async function expectHeld(
  host: AgentHost,
  pids: Readonly<Record<string, number>>,
  code: string,
  reason: string,
): Promise<void> {
  for (const name of Object.keys(pids)) {
    expect(await host.waitUntilHeld(name, code)).toContain(reason);
    expect(host.fileText(name)).toBeDefined();
  }
  expect(await host.pids()).toEqual(pids);
  const readiness = await host.readiness();
  expect(readiness.status).toBe(503);
  expect(readiness.reasons).toContain(reason);
  expect(readiness.reasons).toContain(`supervene confirm ${host.name}`);
}

describe('removals', () => {
  it('E18: of many at once wait for `supervene confirm`', async () => {
    const host = await startHost();
    const pids = await runAll(host, apps);
    await etcd.put(`${host.prefix}/z/ips`, '10.99.99.99');
    await host.unpublish(...apps);
    await expectHeld(host, pids, 'MassRemoval', 'too many removals');

    expect((await confirm(host, 'elsewhere')).code).toBe(1);
    await expectHeld(host, pids, 'MassRemoval', 'too many removals');
    await host.agent.kill();
    host.agent.start();
    await expectHeld(host, pids, 'MassRemoval', 'too many removals');

    expect(await confirm(host, host.name)).toMatchObject({ code: 0, stderr: '' });
    await waitUntilGone(host, apps);
    await host.agent.waitUntilReady();
  });

  it('E18: of all there is at one stroke wait too, however few they are', async () => {
    const host = await startHost();
    const pids = await runAll(host, ['a', 'b']);
    await etcd.delPrefix(`${host.prefix}/`);
    await expectHeld(host, pids, 'RemovalUnconfirmed', 'emptied');
    expect((await confirm(host, host.name)).code).toBe(0);
    await waitUntilGone(host, ['a', 'b']);
  });

  it('E17: of three go through, and a fourth waits', async () => {
    const host = await startHost();
    const pids = await runAll(host, apps);
    const revision = await host.unpublish('a', 'b', 'c');
    await waitUntilGone(host, ['a', 'b', 'c']);
    await host.waitUntilApplied(revision);
    await host.unpublish('d');
    await host.waitUntilHeld('d', 'MassRemoval');
    const { d, e, f } = pids;
    expect(await host.pids()).toEqual({ d, e, f });
    // Published again with the same content: nothing ever happened to it.
    await host.waitUntilApplied(await host.publish('d', sleeper()));
    expect(await host.pids()).toEqual({ d, e, f });
  });

  it('of a prefix that was emptied while the agent was down wait', async () => {
    const host = await startHost();
    const pids = await runAll(host, ['a', 'b']);
    expect(await host.agent.terminate()).toBe(0);
    await etcd.delPrefix(`${host.prefix}/`);
    host.agent.start();
    await expectHeld(host, pids, 'RemovalUnconfirmed', 'no app at all');
    expect((await confirm(host, host.name)).code).toBe(0);
    await waitUntilGone(host, ['a', 'b']);
  });

  it('never follow from an etcd that was wiped', async () => {
    const fragile = await startEtcd();
    cleanups.push(fragile.stop);
    const host = await startHost({ etcd: fragile });
    const pids = await runAll(host, ['a', 'b']);
    await fragile.wipe();
    await expectHeld(host, pids, 'RemovalUnconfirmed', 'wiped or restored');
    // Also when somebody else fills it beyond the revision that was known.
    for (let n = 0; n < 10; n += 1) await fragile.put('/elsewhere', String(n));
    await host
      .waitUntilApplied(await host.publish('c', sleeper()), { timeoutMs: 1 })
      .catch(() => undefined);
    await host.waitForState('c', 'RUNNING');
    const { a, b } = await host.pids();
    expect({ a, b }).toEqual(pids);
    // Filled again with what was there: all is well, and nothing was restarted.
    await host.waitUntilApplied(await host.publish(['a', 'b'], sleeper()));
    await host.agent.waitUntilReady();
    expect(await host.pids()).toMatchObject(pids);
  });

  it('never follow from another cluster', async () => {
    const journal = await createTempDir('journal');
    cleanups.push(journal.remove);
    const host = await startHost({ journalDir: journal.path });
    const pids = await runAll(host, ['a', 'b']);
    await host.agent.terminate();
    const other = await startEtcd({ flags: ['--initial-cluster-token', 'another'] });
    cleanups.push(other.stop);
    // Not empty, and further on than the first one.
    for (let n = 0; n < 100; n += 1) await other.put(`${host.prefix}/z/ips`, '10.99.99.99');
    const { name, supervisord } = host;
    const moved = await startHost({ etcd: other, name, supervisord, journalDir: journal.path });
    await expectHeld(moved, pids, 'RemovalUnconfirmed', 'another cluster id');
  });
});
