/** Hosts of an etcd that was emptied, restored or replaced, or whose keys somebody deleted. */
import { Subject, type Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EtcdKeyValue, KeyChange, Range, WatchSignal } from '../../../src/domain/etcdCalls.ts';
import { encodeReport } from '../../../src/domain/fleet/reportCodec.ts';
import { ok } from '../../../src/domain/result.ts';
import { type FleetFactsEvent, watchFleetFacts } from '../../../streams/watchFleetFacts.ts';
import { del, kv, put, rev } from '../../support/etcdValues.ts';
import { hostReport } from '../../support/fleetValues.ts';
import { createHandScheduler, type HandScheduler } from '../../support/handScheduler.ts';

interface Store {
  clusterId: string;
  revision: number;
  kvs: readonly EtcdKeyValue[];
}

let store: Store;
let scheduler: HandScheduler;
let events: FleetFactsEvent[];
let believe$: Subject<void>;
let watches: { prefix: string; hear: (signal: WatchSignal) => void }[];
let subscription: Subscription;

const range: Range = ({ key, rangeEnd }) => {
  const [from, to] = [Buffer.from(key), Buffer.from(rangeEnd ?? key)];
  const kvs = store.kvs.filter(({ key: one }) =>
    rangeEnd === undefined
      ? from.equals(one)
      : from.compare(Buffer.from(one)) <= 0 && to.compare(Buffer.from(one)) > 0,
  );
  const { clusterId, revision } = store;
  const answer = { clusterId, revision: rev(revision), kvs, hasMore: false, count: kvs.length };
  return Promise.resolve(ok(answer));
};

beforeEach(() => {
  scheduler = createHandScheduler();
  [events, watches] = [[], []];
  believe$ = new Subject();
});
afterEach(() => subscription.unsubscribe());

async function start(first: Store): Promise<void> {
  store = first;
  const openWatch = (
    { key }: { readonly key: Uint8Array },
    hear: (signal: WatchSignal) => void,
  ) => {
    const watch = { prefix: Buffer.from(key).toString(), hear };
    watches.push(watch);
    const nothing = (): void => undefined;
    const cancel = (): void => void watches.splice(watches.indexOf(watch), 1);
    return { cancel, pause: nothing, resume: nothing };
  };
  subscription = watchFleetFacts(
    { range, openWatch, scheduler, random: () => 1, believe$ },
    { appsPrefix: '/a', fleetPrefix: '/f' },
  ).subscribe({
    next: (event) => events.push(event),
    error: (error) => events.push(error as never),
  });
  await scheduler.advance(100);
  signalAll({ type: 'Created', clusterId: store.clusterId, revision: rev(store.revision) });
}

function signalAll(signal: WatchSignal): void {
  for (const { hear } of [...watches]) hear(signal);
}

function change(...changes: readonly KeyChange[]): void {
  for (const { prefix, hear } of [...watches]) {
    const some = changes.filter(({ key }) => Buffer.from(key).toString().startsWith(prefix));
    const revision = some[0]?.modRevision;
    const { clusterId } = store;
    if (revision === undefined) continue;
    hear({ type: 'Changed', clusterId, revision, changes: some, isFragment: false });
  }
}

async function relist(next: Store): Promise<void> {
  const error = { type: 'Unreachable', wasSent: true, detail: 'gone' } as const;
  store = next;
  signalAll({ type: 'Failed', error });
  await scheduler.advance(1_000);
}

function wordOf(host: string): string {
  return encodeReport(hostReport(host, '10.0.0.1', 9)).head;
}

/** Its two keys. */
function reported(host: string, revision: number): readonly EtcdKeyValue[] {
  return [
    { ...kv(`/f/hosts/${host}`, wordOf(host), revision), lease: '7' as never },
    kv(`/f/known/${host}`, wordOf(host), revision),
  ];
}

/** `web1`, or `web1 lost`. */
function hosts(): readonly string[] {
  const last = events.at(-1);
  if (last?.type !== 'Known') return [];
  return [...last.facts().hosts]
    .filter(({ live, known }) => (live ?? known)?.ok)
    .map(({ host, live }) => (live === undefined ? `${host} lost` : host))
    .sort();
}

const both = [...reported('web1', 90), ...reported('web2', 91)];
const full = { clusterId: 'A', revision: 100, kvs: both };

describe('watchFleetFacts: hosts', () => {
  it.each([
    ['of a lower revision', { clusterId: 'A', revision: 40, kvs: reported('web1', 30) }],
    ['of another cluster', { clusterId: 'B', revision: 300, kvs: reported('web1', 30) }],
    ['empty, of another cluster', { clusterId: 'B', revision: 1, kvs: [] }],
  ])('stay as last known in a listing %s, each until it reports again', async (_, next) => {
    await start(full);
    expect(hosts()).toEqual(['web1', 'web2']);
    await relist(next);
    expect(hosts()).toEqual(['web1 lost', 'web2 lost']);
    const types = events.map(({ type }) => type);
    expect(types.slice(types.lastIndexOf('Stale'))).toContain('Known');
    signalAll({ type: 'Created', clusterId: next.clusterId, revision: rev(next.revision) });
    const again = reported('web2', next.revision + 1);
    change(...again.map((one) => ({ ...one, type: 'Put' as const, isNew: true })));
    expect(hosts()).toEqual(['web1 lost', 'web2']);
    await relist({ ...next, revision: next.revision + 1, kvs: [...next.kvs, ...again] });
    expect(hosts()).toEqual(['web1 lost', 'web2']);
    believe$.next();
    const isListed = next.kvs.length > 0;
    expect(hosts()).toEqual(isListed ? ['web1', 'web2'] : ['web2']);
  });

  it('stay as last known when known/ is empty at one stroke, in a listing or in one revision', async () => {
    await start(full);
    await relist({ ...full, revision: 101, kvs: [] });
    expect(hosts()).toEqual(['web1 lost', 'web2 lost']);
    subscription.unsubscribe();
    watches = [];
    await start(full);
    change(...both.map(({ key }) => del(Buffer.from(key).toString(), 101)));
    expect(hosts()).toEqual(['web1 lost', 'web2 lost']);
  });

  it('live on without their known/ keys, and are lost without their leases', async () => {
    await start(full);
    change(del('/f/known/web1', 101), del('/f/known/web2', 101));
    expect(hosts()).toEqual(['web1', 'web2']);
    change(del('/f/hosts/web1', 102));
    expect(hosts()).toEqual(['web1 lost', 'web2']);
  });

  it('go when they are forgotten, one by one', async () => {
    await start(full);
    change(del('/f/hosts/web1', 101));
    change(del('/f/known/web1', 102));
    expect(hosts()).toEqual(['web2']);
    change(del('/f/hosts/web2', 103));
    change(del('/f/known/web2', 104));
    expect(hosts()).toEqual([]);
    change(put('/f/known/web2', wordOf('web2'), 105));
    expect(hosts()).toEqual(['web2 lost']);
  });
});
