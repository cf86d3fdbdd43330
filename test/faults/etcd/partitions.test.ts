/** The network between an agent and etcd swallows packets, both ways or one: found out, and healed. */
import { request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type AgentHost,
  sleeper,
  startAgentHost,
  type StateView,
} from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type LinkedNetworks, startLinkedNetworks } from '../support/linkedNetworks.ts';
import { expectRecovery } from '../support/recovery.ts';
import { startWitness } from '../support/witness.ts';

const boundMs = 5_000;
/** Keepalive: 6 s of silence, and 4 s for the answer; what was under way may add a little. */
const noticedMs = 15_000;

let etcd: Etcd;
const started: { stop(): Promise<void> }[] = [];
beforeAll(async () => {
  etcd = await startEtcd();
});
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
});
afterAll(() => etcd.stop());

type Cable = Omit<LinkedNetworks, 'within' | 'endpoint' | 'agentAddress' | 'stop'>;

describe('a network that swallows packets', () => {
  it.for<readonly [string, string, keyof Cable, keyof Cable]>([
    ['A4', 'in both directions', 'unplug', 'plug'],
    ['A5', 'from etcd to the agent', 'swallowAnswers', 'passAnswers'],
    ['A5', 'from the agent to etcd', 'swallowRequests', 'passRequests'],
  ])(
    '%s: %s, is found out, and all is well again when it is whole',
    async ([id, direction, harm, mend], context) => {
      const networks = await startLinkedNetworks(etcd.port);
      if (networks === undefined) return context.skip('network namespaces take root');
      started.push(networks);
      const host = await startAgentHost({
        etcd,
        etcdEndpoint: networks.endpoint,
        addresses: [networks.agentAddress],
        within: networks.within,
      });
      started.push(host);
      await host.publish(['calm', 'changing'], sleeper());
      await waitUntil(host, 'all to run and nothing to be held', ({ held }) => held.length === 0);
      for (const app of ['calm', 'changing']) await host.waitForState(app, 'RUNNING');
      const witness = await startWitness({
        processes: host.supervisord.processes,
        running: ['calm'],
      });

      networks[harm]();
      const harmedAtMs = performance.now();
      await expectRecovery(`${id} noticed, ${direction}`, noticedMs, harmedAtMs, async () =>
        isStale(await readState(host)),
      );
      await host.publish('changing', sleeper(2));
      await host.publish('new', sleeper());
      await host.unpublish('gone');
      // Some attempts fail, one after the other, each in its time.
      const { seq } = await readState(host);
      expect(isStale(await readState(host))).toBe(true);
      expect(await host.process('new')).toBeUndefined();
      networks[mend]();
      const healedAtMs = performance.now();
      await expectRecovery(`${id}, ${direction}`, boundMs, healedAtMs, async () =>
        Boolean(
          host.fileText('changing')?.includes('N="2"') &&
          (await host.process('new'))?.statename === 'RUNNING' &&
          (await host.process('changing'))?.statename === 'RUNNING',
        ),
      );
      await waitUntil(host, 'nothing to be held', (state) => state.seq > seq && !isStale(state));
      await witness.testify();
    },
  );
});

const isStale = ({ held }: StateView): boolean =>
  held.some(({ app, code }) => app === undefined && code === 'EtcdStale');

async function waitUntil(
  host: AgentHost,
  what: string,
  condition: (state: StateView) => boolean,
): Promise<void> {
  await waitFor(what, async () => condition(await readState(host)));
}

/** Its HTTP port is in another network; its control socket is a file. */
function readState(host: AgentHost): Promise<StateView> {
  return new Promise((resolve, reject) => {
    const socketPath = join(host.agent.journalDir, 'control.sock');
    request({ socketPath, path: '/state' }, (response) => {
      json(response).then((state) => {
        resolve(state as StateView);
      }, reject);
    })
      .on('error', reject)
      .end();
  });
}
