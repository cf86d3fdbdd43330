/** A publish that goes host by host: real etcd, supervisords and agents, seen from the processes. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AgentHost } from '../../support/agentHost.ts';
import { type Fleet, fleetPrefix, startFleet } from '../../support/fleetHosts.ts';
import {
  observe,
  publishRolling,
  rolloutKeys,
  version,
  waitForVersion,
  waitUntilOver,
} from '../../support/rollouts.ts';
import { waitFor } from '../../support/waitFor.ts';

let fleet: Fleet;
let hosts: readonly AgentHost[];
beforeAll(async () => {
  fleet = await startFleet({ environment: { SUPERVENE_FLEET_TTL: '5s' } });
  hosts = fleet.hosts;
  await fleet.waitUntilReported();
});
afterAll(() => fleet.stop());

let count = 0;
let app: string;
beforeEach(() => {
  count += 1;
  app = `roll${String(count)}`;
});

const everywhere = 'web1,web2,web3';
const oneAtATime = { maxUnavailable: 1, drain: '200ms' };

async function runFirst(rollout: unknown = oneAtATime, body = version(1)): Promise<void> {
  await publishRolling(fleet, app, { hosts: everywhere, body, rollout });
  for (const host of hosts) await waitForVersion(host, app, 1);
  await waitFor('all hosts to report it', async () => {
    const texts = await Promise.all(hosts.map((host) => fleet.report(host.name)));
    return texts.every((report) => isConverged(report, app));
  });
}

function isConverged(report: Readonly<Record<string, unknown>> | undefined, name: string): boolean {
  const apps = (report?.['apps'] ?? []) as readonly { app: string; condition: string }[];
  return apps.some((one) => one.app === name && one.condition === 'converged');
}

describe('a rolling publish', () => {
  it('starts everywhere at once where nothing runs, and leaves nothing behind', async () => {
    await runFirst();
    expect(rolloutKeys(fleet, app)).toEqual([]);
  });

  it('goes through its hosts one at a time', async () => {
    await runFirst();
    const end = observe(hosts, app);
    await publishRolling(fleet, app, { hosts: everywhere, body: version(2), rollout: oneAtATime });
    for (const host of hosts) await waitForVersion(host, app, 2);
    await waitUntilOver(fleet, app);
    const { order, maxDown } = await end();
    expect(maxDown).toBe(1);
    expect([...order].sort()).toEqual(['web1', 'web2', 'web3']);
    expect(rolloutKeys(fleet, app)).toEqual([]);
  });

  it('halts where it fails: the rest stays on the old version, and so does that host', async () => {
    await runFirst();
    const end = observe(hosts, app);
    const bad = version(2, 'command=/bin/false', 'startretries=0');
    const revision = await publishRolling(fleet, app, {
      ...{ hosts: everywhere, body: bad.replace('command=/bin/sleep 1000\n', '') },
      rollout: oneAtATime,
    });
    const halt = await waitFor('a halt', async () => {
      const text = await fleet.etcd.get(`${fleetPrefix}/rollouts/${app}/halt`);
      return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
    });
    expect(halt['revision']).toBe(revision);
    await waitUntilOver(fleet, app);
    for (const host of hosts) await waitForVersion(host, app, 1);
    const { maxDown, order } = await end();
    expect(maxDown).toBe(1);
    expect(order).toEqual([halt['host']]);
    const others = hosts.filter(({ name }) => name !== halt['host']);
    for (const host of others) await host.waitUntilHeld(app, 'RolloutHalted');
    // Newer content is not halted by it.
    await publishRolling(fleet, app, { hosts: everywhere, body: version(3), rollout: oneAtATime });
    for (const host of hosts) await waitForVersion(host, app, 3);
    await waitUntilOver(fleet, app);
  });
});
