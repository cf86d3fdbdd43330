/**
 * The demo's cluster on one machine: an etcd, and three hosts, each a supervisord and a
 * `supervene agent` with the addresses of the replaced system's example as settings.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Agent, startAgent } from '../support/agent.ts';
import { type Etcd, startEtcd } from '../support/etcd.ts';
import { freePort } from '../support/freePort.ts';
import { startSupervisord, type Supervisord } from '../support/supervisord.ts';

export interface DemoHost {
  readonly name: string;
  readonly address: string;
  /** Where this host's demo page answers when it runs. */
  readonly pageUrl: string;
  readonly supervisord: Supervisord;
  readonly agent: Agent;
}

export interface Cluster {
  readonly etcd: Etcd;
  readonly hosts: readonly DemoHost[];
}

const hostNames = ['web1-01', 'web1-02', 'web1-03'];
const firstAddress = 11;

/** Hands every stop to `onStarted` as soon as there is something to stop. */
export async function startCluster(
  onStarted: (stop: () => Promise<void>) => void,
): Promise<Cluster> {
  const etcd = await startEtcd();
  onStarted(etcd.stop);
  const starts = hostNames.map((name, index) =>
    startHost(name, `172.16.238.${String(firstAddress + index)}`, etcd.endpoint, onStarted),
  );
  // All of them first: when one fails, the others must have handed over their stops too.
  await Promise.allSettled(starts);
  const hosts = await Promise.all(starts);
  await Promise.all(hosts.map(({ agent }) => agent.waitUntilReady(60_000)));
  return { etcd, hosts };
}

async function startHost(
  name: string,
  address: string,
  etcdEndpoint: string,
  onStarted: (stop: () => Promise<void>) => void,
): Promise<DemoHost> {
  const port = String(await freePort());
  const supervisord = await startSupervisord({
    environment: { DEMO_HOST: name, DEMO_ADDRESS: address, DEMO_PORT: port },
  });
  onStarted(async () => {
    // Gently first, so that its programs end as they would on a host that is shut down.
    await Promise.race([supervisord.shutdown(), sleep(5_000, undefined, { ref: false })]);
    await supervisord.stop();
  });
  const agent = await startAgent({ etcdEndpoint, host: name, addresses: [address], supervisord });
  onStarted(agent.stop);
  return { name, address, pageUrl: `http://127.0.0.1:${port}/`, supervisord, agent };
}
