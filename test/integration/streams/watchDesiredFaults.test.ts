import { afterEach, describe, expect, it } from 'vitest';
import { type DesiredEntry } from '../../../src/domain/event.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { startTcpProxy } from '../../support/tcpProxy.ts';
import { waitFor } from '../../support/waitFor.ts';
import { type WatchedDesired, watchForTest } from '../../support/watchedDesired.ts';

const started: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
});

function keep<T extends { stop(): Promise<void> }>(one: T): T {
  started.push(one);
  return one;
}

/** What is left of the pictures that were told: without what is gone or placed elsewhere. */
function shown(watching: WatchedDesired): readonly DesiredEntry[] {
  return [...watching.pictures().values()]
    .filter(({ ips, content }) => {
      const isHalf = (ips === undefined) !== (content === undefined);
      const isHere = ips?.value.type === 'Text' && ips.value.text.split(',').includes('h1');
      return isHalf || (isHere && content !== undefined);
    })
    .sort((a, b) => (a.app < b.app ? -1 : 1));
}

async function churn(etcd: Etcd, rounds: number): Promise<void> {
  for (let n = 0; n < rounds; n += 1) {
    const name = `app-${String((n * 7) % 23)}`;
    const ips = n % 3 === 0 ? 'h1,h2' : 'h2';
    await etcd.txn({
      [`/p/${name}/ips`]: n % 11 === 0 ? undefined : ips,
      ...(n % 5 === 0
        ? {}
        : { [`/p/${name}/content`]: n % 13 === 0 ? undefined : `c${String(n)}` }),
    });
  }
}

describe('watchDesired, over a bad connection', () => {
  it('ends up with what etcd has, whenever its connections are cut', async () => {
    const etcd = keep(await startEtcd());
    const proxy = keep(await startTcpProxy(etcd.port));
    const endpoint = `http://127.0.0.1:${String(proxy.port)}`;
    const watching = keep(
      watchForTest({ client: { endpoints: [endpoint] }, watch: { pageSize: 5, backoffMaxMs: 50 } }),
    );
    await watching.waitForListing();
    for (let round = 0; round < 12; round += 1) {
      const before = watching.events.length;
      await churn(etcd, 40);
      // At another moment each time: after some events of this round, however many.
      await waitFor('some events', () => watching.events.length > before + round);
      proxy.cut();
    }
    const revision = await etcd.put('/p/last/ips', 'h1');
    await watching.waitForRevision(revision);
    expect(watching.lost().length).toBeGreaterThan(5);

    const fresh = keep(watchForTest({ client: { endpoints: [etcd.endpoint] } }));
    await fresh.waitForListing();
    expect(shown(watching)).toEqual(shown(fresh));
    expect(shown(fresh).length).toBeGreaterThan(3);
  });

  it('hears of a connection that fell silent, and goes on over a new one', async () => {
    const etcd = keep(await startEtcd({ flags: ['--grpc-keepalive-min-time', '100ms'] }));
    const proxy = keep(await startTcpProxy(etcd.port));
    const endpoints = [`http://127.0.0.1:${String(proxy.port)}`];
    const keepalive = { keepaliveTimeMs: 200, keepaliveTimeoutMs: 200 };
    const watching = keep(watchForTest({ client: { endpoints, ...keepalive } }));
    await watching.waitForListing();
    proxy.silence();
    await waitFor('the loss', () => watching.lost().length > 0);
    proxy.heal();
    await watching.waitForListing(2);
    await watching.waitForRevision(await etcd.put('/p/a/ips', 'h1'));
    expect(watching.pictures().get('a')?.ips?.value).toEqual({ type: 'Text', text: 'h1' });
  });

  it('costs a host next to nothing when an app elsewhere moves', async () => {
    const etcd = keep(await startEtcd());
    for (let start = 0; start < 200; start += 20) {
      const changes: Record<string, string> = {};
      for (let id = start; id < start + 20; id += 1) {
        changes[`/p/app-${String(id)}/ips`] = 'h2';
        changes[`/p/app-${String(id)}/content`] = 'x'.repeat(2_048);
      }
      await etcd.txn(changes);
    }
    const proxy = keep(await startTcpProxy(etcd.port));
    const endpoint = `http://127.0.0.1:${String(proxy.port)}`;
    const watching = keep(watchForTest({ client: { endpoints: [endpoint] } }));
    await watching.waitForListing();
    await watching.waitForRevision(await etcd.put('/p/app-7/ips', 'h3'));
    const before = proxy.received();
    await watching.waitForRevision(await etcd.put('/p/app-7/ips', 'h2,h3'));
    expect(proxy.received() - before).toBeLessThan(500);
  });
});
