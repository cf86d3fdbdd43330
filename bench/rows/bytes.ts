/**
 * What the agent reads from etcd when an app of another host changes: 200 such apps of 2 KB, a proxy
 * that counts. A watch sends the new value along, so a change of placement and one of content differ.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createCountingProxy, type CountingProxy } from '../countingProxy.ts';
import type { Measurement } from '../measurement.ts';
import { foreignContent, prefix, startWorld, type World } from '../world.ts';

const changes = 10;
const apps = { count: 200, bytes: 2_000 };
/** Everything that one change causes has passed when nothing has for this long. */
const silenceMs = 400;

export async function benchBytes(): Promise<readonly Measurement[]> {
  const proxies: CountingProxy[] = [];
  const world = await startWorld({ driver: 'rpc', here: 10, elsewhere: apps }, async (etcd) => {
    const proxy = await createCountingProxy(etcd.port);
    proxies.push(proxy);
    return proxy.endpoint;
  });
  try {
    const [proxy] = proxies;
    if (proxy === undefined) throw new Error('no proxy');
    await sleep(2_000);
    const placement = await sample(world, proxy, 'ips', (n) => `172.16.238.12,172.16.238.${n}`);
    const content = await sample(world, proxy, 'content', (n) => foreignContent(apps.bytes, n));
    return [
      {
        name: 'bytes read, foreign placement change',
        samples: placement,
        unit: 'bytes',
        budget: 1_000,
        replaced: 420_907,
      },
      {
        name: 'bytes read, foreign content change of 2 KB',
        samples: content,
        unit: 'bytes',
        budget: 1_000,
        replaced: 420_907,
        note: `of these ${String(foreignContent(apps.bytes, '20').length)} are the new value itself`,
      },
    ];
  } finally {
    await world.stop();
    for (const proxy of proxies) proxy.close();
  }
}

async function sample(
  { etcd }: World,
  proxy: CountingProxy,
  leaf: string,
  value: (version: string) => string,
): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let change = 0; change < changes; change += 1) {
    const before = proxy.bytes();
    const app = `far-${String(change)}`;
    await etcd.put(`${prefix}/${app}/${leaf}`, value(String(20 + change)));
    const startMs = performance.now();
    while (performance.now() - Math.max(startMs, proxy.lastAtMs()) < silenceMs) await sleep(20);
    samples.push(proxy.bytes() - before);
  }
  return samples;
}
