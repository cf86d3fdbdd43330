/**
 * How many reports this machine's etcd takes in a second when many hosts have something to say at
 * once: the yardstick for all that grows with the number of hosts. A lower bound: the clients that
 * write share the machine with it.
 */
import { createEtcdClient } from '../../src/clients/etcd.ts';
import { startEtcd } from '../../test/support/etcd.ts';
import { cpuMs } from '../processCost.ts';
import { fleetPrefix } from './benchFleet.ts';
import { type Figure, percentile, type Run } from './figure.ts';

const clients = 8;
const seconds = 8;

/** As an agent writes: head and one part, under `hosts` and under `known`. */
export async function measureEtcd(atOnce: number): Promise<Run> {
  const etcd = await startEtcd();
  const connections = Array.from({ length: clients }, () =>
    createEtcdClient({ endpoints: [etcd.endpoint], callTimeoutMs: 30_000 }),
  );
  try {
    const encode = (text: string): Uint8Array => Buffer.from(text);
    const sizes = { head: encode('h'.repeat(300)), part: encode('p'.repeat(2_400)) };
    const delays: number[] = [];
    const endMs = performance.now() + seconds * 1000;
    const cpuBefore = cpuMs(etcd.pid);
    const write = async (host: number): Promise<void> => {
      const client = connections[host % clients];
      while (client !== undefined && performance.now() < endMs) {
        const startMs = performance.now();
        const written = await client.txn({
          compares: [],
          writes: ['hosts', 'known'].flatMap((kind) => {
            const key = `${fleetPrefix}/${kind}/host-${String(host)}`;
            return [
              { key: encode(key), value: sizes.head },
              { key: encode(`${key}/1`), value: sizes.part },
            ];
          }),
        });
        if (!written.ok) throw new Error(written.error.detail);
        delays.push(performance.now() - startMs);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, (_, host) => write(host)));
    const cpu = (cpuMs(etcd.pid) - cpuBefore) / delays.length;
    const figures: readonly Figure[] = [
      { name: 'reports written', value: delays.length / seconds, unit: 'per second' },
      { name: 'a report is written in, p50', value: percentile(delays, 50), unit: 'ms' },
      { name: 'a report is written in, p99', value: percentile(delays, 99), unit: 'ms' },
      { name: 'CPU of etcd for a report', value: cpu, unit: 'ms' },
    ];
    return { label: `${String(atOnce)} at once`, figures, notes: [] };
  } finally {
    for (const connection of connections) connection.close();
    await etcd.stop();
  }
}
