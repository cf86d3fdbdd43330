/** A host that loses its address keeps what it runs, until somebody says otherwise (D13). */
import { request } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSupervene } from '../../support/agent.ts';
import {
  type AgentHost,
  sleeper,
  startAgentHost,
  type StateView,
} from '../../support/agentHost.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { type NetworkNamespace, startNetworkNamespace } from '../../support/networkNamespace.ts';
import { waitFor } from '../../support/waitFor.ts';

const address = '10.77.0.1';
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

describe('a host whose address goes away', () => {
  it('D13: holds what is placed on it, lets it be when it is back, and obeys a word', async (context) => {
    if (network === undefined) return context.skip('a network namespace takes root');
    network.ip('address', 'add', `${address}/24`, 'dev', 'v0');
    host = await startAgentHost({
      etcd,
      etcdEndpoint: network.endpoint,
      addresses: [address],
      within: network.within,
    });
    const { publish, pids, waitForState, agent } = host;
    await publish(['a', 'b', 'c', 'd'], sleeper());
    for (const app of ['a', 'b', 'c', 'd']) await waitForState(app, 'RUNNING');
    const before = await pids();

    network.ip('address', 'del', `${address}/24`, 'dev', 'v0');
    await waitUntilHeld(4);
    // An event that has nothing to do with it was all that the replaced system needed.
    await etcd.put(`${host.prefix}/elsewhere/ips`, '10.99.99.99');
    await publish('a', sleeper(2));
    await agent.kill();
    agent.start();
    await waitUntilHeld(4);
    expect(await pids()).toEqual(before);

    network.ip('address', 'add', `${address}/24`, 'dev', 'v0');
    await waitUntilHeld(0);
    await waitFor('the content of meanwhile', () => host?.fileText('a')?.includes('N="2"'));
    await waitForState('a', 'RUNNING');
    const { b, c, d } = before;
    expect(await pids()).toMatchObject({ b, c, d });

    network.ip('address', 'del', `${address}/24`, 'dev', 'v0');
    await waitUntilHeld(4);
    const { environment } = agent;
    expect((await runSupervene(['confirm', host.name], { environment })).code).toBe(0);
    await waitFor(
      'all to go',
      async () => Object.keys((await host?.pids()) ?? before).length === 0,
    );
  });
});

async function waitUntilHeld(count: number): Promise<void> {
  await waitFor(`${String(count)} apps to be held for their address`, async () => {
    const { held } = await readState();
    return held.filter(({ code }) => code === 'IdentityLost').length === count;
  });
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
