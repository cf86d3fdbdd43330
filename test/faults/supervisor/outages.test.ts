/** supervisord is away, hangs, ends or cannot be reached: what is due then is done afterwards. */
import { chmodSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AgentHostOptions, sleeper } from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type CalmHost, startCalmHost } from '../support/calmHost.ts';
import { expectRecovery } from '../support/recovery.ts';

const boundMs = 2_000;
const behave = `${findProjectRoot()}/test/support/behave.sh`;

let etcd: Etcd;
const hosts: CalmHost[] = [];
beforeAll(async () => {
  etcd = await startEtcd();
});
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop();
});
afterAll(() => etcd.stop());

async function startHost(options: Partial<AgentHostOptions> = {}): Promise<CalmHost> {
  const host = await startCalmHost({ etcd, ...options });
  hosts.push(host);
  return host;
}

describe.each(['supervisorctl', 'rpc'])('with the %s driver', (driver) => {
  const environment = { SUPERVENE_DRIVER: driver };

  it('B1: does what came while supervisord was down as soon as it is back', async () => {
    const host = await startHost({ environment });
    await host.run('changing', 0);
    for (const n of [1, 2, 3]) {
      const witness = await host.witness();
      await host.supervisord.shutdown();
      await host.publish('changing', sleeper(n));
      await host.publish(`new${String(n)}`, sleeper(n));
      await host.waitUntilUnready('SupervisorUnreachable');
      await host.supervisord.restart();
      await expectRecovery(
        `B1 ${driver}`,
        boundMs,
        performance.now(),
        async () => (await host.runs('changing', n)) && host.runs(`new${String(n)}`, n),
      );
      await witness.testify();
      await host.waitUntilAtRest();
    }
    expect(await host.runs('calm', 1)).toBe(true);
  });

  it.each(['shutdown', 'restart'] as const)(
    'B16: backs off from a supervisord that is ending (%s), and goes on with the next one',
    async (method) => {
      const host = await startHost({ environment });
      await host.publish('slow', `command=${behave} stop=3000\nstartsecs=0\nstopwaitsecs=20\n`);
      await host.waitForState('slow', 'RUNNING');
      await host.waitUntilAtRest();
      const witness = await host.witness();
      const { instance } = (await host.view()).actual.supervisor;
      await host.supervisord.rpc(method);
      await host.publish('changing', sleeper(2));
      await host.waitUntilUnready('supervisord is about to end');
      if (method === 'shutdown') {
        await waitFor('the end of supervisord', () => host.supervisord.managedPids().length === 0);
        await host.supervisord.restart();
      } else {
        await waitFor('a new supervisord', async () => {
          const { supervisor } = (await host.view()).actual;
          return supervisor.status === 'Reachable' && supervisor.instance !== instance;
        });
      }
      await expectRecovery(
        `B16 ${method} ${driver}`,
        boundMs,
        performance.now(),
        async () => (await host.runs('changing', 2)) && host.runs('calm', 1),
      );
      await host.waitForState('slow', 'RUNNING');
      await host.waitUntilAtRest();
      await witness.testify();
    },
  );
});

it.each(['restart', 'rpcRestart', 'kill'] as const)(
  'B2: takes a supervisord that started anew (%s) as it is, and restarts nothing',
  async (way) => {
    const host = await startHost();
    await host.run('other');
    await host.waitUntilAtRest();
    const [updates, { instance }] = [
      await host.stepCount('UpdateGroups'),
      (await host.view()).actual.supervisor,
    ];
    const witness = await host.witness();
    if (way === 'kill') await host.supervisord.kill();
    await host.supervisord[way === 'rpcRestart' ? 'rpcRestart' : 'restart']();
    const back = await host.waitForState('calm', 'RUNNING');
    const pids = await host.pids();
    await expectRecovery(`B2 ${way}`, boundMs, performance.now(), async () => {
      const { supervisor } = (await host.view()).actual;
      return supervisor.status === 'Reachable' && supervisor.instance !== instance;
    });
    await host.waitUntilAtRest();
    // Something that has to go through all of the agent, so that it had every chance to do harm.
    await host.run('later');
    expect(await host.pids()).toMatchObject({ ...pids, calm: back.pid });
    expect(await host.stepCount('UpdateGroups')).toBe(updates + 1);
    await witness.testify();
  },
);

it('B3: stays awake while supervisord hangs, and updates once when it goes on', async () => {
  const host = await startHost();
  await host.run('changing');
  const updates = await host.stepCount('UpdateGroups');
  const witness = await host.witness('calm', 'foreign');
  host.supervisord.pause();
  try {
    await host.publish('changing', sleeper(2));
    await host.waitUntilUnready('SupervisorUnreachable');
    // Everything but supervisord is looked after as ever.
    const revision = await host.publish('changing', sleeper(3));
    await waitFor('the change to be seen', async () => {
      const { observedRevision } = await host.view();
      return BigInt(observedRevision) >= BigInt(revision);
    });
    const text = host.fileText('calm');
    rmSync(host.filePath('calm'));
    await waitFor('the file as it was', () => host.fileText('calm') === text);
    expect((await fetch(`${host.agent.url}/healthz`)).status).toBe(200);
  } finally {
    host.supervisord.resume();
  }
  await expectRecovery('B3 supervisord', boundMs, performance.now(), () =>
    host.runs('changing', 3),
  );
  await host.waitUntilAtRest();
  expect(await host.stepCount('UpdateGroups')).toBe(updates + 1);
  await witness.testify();
});

describe('a socket of supervisord', () => {
  const away = (path: string): string => `${path}.away`;
  // The agent's own connection may outlive the name of the socket; that of a child does not.
  const childSays = 'supervisorctl cannot reach supervisord';
  const faults = [
    ['is missing', 'there is no socket', () => undefined],
    ['is stale', 'nothing listens on', leaveStaleSocket],
  ] as const;
  it.each(faults)('B17: that %s is named, and work goes on when it is back', async (...fault) => {
    const [, says, put] = fault;
    const host = await startHost();
    const { socketPath } = host.supervisord;
    const { calm } = await host.pids();
    const witness = await host.witness();
    renameSync(socketPath, away(socketPath));
    await put(socketPath);
    await host.publish('changing', sleeper(2));
    await host.waitUntilUnready(`${says} ${socketPath}`, childSays);
    rmSync(socketPath, { force: true });
    renameSync(away(socketPath), socketPath);
    await expectRecovery('B17', boundMs, performance.now(), () => host.runs('changing', 2));
    expect((await host.pids())['calm']).toBe(calm);
    await host.waitUntilAtRest();
    await witness.testify();
  });

  it('B17: that the agent may not use is named, and work goes on when it may', async () => {
    // Root may do everything, were this not taken from it.
    const within = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', '--'];
    const environment = { SUPERVENE_ADDRESSES: '172.16.238.11' };
    const host = await startHost({ within, environment });
    const { socketPath } = host.supervisord;
    const { mode } = statSync(socketPath);
    const witness = await host.witness('calm', 'foreign');
    chmodSync(socketPath, 0);
    await host.publish('changing', sleeper(2));
    await host.waitUntilUnready(`not permitted to use ${socketPath}`, childSays);
    chmodSync(socketPath, mode);
    await expectRecovery('B17', boundMs, performance.now(), () => host.runs('changing', 2));
    await host.waitUntilAtRest();
    await witness.testify();
  });
});

/** As a supervisord leaves it that was killed. */
async function leaveStaleSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.born`, resolve));
  // Closing removes the name it was born with, not this one.
  renameSync(`${path}.born`, path);
  await new Promise((resolve) => server.close(resolve));
}
