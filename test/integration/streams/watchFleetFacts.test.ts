/** What templates are made from, from a real etcd: without the contents of apps, and never half of it. */
import { asyncScheduler, NEVER } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { createEtcdClient } from '../../../src/clients/etcd.ts';
import { type FleetFactsEvent, watchFleetFacts } from '../../../streams/watchFleetFacts.ts';
import type { Range } from '../../../src/domain/etcdCalls.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';

const started: { stop(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
});

async function startEtcdWith(apps: number, contentBytes: number): Promise<Etcd> {
  const etcd = await startEtcd();
  started.push(etcd);
  const content = 'x'.repeat(contentBytes);
  for (let from = 0; from < apps; from += 50) {
    const keys: Record<string, string> = {};
    for (let n = from; n < Math.min(apps, from + 50); n += 1) {
      keys[`/a/app${String(n)}/ips`] = '10.0.0.1';
      keys[`/a/app${String(n)}/content`] = content;
    }
    await etcd.txn(keys);
  }
  return etcd;
}

function follow(etcd: Etcd) {
  const client = createEtcdClient({ endpoints: [etcd.endpoint] });
  let valueBytes = 0;
  const range: Range = async (query, limits) => {
    const answer = await client.range(query, limits);
    for (const kv of answer.ok ? answer.value.kvs : []) valueBytes += kv.value.length;
    return answer;
  };
  const events: FleetFactsEvent[] = [];
  const { openWatch } = client;
  const subscription = watchFleetFacts(
    { range, openWatch, scheduler: asyncScheduler, random: Math.random, believe$: NEVER },
    { appsPrefix: '/a', fleetPrefix: '/f' },
  ).subscribe({
    next: (event) => events.push(event),
    error: (error) => events.push(error as never),
  });
  started.push({
    stop: () => {
      subscription.unsubscribe();
      client.close();
    },
  });
  const names = (): readonly string[] => {
    const last = events.at(-1);
    if (last?.type !== 'Known') return [];
    return [...last.facts().apps].map(({ app }) => app).sort();
  };
  return { events, names, valueBytes: () => valueBytes };
}

describe('watchFleetFacts', () => {
  it('lists all placements, and reads no content', async () => {
    const etcd = await startEtcdWith(500, 8_000);
    const { names, valueBytes } = follow(etcd);
    await waitFor('all apps', () => names().length === 500);
    expect(valueBytes()).toBe(500 * '10.0.0.1'.length);
  });

  it('says nothing before all is listed, and that it is stale while etcd is away', async () => {
    const etcd = await startEtcdWith(2, 10);
    const { events, names } = follow(etcd);
    await waitFor('both apps', () => names().join() === 'app0,app1');
    expect(events.map(({ type }) => type)).toEqual(['Known']);
    await etcd.restart();
    await waitFor('it to be known again', () => {
      const types = events.map(({ type }) => type);
      return types.includes('Stale') && types.at(-1) === 'Known';
    });
    await etcd.put('/a/app2/ips', '10.0.0.2');
    await waitFor('three', () => names().length === 3);
  });

  it('keeps what is gone at one stroke, and lets go what was unpublished', async () => {
    const etcd = await startEtcdWith(3, 10);
    const { names } = follow(etcd);
    await waitFor('all apps', () => names().length === 3);
    etcd.etcdctl('del', '--prefix', '/a/app1/');
    await waitFor('one less', () => names().join() === 'app0,app2');
    etcd.etcdctl('del', '--prefix', '/a/');
    await etcd.put('/a/app7/ips', '10.0.0.1');
    await waitFor('one more', () => names().includes('app7'));
    expect(names()).toEqual(['app0', 'app2', 'app7']);
  });
});
