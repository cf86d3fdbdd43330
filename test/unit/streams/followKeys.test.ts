import { type Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followKeys, type KeysEvent } from '../../../streams/followKeys.ts';
import { put, rev } from '../../support/etcdValues.ts';
import { createFakeEtcd, etcdError, type FakeEtcd } from '../../support/fakeEtcd.ts';
import { createHandScheduler, type HandScheduler } from '../../support/handScheduler.ts';

let etcd: FakeEtcd;
let scheduler: HandScheduler;
let events: KeysEvent[];
let subscription: Subscription;
let onEvent: (event: KeysEvent) => void;

beforeEach(() => {
  etcd = createFakeEtcd();
  scheduler = createHandScheduler();
  events = [];
  onEvent = () => undefined;
});
afterEach(() => subscription.unsubscribe());

async function start(): Promise<void> {
  const { range, openWatch } = etcd;
  const keys$ = followKeys(
    { range, openWatch, scheduler, random: () => 1 },
    { prefix: '/f/hosts', pageSize: 2 },
  );
  subscription = keys$.subscribe({
    next: (event) => {
      events.push(event);
      onEvent(event);
    },
    error: (error) => events.push(error as never),
    complete: () => events.push('completed' as never),
  });
  await scheduler.advance(0);
  etcd.created();
  await scheduler.advance(0);
}

/** What was told since the last time, in short. */
function told(): readonly string[] {
  return events.splice(0).map((event) => {
    if (event.type === 'Lost') return `lost ${event.reason}`;
    const items = event.type === 'Listed' ? event.kvs : event.changes;
    const keys = items.map(({ key }) => Buffer.from(key).toString().slice('/f/hosts/'.length));
    return `${event.type}@${event.revision} ${keys.join()}`.trim();
  });
}

const listings = (): number => etcd.queries.filter(({ revision }) => revision === undefined).length;

describe('followKeys', () => {
  it('lists all pages at one revision, then tells each revision as a whole', async () => {
    etcd.write({ '/f/hosts/a': '1', '/f/hosts/b': '1', '/f/hosts2/x': '1', '/f/hosts': '1' });
    etcd.write({ '/f/hosts/c': '1', '/f/hosts/d': '1', '/f/hosts/e': '1' });
    await start();
    etcd.deliver([
      ...etcd.write({ '/f/hosts/a': '2', '/f/hosts/b': undefined }),
      ...etcd.write({ '/f/hosts/f': '1' }),
    ]);
    expect(told()).toEqual(['Listed@3 a,b,c,d,e', 'Changed@4 a,b', 'Changed@5 f']);
    expect(etcd.watches[0]?.query.startRevision).toBe('4');
  });

  it('waits for the rest of a revision that comes in pieces', async () => {
    await start();
    told();
    const changes = etcd.write({ '/f/hosts/a': '1', '/f/hosts/b': '1' });
    etcd.deliver(changes.slice(0, 1), true);
    expect(told()).toEqual([]);
    etcd.deliver(changes.slice(1));
    expect(told()).toEqual(['Changed@2 a,b']);
  });

  it('passes over what is not newer than the listing', async () => {
    etcd.write({ '/f/hosts/a': '1' });
    await start();
    told();
    etcd.deliver([put('/f/hosts/a', '0', 1), put('/f/hosts/a', '1', 2)]);
    expect(told()).toEqual([]);
  });

  it('lists everything again after the watch has ended', async () => {
    await start();
    etcd.write({ '/f/hosts/a': '1' });
    etcd.break(etcdError('Compacted'));
    await scheduler.advance(100);
    expect(told()).toEqual(['Listed@1', 'lost Compacted', 'Listed@2 a']);
    expect(etcd.watches.map(({ isCanceled }) => isCanceled)).toEqual([true, false]);
  });

  it('lists again when another cluster answers the watch', async () => {
    await start();
    const watch = etcd.watches[0];
    watch?.send({
      type: 'Changed',
      clusterId: 'c2',
      revision: rev(9),
      changes: [],
      isFragment: false,
    });
    await scheduler.advance(100);
    expect(told()).toEqual(['Listed@1', 'lost Canceled', 'Listed@1']);
  });

  it('starts over at a lower revision when etcd was restored', async () => {
    for (let n = 0; n < 5; n += 1) etcd.write({ '/f/hosts/a': String(n) });
    await start();
    etcd.restore(2);
    etcd.break(etcdError('Unreachable'));
    await scheduler.advance(100);
    etcd.created();
    etcd.deliver(etcd.write({ '/f/hosts/b': '1' }));
    expect(told()).toEqual(['Listed@6 a', 'lost Unreachable', 'Listed@2 a', 'Changed@3 b']);
  });

  it('tells of an outage once, and asks at least every 1.5 s', async () => {
    await start();
    told();
    etcd.fail = () => etcdError('Unreachable');
    etcd.break(etcdError('Unreachable'));
    await scheduler.advance(60_000);
    expect(told()).toEqual(['lost Unreachable']);
    const asked = etcd.queries.length;
    await scheduler.advance(15_000);
    expect(etcd.queries.length - asked).toBe(10);
    etcd.fail = undefined;
    await scheduler.advance(1_500);
    expect(told()).toEqual(['Listed@1']);
  });

  it('asks seldom where it may not look', async () => {
    await start();
    etcd.fail = () => etcdError('Unauthorised');
    etcd.break(etcdError('Unauthorised'));
    await scheduler.advance(120_000);
    const asked = etcd.queries.length;
    await scheduler.advance(120_000);
    expect(etcd.queries.length - asked).toBe(4);
  });

  it('slows down when every watch ends as soon as it stands', async () => {
    await start();
    const before = listings();
    for (let ms = 0; ms < 60_000; ms += 100) {
      etcd.created();
      etcd.break(etcdError('Canceled'));
      await scheduler.advance(100);
    }
    expect(listings() - before).toBeLessThan(50);
  });

  it('is quick again after a watch that has stood for a while', async () => {
    await start();
    for (let round = 0; round < 8; round += 1) {
      etcd.break(etcdError('Canceled'));
      await scheduler.advance(1_500);
      etcd.created();
    }
    await scheduler.advance(5_000);
    told();
    etcd.break(etcdError('Canceled'));
    await scheduler.advance(100);
    expect(told()).toEqual(['lost Canceled', 'Listed@1']);
  });

  it('gives up a watch that does not come to stand', async () => {
    await start();
    etcd.break(etcdError('Canceled'));
    await scheduler.advance(100);
    told();
    await scheduler.advance(3_000 + 200);
    expect(told()).toEqual(['lost TimedOut', 'Listed@1']);
  });

  it('ends everything when it is unsubscribed', async () => {
    await start();
    subscription.unsubscribe();
    etcd.deliver(etcd.write({ '/f/hosts/a': '1' }));
    await scheduler.advance(60_000);
    expect(told()).toEqual(['Listed@1']);
    expect(etcd.watches.map(({ isCanceled }) => isCanceled)).toEqual([true]);
  });

  it('leaves nothing open for somebody who wanted the listing alone', async () => {
    onEvent = () => subscription.unsubscribe();
    const schedule = scheduler.schedule.bind(scheduler);
    let open = 0;
    scheduler.schedule = (work, delayMs, state) => {
      open += 1;
      const timer = schedule(work as never, delayMs, state as never);
      timer.add(() => (open -= 1));
      return timer;
    };
    await start();
    expect(etcd.watches.every(({ isCanceled }) => isCanceled)).toBe(true);
    expect(open).toBe(0);
  });
});
