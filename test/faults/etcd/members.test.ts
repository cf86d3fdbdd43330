/** Three members: one is killed, hangs, is cut off from the others or is removed for good. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sleeper } from '../../support/agentHost.ts';
import { type Etcd, type EtcdCluster, startEtcdCluster } from '../../support/etcd.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcpProxy.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
import { expectRecovery } from '../support/recovery.ts';

const boundMs = 5_000;

let cluster: EtcdCluster;
const started: { stop(): Promise<void> }[] = [];
beforeEach(async () => {
  cluster = await startEtcdCluster(3);
});
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
  await cluster.stop();
});

function keep<T extends { stop(): Promise<void> }>(one: T): T {
  started.push(one);
  return one;
}

interface Member extends Etcd {
  /** Between it and the agent. */
  readonly proxy: TcpProxy;
}

/** A host that knows all members, each through a proxy of its own. */
async function startHost(): Promise<{ members: readonly Member[]; host: CalmHost }> {
  const members: Member[] = [];
  for (const member of cluster.members) {
    const proxy = keep(await startTcpProxy(member.port));
    members.push(Object.assign(Object.create(member) as Etcd, { proxy }));
  }
  const etcdEndpoint = members
    .map(({ proxy }) => `http://127.0.0.1:${String(proxy.port)}`)
    .join(',');
  const host = keep(await startCalmHost({ etcd: viaAny(members), etcdEndpoint }));
  return { members, host };
}

/** Publishes by whichever member answers. */
function viaAny(members: readonly Etcd[]): Etcd {
  const [first] = members;
  if (first === undefined) throw new Error('no members');
  return Object.assign(Object.create(first) as Etcd, {
    txn: (changes: Parameters<Etcd['txn']>[0]): Promise<string> =>
      waitFor(
        'a member that takes a write',
        async () => Promise.any(members.map(async (member) => member.txn(changes))),
        { timeoutMs: 30_000 },
      ),
  });
}

/** The one that the agent is connected to. */
function inUse(members: readonly Member[]): Promise<Member> {
  return waitFor('a member in use', () => members.find(({ proxy }) => proxy.connections() > 0));
}

const leaderOf = (members: readonly Member[]): Promise<Member> =>
  waitFor('a leader', async () => {
    for (const member of members) {
      const status = await member.call('/v3/maintenance/status', {});
      const header = status['header'] as Record<string, unknown>;
      if (header['member_id'] === status['leader']) return member;
    }
    return undefined;
  });

describe('three members of etcd', () => {
  it('A18: the leader is killed, again and again', async () => {
    const { members, host } = await startHost();
    const witness = await host.witness('calm', 'foreign');
    for (const n of [1, 2, 3]) {
      const leader = await leaderOf(members);
      await leader.kill();
      await host.publish('changing', sleeper(n));
      // Published means: the others have elected one.
      const healedAtMs = performance.now();
      await expectRecovery('A18', boundMs, healedAtMs, () => host.runs('changing', n));
      await host.waitUntilAtRest();
      await leader.start();
    }
    await witness.testify();
  });

  it('A19: the one in use loses its quorum', async () => {
    const { members, host } = await startHost();
    const witness = await host.witness('calm', 'foreign');
    const survivor = await inUse(members);
    const others = members.filter((member) => member !== survivor);
    for (const member of others) await member.kill();
    await host.waitUntilUnready('EtcdStale');
    await waitFor('the survivor to say so, too', () =>
      /no leader|NoLeader|request timed out/.test(host.agent.output()),
    );
    await others[0]?.start();
    const healedAtMs = performance.now();
    await host.publish('changing', sleeper(2));
    await expectRecovery('A19', boundMs, healedAtMs, () => host.runs('changing', 2));
    await host.waitUntilAtRest();
    await witness.testify();
  });

  it('A19: is noticed by an agent that knows the survivor alone', async () => {
    const [survivor, ...others] = cluster.members;
    if (survivor === undefined) throw new Error('no member');
    const host = keep(await startCalmHost({ etcd: survivor }));
    const witness = await host.witness('calm', 'foreign');
    await Promise.all(others.map((member) => member.kill()));
    await host.waitUntilUnready('no leader');
    await Promise.all(others.map((member) => member.start()));
    const healedAtMs = performance.now();
    await host.publish('changing', sleeper(2));
    await expectRecovery('A19 alone', boundMs, healedAtMs, () => host.runs('changing', 2));
    await host.waitUntilAtRest();
    await witness.testify();
  });

  it('A20: the one in use is removed, until one is left', async () => {
    const { members, host } = await startHost();
    const witness = await host.witness('calm', 'foreign');
    let left = members;
    for (const n of [1, 2]) {
      const removed = await inUse(left);
      left = left.filter((member) => member !== removed);
      const status = await removed.call('/v3/maintenance/status', {});
      const id = String((status['header'] as Record<string, unknown>)['member_id']);
      // A member that is new, or just lost a peer, may refuse for a moment.
      await waitFor('the removal', () => left[0]?.call('/v3/cluster/member/remove', { ID: id }));
      const healedAtMs = performance.now();
      await host.publish('changing', sleeper(n));
      await expectRecovery('A20', boundMs, healedAtMs, () => host.runs('changing', n));
      await host.waitUntilAtRest();
      expect(await inUse(left)).toBeDefined();
    }
    await witness.testify();
  });

  it('one of them hangs, and is passed by', async () => {
    const { members, host } = await startHost();
    const witness = await host.witness('calm', 'foreign');
    for (const n of [1, 2]) {
      const hung = await inUse(members);
      hung.pause();
      await host.publish('changing', sleeper(n));
      const healedAtMs = performance.now();
      // What tells is that the connection is dead: 10 s; then another is used.
      await expectRecovery('A3 member', 15_000, healedAtMs, () => host.runs('changing', n));
      await host.waitUntilAtRest();
      hung.resume();
    }
    await witness.testify();
  });

  it('one of them is slow, and those behind it no slower than it', async () => {
    const { members, host } = await startHost();
    const witness = await host.witness('calm', 'foreign');
    const slow = await inUse(members);
    slow.proxy.delay(500);
    for (const n of [1, 2]) {
      await host.publish('changing', sleeper(n));
      const healedAtMs = performance.now();
      await expectRecovery('A6 member', boundMs, healedAtMs, () => host.runs('changing', n));
      slow.proxy.cut();
    }
    await host.waitUntilAtRest();
    await witness.testify();
  });
});
