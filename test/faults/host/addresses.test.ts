/** The addresses of a host come, go and change their order: apps stay where they were placed. */
import { request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, it } from 'vitest';
import {
  type AgentHost,
  sleeper,
  startAgentHost,
  type StateView,
} from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { type NetworkNamespace, startNetworkNamespace } from '../../support/networkNamespace.ts';
import { waitFor } from '../../support/waitFor.ts';
import { expectRecovery } from '../support/recovery.ts';
import { startWitness } from '../support/witness.ts';

const address = '10.77.0.9';
const earlier = '10.1.0.1';
let etcd: Etcd;
let network: NetworkNamespace | undefined;
let host: AgentHost | undefined;
beforeAll(async () => {
  etcd = await startEtcd();
  network = await startNetworkNamespace(etcd.port);
});
afterAll(async () => {
  await host?.stop();
  await network?.stop();
  await etcd.stop();
});

describe('a host', () => {
  it('D13: with a new address that sorts first, or none for a while, keeps its apps', async (context) => {
    if (network === undefined) return context.skip('a network namespace takes root');
    const { ip } = network;
    ip('address', 'add', `${address}/24`, 'dev', 'v0');
    host = await startAgentHost({
      etcd,
      etcdEndpoint: network.endpoint,
      addresses: [address],
      within: network.within,
    });
    const { publish, waitForState, fileText, supervisord, prefix } = host;
    const apps = ['a', 'b', 'c', 'd'];
    await publish(apps, sleeper());
    for (const app of apps) await waitForState(app, 'RUNNING');
    const { processes } = supervisord;
    const witness = await startWitness({ processes, running: apps });

    ip('address', 'add', `${earlier}/24`, 'dev', 'v0');
    await waitFor('both addresses to be known', async () => {
      const text = JSON.stringify(await readState());
      return text.includes(`"${address}"`) && text.includes(`"${earlier}"`);
    });
    // An event that has nothing to do with it was all that the replaced system needed.
    await etcd.put(`${prefix}/elsewhere/ips`, '10.99.99.99');
    await etcd.put(`${prefix}/early/ips`, earlier);
    await etcd.put(`${prefix}/early/content`, Buffer.from(sleeper()).toString('base64'));
    await waitForState('early', 'RUNNING');

    // A flapping interface.
    for (let n = 0; n < 2; n += 1) {
      ip('address', 'del', `${address}/24`, 'dev', 'v0');
      await etcd.put(`${prefix}/elsewhere/ips`, `10.99.99.${String(n)}`);
      await waitFor('the loss to be noticed', async () => (await heldCount()) === apps.length);
      ip('address', 'add', `${address}/24`, 'dev', 'v0');
      await expectRecovery('D13', 5_000, performance.now(), async () => (await heldCount()) === 0);
    }
    await witness.testify();
    await publish('a', sleeper(2));
    await waitFor('the new content', () => fileText('a')?.includes('N="2"'));
  });
});

async function heldCount(): Promise<number> {
  return (await readState()).held.filter(({ code }) => code === 'IdentityLost').length;
}

/** Its HTTP port is in another network; its control socket is a file. */
function readState(): Promise<StateView> {
  return new Promise((resolve, reject) => {
    const socketPath = join(host?.agent.journalDir ?? '', 'control.sock');
    request({ socketPath, path: '/state' }, (response) => {
      json(response).then((state) => resolve(state as StateView), reject);
    })
      .on('error', reject)
      .end();
  });
}
