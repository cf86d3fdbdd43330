import { asyncScheduler } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { createEtcdClient } from '../../../src/clients/etcd.ts';
import { followKeys, type KeysEvent } from '../../../streams/followKeys.ts';
import { type Etcd, startEtcd } from '../../support/etcd.ts';
import { waitFor } from '../../support/waitFor.ts';

const started: { stop(): Promise<void> | void }[] = [];
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
});

async function begin(): Promise<{ etcd: Etcd; events: KeysEvent[]; known: () => string }> {
  const etcd = await startEtcd();
  started.push(etcd);
  const client = createEtcdClient({ endpoints: [etcd.endpoint], callTimeoutMs: 1_000 });
  const { range, openWatch } = client;
  const events: KeysEvent[] = [];
  const subscription = followKeys(
    { range, openWatch, scheduler: asyncScheduler, random: Math.random },
    { prefix: '/f', pageSize: 2, callTimeoutMs: 1_000 },
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
  return { etcd, events, known: () => picture(events) };
}

/** `a=1 b=2`: as somebody knows it who heard all this. */
function picture(events: readonly KeysEvent[]): string {
  const known = new Map<string, string>();
  for (const event of events) {
    if (event.type === 'Listed') known.clear();
    if (event.type === 'Lost') continue;
    for (const item of event.type === 'Listed' ? event.kvs : event.changes) {
      const key = Buffer.from(item.key).toString().slice('/f/'.length);
      if ('type' in item && item.type === 'Delete') known.delete(key);
      else known.set(key, Buffer.from(item.value).toString());
    }
  }
  return [...known.keys()]
    .sort()
    .map((key) => `${key}=${known.get(key) ?? ''}`)
    .join(' ');
}

const listings = (events: readonly KeysEvent[]): number =>
  events.filter(({ type }) => type === 'Listed').length;

describe('followKeys', () => {
  it('lists pages, then tells changes a revision at a time', async () => {
    const { etcd, events, known } = await begin();
    await waitFor('a listing', () => listings(events) === 1);
    await etcd.txn({ '/f/a': '1', '/f/b': '1', '/f2/x': '1', '/f/c': '1' });
    const revision = await etcd.txn({ '/f/a': undefined, '/f/c': '2' });
    await waitFor('the changes', () => known() === 'b=1 c=2');
    const changed = events.filter((event) => event.type === 'Changed');
    expect(changed.map(({ changes }) => changes.length)).toEqual([3, 2]);
    expect(changed.at(-1)?.revision).toBe(revision);
  });

  it('knows all after etcd was away, compacted, wiped and restored', async () => {
    const { etcd, events, known } = await begin();
    await etcd.txn({ '/f/a': '1', '/f/b': '1', '/f/c': '1' });
    await waitFor('all three', () => known() === 'a=1 b=1 c=1');
    await etcd.restart();
    await etcd.txn({ '/f/a': undefined, '/f/b': '2' });
    await waitFor('what came after the restart', () => known() === 'b=2 c=1');

    etcd.pause();
    await waitFor('the silence to be noticed', () => events.at(-1)?.type === 'Lost');
    etcd.resume();
    const revision = await etcd.put('/f/d', '1');
    etcd.etcdctl('compact', revision);
    await waitFor('what came after the pause', () => known() === 'b=2 c=1 d=1');

    const snapshot = etcd.saveSnapshot();
    await etcd.put('/f/e', '1');
    await waitFor('one more', () => known().endsWith('e=1'));
    await etcd.restoreSnapshot(snapshot);
    await waitFor('the older state', () => known() === 'b=2 c=1 d=1');
    await etcd.wipe();
    await waitFor('nothing', () => known() === '');
    await etcd.put('/f/z', '1');
    await waitFor('what came after that', () => known() === 'z=1');
  });
});
