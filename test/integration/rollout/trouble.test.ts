/** What stands in the way of a rolling publish, and what becomes of it: real etcd, supervisords, agents. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AgentHost } from '../../support/agentHost.ts';
import { appsPrefix, type Fleet, fleetPrefix, startFleet } from '../../support/fleetHosts.ts';
import {
  observe,
  publishRolling,
  rolloutKeys,
  runningVersion,
  version,
  waitForVersion,
  waitUntilOver,
} from '../../support/rollouts.ts';
import { createTempDir, type TempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

let fleet: Fleet;
let hosts: readonly AgentHost[];
let dir: TempDir;
beforeAll(async () => {
  dir = await createTempDir('rollout');
  fleet = await startFleet({ environment: { SUPERVENE_FLEET_TTL: '5s' } });
  hosts = fleet.hosts;
  await fleet.waitUntilReported();
});
afterAll(async () => {
  await fleet.stop();
  await dir.remove();
});

let count = 0;
let app: string;
beforeEach(() => {
  count += 1;
  app = `trouble${String(count)}`;
});

const oneAtATime = { maxUnavailable: 1, drain: '0s' };
const slow = 'startsecs=4';

const publish = (body: string, rollout: unknown = oneAtATime): Promise<string> =>
  publishRolling(fleet, app, { hosts: 'web1,web2,web3', body, rollout });

async function runFirst(rollout?: unknown): Promise<void> {
  await publish(version(1), rollout);
  for (const host of hosts) await waitForVersion(host, app, 1);
  await waitFor('all hosts to report it', async () => {
    const reports = await Promise.all(hosts.map(({ name }) => fleet.report(name)));
    return reports.every((report) =>
      ((report?.['apps'] ?? []) as readonly { app: string; condition: string }[]).some(
        (one) => one.app === app && one.condition === 'converged',
      ),
    );
  });
}

/** The host whose turn it is, and which has begun. */
async function inItsTurn(): Promise<AgentHost> {
  const name = await waitFor('a turn to be taken', async () => {
    const text = await fleet.etcd.get(`${fleetPrefix}/rollouts/${app}/begun-1`);
    return text === undefined ? undefined : (JSON.parse(text) as { host: string }).host;
  });
  const host = fleet.host(name);
  await waitFor('it to have begun', async () => (await runningVersion(host, app)) === 2);
  return host;
}

function hasRecorded({ agent }: AgentHost, text: string): boolean {
  const files = readdirSync(agent.journalDir).filter((file) => file.endsWith('.jsonl'));
  return files.some((file) => readFileSync(join(agent.journalDir, file), 'utf8').includes(text));
}

const othersThan = (one: AgentHost): readonly AgentHost[] => hosts.filter((host) => host !== one);

describe('a rolling publish', () => {
  it('stops where a person halts it, and goes on when that is taken back', async () => {
    await runFirst();
    const revision = await publish(version(2, slow).replace('startsecs=1\n', ''));
    const first = await inItsTurn();
    const halt = { revision, code: 'E_HALTED', reason: 'look at it', by: 'alice', atMs: 1 };
    const key = `${fleetPrefix}/rollouts/${app}/halt`;
    await fleet.etcd.txn({ [key]: JSON.stringify(halt) });
    for (const host of othersThan(first)) {
      expect(await host.waitUntilHeld(app, 'RolloutHalted')).toContain('look at it');
    }
    await waitUntilOver(fleet, app);
    for (const host of othersThan(first)) expect(await runningVersion(host, app)).toBe(1);
    await fleet.etcd.txn({ [key]: undefined });
    for (const host of hosts) await waitForVersion(host, app, 2);
    await waitUntilOver(fleet, app);
  });

  it('waits for a host whose agent was lost in its turn, which goes on when it is back', async () => {
    await runFirst();
    const end = observe(hosts, app);
    await publish(version(2, slow).replace('startsecs=1\n', ''));
    const lost = await inItsTurn();
    await lost.agent.kill();
    for (const host of othersThan(lost)) {
      await waitFor(`${host.name} to say whom it waits for`, async () => {
        const reason = await host.waitUntilHeld(app, 'AwaitingTurn');
        return reason.includes(`${lost.name} was lost in its turn`);
      });
      expect(await runningVersion(host, app)).toBe(1);
    }
    lost.agent.start();
    for (const host of hosts) await waitForVersion(host, app, 2);
    await waitUntilOver(fleet, app);
    expect((await end()).maxDown).toBe(1);
    expect(rolloutKeys(fleet, app)).toEqual([]);
  });

  it('ends the turn it is in without etcd, and goes on when that is back', async () => {
    await runFirst();
    const end = observe(hosts, app);
    await publish(version(2, slow).replace('startsecs=1\n', ''));
    const first = await inItsTurn();
    await fleet.etcd.kill();
    await waitForVersion(first, app, 2);
    for (const host of othersThan(first)) expect(await runningVersion(host, app)).toBe(1);
    await fleet.etcd.start();
    for (const host of hosts) await waitForVersion(host, app, 2);
    await waitUntilOver(fleet, app);
    expect((await end()).maxDown).toBe(1);
  });

  it('goes on when what it asks is well at last, and halts when it never is', async () => {
    const file = join(dir.path, 'well');
    const healthcheck = { command: `/usr/bin/test -e ${file}` };
    writeFileSync(file, '');
    const rollout = { ...oneAtATime, healthcheck, healthcheckTimeout: '40s' };
    await runFirst(rollout);
    rmSync(file);
    await publish(version(2), rollout);
    const first = await inItsTurn();
    await first.waitForState(app, 'RUNNING');
    await waitFor('it to be asked', () => hasRecorded(first, 'its command ended with 1'));
    for (const host of othersThan(first)) expect(await runningVersion(host, app)).toBe(1);
    writeFileSync(file, '');
    for (const host of hosts) await waitForVersion(host, app, 2);
    await waitUntilOver(fleet, app);
    rmSync(file);
    await publish(version(3), { ...rollout, healthcheckTimeout: '2s' });
    const halt = await waitFor('a halt', async () =>
      JSON.parse((await fleet.etcd.get(`${fleetPrefix}/rollouts/${app}/halt`)) ?? 'null'),
    );
    expect(halt).toMatchObject({ code: 'E_UNHEALTHY' });
    await waitUntilOver(fleet, app);
    for (const host of hosts) await waitForVersion(host, app, 2);
    // Three rollouts, one after the other: most of a minute is waiting for turns.
  }, 120_000);
});

describe('draining', () => {
  const drained = { maxUnavailable: 1, drain: '2s' };

  /** Somebody who sends traffic has taken in all until this revision. */
  function tellSender(revision: string): void {
    const granted = fleet.etcd.etcdctl('lease', 'grant', '600');
    const lease = /lease (\w+) granted/.exec(granted)?.[1] ?? '';
    const key = `${fleetPrefix}/renders/proxy1`;
    fleet.etcd.etcdctl('put', key, JSON.stringify({ revision }), `--lease=${lease}`);
  }

  /** It drains, and runs for as long as somebody may send traffic. */
  async function waitWhileDraining(host: AgentHost): Promise<void> {
    const key = `drain-${host.name}`;
    await waitFor('the drain', () => rolloutKeys(fleet, app).includes(key));
    for (let looks = 0; looks < 30; looks += 1) {
      expect((await host.process(app))?.statename).toBe('RUNNING');
    }
    tellSender('1000000');
  }

  it('comes before a removal', async () => {
    await runFirst(drained);
    const [web3] = hosts.slice(2);
    if (web3 === undefined) throw new Error('there is no third host');
    tellSender('1');
    await fleet.etcd.txn({ [`${appsPrefix}/${app}/ips`]: 'web1,web2' });
    await waitWhileDraining(web3);
    await waitFor('it to be gone', async () => (await web3.process(app)) === undefined);
    await waitUntilOver(fleet, app);
  });

  it('comes before a stop and a restart that people ask for', async () => {
    await runFirst(drained);
    const [web1] = hosts;
    if (web1 === undefined) throw new Error('there is no host');
    const pid = (await web1.process(app))?.pid;
    tellSender('1');
    const restart = fleet.run(['restart', app, '--host', 'web1']);
    await waitWhileDraining(web1);
    expect((await restart).code).toBe(0);
    expect((await web1.process(app))?.pid).not.toBe(pid);
    await waitUntilOver(fleet, app);
    tellSender('1');
    const stop = fleet.run(['stop', app, '--host', 'web1']);
    await waitWhileDraining(web1);
    expect((await stop).code).toBe(0);
    expect((await web1.process(app))?.statename).toBe('STOPPED');
    await waitUntilOver(fleet, app);
  });
});
