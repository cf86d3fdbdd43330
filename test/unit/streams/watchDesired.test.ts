import { Subject, type Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KeyChange } from '../../../src/domain/etcdCalls.ts';
import { type DesiredEvent, watchDesired } from '../../../streams/watchDesired.ts';
import { type StoreMark } from '../../../streams/storeMemory.ts';
import { put, rev } from '../../support/etcdValues.ts';
import { createFakeEtcd, etcdError, type FakeEtcd } from '../../support/fakeEtcd.ts';
import { createHandScheduler, type HandScheduler } from '../../support/handScheduler.ts';

let etcd: FakeEtcd;
let scheduler: HandScheduler;
let events: DesiredEvent[];
let relist$: Subject<void>;
let subscription: Subscription;
let random: number;
let item: string;

beforeEach(() => {
  etcd = createFakeEtcd();
  scheduler = createHandScheduler();
  events = [];
  relist$ = new Subject();
  random = 0.5;
  item = 'h1';
});
afterEach(() => subscription.unsubscribe());

async function start(known?: StoreMark): Promise<void> {
  subscription = watchDesired(
    {
      range: etcd.range,
      openWatch: etcd.openWatch,
      scheduler,
      random: () => random,
      concernsHost: (_app, ips) => ips?.includes(item) ?? false,
      relist$,
    },
    { prefix: '/p', pageSize: 3, known },
  ).subscribe({
    next: (event) => events.push(event),
    error: (error) => events.push(error as never),
    complete: () => events.push('completed' as never),
  });
  await scheduler.advance(0);
  etcd.created();
  await scheduler.advance(0);
}

const web = (content: string, ips = 'h1') => ({ '/p/web/ips': ips, '/p/web/content': content });

/** What was told, in short. */
const told = (): readonly string[] =>
  events.map((event) => {
    switch (event.type) {
      case 'DesiredListed':
        return `${event.reason}@${event.revision} ${event.entries.map((e) => e.app).join()}`.trim();
      case 'DesiredChanged':
        return `@${event.revision} ${event.entries.map((e) => e.app).join()}`.trim();
      case 'DesiredLost':
        return `lost ${event.reason}`;
    }
  });

/** The next listing after a pause, and its watch. */
async function recover(ms = 2_000): Promise<void> {
  await scheduler.advance(ms);
  etcd.created();
  await scheduler.advance(0);
}

const auditMs = 22_000 + 1;

describe('watchDesired, listing', () => {
  it('reads every page at the revision of the first, and watches from the next', async () => {
    etcd.write({ ...web('W'), '/p/a/ips': 'h2', '/p/a/content': 'A', '/p/b/ips': 'h1' });
    etcd.delay = () => {
      // Written between the pages: belongs to the watch.
      if (etcd.queries.length === 2) etcd.write({ '/p/aa/ips': 'h1' });
      return Promise.resolve();
    };
    await start();
    expect(told()).toEqual(['Initial@2 b,web']);
    expect(etcd.queries.map((q) => q.revision)).toEqual([undefined, '2']);
    expect(etcd.watches[0]?.query.startRevision).toBe('3');
  });

  it('begins again when the pages were compacted away', async () => {
    etcd.write({ ...web('W'), '/p/a/ips': 'h2', '/p/a/content': 'A' });
    etcd.fail = (query) =>
      query.revision !== undefined && etcd.queries.length < 4 ? etcdError('Compacted') : undefined;
    await start();
    await recover();
    expect(told()).toEqual(['lost Compacted', 'Initial@2 web']);
  });

  it('tells an outage once, again when its reason changes, and counts longer pauses', async () => {
    etcd.fail = () => etcdError('Unreachable');
    await start();
    random = 0.999;
    await scheduler.advance(60_000);
    expect(told()).toEqual(['lost Unreachable']);
    // 100, 200, 400, 800 ms, then 1.5 s each.
    expect(etcd.queries.length).toBeGreaterThan(38);
    expect(etcd.queries.length).toBeLessThan(46);
    etcd.fail = () => etcdError('Unauthorised');
    await scheduler.advance(60_000);
    expect(told()).toEqual(['lost Unreachable', 'lost Unauthorised']);
    // 5 s each: a login is expensive for etcd.
    expect(etcd.queries.length).toBeLessThan(46 + 16);
    etcd.fail = undefined;
    await scheduler.advance(5_000);
    expect(told()).toContain('Initial@1');
  });

  it('tells again when the same reason has another text, not for numbers, and not for ever', async () => {
    let detail = 'dropped after 7 s';
    etcd.fail = () => etcdError('Unreachable', detail);
    await start();
    const details = async (text: string): Promise<readonly string[]> => {
      detail = text;
      await scheduler.advance(10_000);
      return events.map((event) => (event.type === 'DesiredLost' ? event.detail : event.type));
    };
    expect(await details('dropped after 8 s')).toEqual(['dropped after 7 s']);
    const both = ['dropped after 7 s', 'certificate has expired'];
    expect(await details('certificate has expired')).toEqual(both);
    expect(await details('dropped after 9 s')).toEqual(both);
    for (const text of 'abcdefgh') await details(text);
    expect(events).toHaveLength(5);
  });

  it('has one list in flight at most, however slow etcd is', async () => {
    etcd.delay = () =>
      new Promise((resolve) =>
        scheduler.schedule(() => {
          resolve();
        }, 900),
      );
    await start();
    for (let n = 0; n < 20; n += 1) {
      relist$.next();
      await scheduler.advance(100);
    }
    await scheduler.advance(2_000);
    expect(etcd.inFlight().max).toBe(1);
    expect(told()).toHaveLength(1);
  });

  it('compares with what was known before', async () => {
    await start({ clusterId: 'c1', revision: rev(9) });
    etcd.clusterId = 'c2';
    etcd.break(etcdError('Unreachable'));
    await recover();
    expect(told()).toEqual(['RevisionRegressed@1', 'lost Unreachable', 'ClusterChanged@1']);
  });

  it('remembers the highest revision of the store, not only of its own keys', async () => {
    etcd.write(web('W'));
    await start();
    for (let n = 0; n < 50; n += 1) etcd.write({ '/other': String(n) });
    await scheduler.advance(auditMs);
    etcd.restore(20);
    etcd.break(etcdError('Unreachable'));
    await recover();
    expect(told()).toEqual(['Initial@2 web', 'lost Unreachable', 'RevisionRegressed@20 web']);
  });

  describe('a restored etcd that others have written on past its old revision', () => {
    const addOthers = (): void => {
      for (let n = 0; n < 10; n += 1) etcd.write({ '/other': String(n) });
    };

    it('is known by a key that was there and now never was', async () => {
      etcd.write({ '/p/a/ips': 'h1', '/p/a/content': 'A' });
      await start();
      etcd.deliver(etcd.write(web('W')));
      await scheduler.advance(0);
      etcd.restore(2);
      addOthers();
      etcd.break(etcdError('Unreachable'));
      await recover();
      expect(told().at(-1)).toBe('RevisionRegressed@12 a');
    });

    it('is known by what the journal remembers, too', async () => {
      addOthers();
      const key = Buffer.from('/p/web/content');
      const atRevision = rev(5);
      await start({ clusterId: 'c1', revision: rev(5), keys: [{ key, atRevision }] });
      expect(told()).toEqual(['RevisionRegressed@11']);
    });

    it('is not taken for one where keys were deleted meanwhile', async () => {
      etcd.write({ '/p/a/ips': 'h1', '/p/a/content': 'A' });
      etcd.write(web('W'));
      await start();
      etcd.write({ '/p/web/ips': undefined, '/p/web/content': undefined });
      addOthers();
      etcd.break(etcdError('Unreachable'));
      await recover();
      expect(told().at(-1)).toBe('Reconnected@14 a');
    });

    it('is not taken for one whose deletion the watch has lost', async () => {
      etcd.write({ '/p/a/ips': 'h1', '/p/a/content': 'A' });
      etcd.write(web('W'));
      await start();
      etcd.write({ '/p/web/ips': undefined, '/p/web/content': undefined });
      etcd.deliver(etcd.write({ '/p/a/content': 'B' }));
      await scheduler.advance(auditMs + 2_000);
      await recover();
      expect(told().slice(1)).toEqual(['@5 a', 'lost AuditMismatch', 'AuditMismatch@5 a']);
    });

    it('cannot be known where etcd has forgotten that far back', async () => {
      etcd.write({ '/p/a/ips': 'h1', '/p/a/content': 'A' });
      await start();
      etcd.deliver(etcd.write(web('W')));
      await scheduler.advance(0);
      etcd.restore(2);
      addOthers();
      etcd.compact(12);
      etcd.break(etcdError('Unreachable'));
      await recover();
      expect(told().at(-1)).toBe('Reconnected@12 a');
    });
  });
});

describe('watchDesired, watching', () => {
  it('A21, A23: ignores what it has seen, and progress notices', async () => {
    await start();
    const first = etcd.write(web('1'));
    etcd.deliver(first);
    etcd.deliver([]);
    etcd.deliver(first);
    etcd.deliver([...first, ...etcd.write(web('2'))]);
    await scheduler.advance(0);
    expect(told()).toEqual(['Initial@1', '@2 web', '@3 web']);
  });

  it('puts the fragments of a revision together', async () => {
    await start();
    const [ips, content] = etcd.write(web('1')) as [KeyChange, KeyChange];
    etcd.deliver([ips], true);
    await scheduler.advance(0);
    expect(told()).toEqual(['Initial@1']);
    etcd.deliver([content]);
    await scheduler.advance(0);
    expect(told()).toEqual(['Initial@1', '@2 web']);
  });

  it('waits for a content before it tells what came after, and reads no further meanwhile', async () => {
    etcd.write(web('far', 'h2'));
    await start();
    let release = (): void => undefined;
    etcd.delay = () => new Promise((resolve) => (release = resolve));
    etcd.deliver(etcd.write({ '/p/web/ips': 'h1' }));
    etcd.deliver(etcd.write({ '/p/x/ips': 'h1' }));
    await scheduler.advance(100);
    expect(told()).toEqual(['Initial@2 web'].map((one) => one.replace(' web', '')));
    expect(etcd.watches[0]?.isPaused).toBe(true);
    release();
    await scheduler.advance(0);
    expect(told().slice(1)).toEqual(['@3 web', '@4 x']);
    expect(etcd.watches[0]?.isPaused).toBe(false);
    expect(events[1]).toMatchObject({ entries: [{ content: { value: { text: 'far' } } }] });
  });

  it('lists anew when such a content is no longer there', async () => {
    etcd.write(web('far', 'h2'));
    await start();
    const changes = etcd.write({ '/p/web/ips': 'h1' });
    etcd.write({ '/p/web/content': 'later' });
    etcd.compact(4);
    etcd.deliver(changes);
    await recover();
    expect(told()).toEqual(['Initial@2', 'lost Compacted', 'Compacted@4 web']);
  });

  it('gives a watch up that does not come to stand', async () => {
    subscription?.unsubscribe();
    subscription = watchDesired(
      {
        ...{ range: etcd.range, openWatch: etcd.openWatch, scheduler, relist$ },
        random: () => random,
        concernsHost: () => true,
      },
      { prefix: '/p' },
    ).subscribe({ next: (event) => events.push(event), error: () => undefined });
    await scheduler.advance(3_001);
    expect(told()).toEqual(['Initial@1', 'lost TimedOut']);
    expect(etcd.watches[0]?.isCanceled).toBe(true);
  });

  it.each([
    ['Compacted', 'Compacted', 'Compacted'],
    ['Canceled', 'Canceled', 'WatchCanceled'],
    ['NoLeader', 'NoLeader', 'Reconnected'],
    ['Failed', 'Canceled', 'WatchCanceled'],
    ['Malformed', 'Malformed', 'Reconnected'],
  ] as const)('says why it lists anew after %s', async (type, lost, reason) => {
    await start();
    etcd.break(etcdError(type));
    await recover();
    expect(told()).toEqual(['Initial@1', `lost ${lost}`, `${reason}@1`]);
  });

  it('backs off from a watch that always breaks at once, and forgets it after a good one', async () => {
    random = 0.999;
    await start();
    for (let n = 0; n < 10; n += 1) {
      etcd.break(etcdError('Canceled'));
      await recover(1_500);
    }
    const before = etcd.watches.length;
    etcd.break(etcdError('Canceled'));
    await scheduler.advance(1_400);
    expect(etcd.watches.length).toBe(before);
    await recover(200);
    await scheduler.advance(6_000);
    etcd.break(etcdError('Canceled'));
    await scheduler.advance(110);
    expect(etcd.watches.length).toBe(before + 2);
  });

  it('notices another cluster behind the same address', async () => {
    await start();
    etcd.clusterId = 'c2';
    etcd.deliver(etcd.write(web('1')));
    await recover();
    expect(told()).toEqual(['Initial@1', 'lost ClusterChanged', 'ClusterChanged@2 web']);
  });

  it('takes a member that lags for what it is', async () => {
    etcd.write(web('1'));
    await start();
    etcd.watches[0]?.send({ type: 'Created', clusterId: 'c1', revision: rev(1) });
    await scheduler.advance(100);
    expect(told()).toEqual(['Initial@2 web']);
  });

  it('takes an etcd that went backwards for what it is', async () => {
    etcd.write(web('1'));
    etcd.write(web('2'));
    await start();
    etcd.restore(2);
    etcd.created();
    await recover();
    expect(told()).toEqual(['Initial@3 web', 'lost RevisionRegressed', 'RevisionRegressed@2 web']);
  });

  it('lists again without an outage when identity changes', async () => {
    etcd.write(web('1', 'h2'));
    await start();
    item = 'h2';
    relist$.next();
    await scheduler.advance(0);
    expect(told()).toEqual(['Initial@2', 'IdentityChanged@2 web']);
    expect(etcd.watches.map((watch) => watch.isCanceled)).toEqual([true, false]);
  });

  it('ends everything when unsubscribed', async () => {
    await start();
    subscription.unsubscribe();
    expect(etcd.watches[0]?.isCanceled).toBe(true);
    const asked = etcd.queries.length;
    await scheduler.advance(120_000);
    expect(etcd.queries.length).toBe(asked);
    expect(told()).toEqual(['Initial@1']);
  });
});

describe('watchDesired, audit', () => {
  it('finds nothing wrong while nothing is, with one small call', async () => {
    etcd.write(web('1'));
    await start();
    etcd.deliver(etcd.write({ '/p/x/ips': 'h1', '/p/x/note': 'n' }));
    etcd.deliver(etcd.write({ '/p/x/ips': undefined, '/p/web/note': 'n' }));
    etcd.deliver(etcd.write({ '/p/x/note': undefined }));
    await scheduler.advance(auditMs);
    expect(etcd.queries.at(-1)).toMatchObject({ changedAfter: '2', keysOnly: true });
    expect(etcd.queries).toHaveLength(2);
    await scheduler.advance(auditMs);
    expect(etcd.queries.at(-1)).toMatchObject({ changedAfter: '5', keysOnly: true });
    expect(etcd.queries).toHaveLength(3);
    expect(told().slice(1)).toEqual(['@3 x', '@4 x', '@5']);
  });

  it('A22: finds a change that was never delivered', async () => {
    await start();
    etcd.write(web('lost'));
    await scheduler.advance(auditMs + 1_990);
    expect(told()).toEqual(['Initial@1']);
    await recover();
    expect(told()).toEqual(['Initial@1', 'lost AuditMismatch', 'AuditMismatch@2 web']);
  });

  it('A22: finds it within 30 s on the unluckiest host too', async () => {
    random = 0.999_999;
    await start();
    etcd.write(web('lost'));
    await scheduler.advance(30_000);
    expect(told()).toEqual(['Initial@1', 'lost AuditMismatch', 'AuditMismatch@2 web']);
  });

  it('finds a change that was never delivered although later ones were', async () => {
    etcd.write({ ...web('1'), '/p/x/ips': 'h1' });
    await start();
    etcd.write(web('lost'));
    etcd.deliver(etcd.write({ '/p/x/ips': 'h1,h2' }));
    await recover(auditMs + 4_000);
    expect(told().slice(2)).toEqual(['lost AuditMismatch', 'AuditMismatch@4 web,x']);
  });

  it('finds a deletion of one key and the creation of another, both never delivered', async () => {
    etcd.write(web('1'));
    await start();
    etcd.write({ '/p/web/ips': undefined, '/p/web/content': undefined });
    etcd.write({ '/p/x/ips': 'h1', '/p/y/ips': 'h1' });
    etcd.deliver(etcd.write({ '/p/x/ips': 'h1,h2', '/p/y/ips': 'h1,h2' }));
    await recover(auditMs + 4_000);
    expect(told().slice(2)).toEqual(['lost AuditMismatch', 'AuditMismatch@5 x,y']);
  });

  it('finds a deletion that was never delivered', async () => {
    etcd.write(web('1'));
    await start();
    etcd.write({ '/p/web/ips': undefined, '/p/web/content': undefined });
    etcd.deliver([put('/p/x/ips', 'h1', 4, true)]);
    etcd.write({ '/p/x/ips': 'h1' });
    await recover(auditMs + 4_000);
    expect(told().slice(2)).toEqual(['lost AuditMismatch', 'AuditMismatch@4 x']);
  });

  it('finds a deletion that was never delivered though nothing came after it', async () => {
    etcd.write({ ...web('1'), '/p/x/ips': 'h1' });
    await start();
    etcd.write({ '/p/x/ips': undefined });
    await recover(auditMs + 4_000);
    expect(told()).toEqual(['Initial@2 web,x', 'lost AuditMismatch', 'AuditMismatch@3 web']);
  });

  it('finds it too when the history is compacted', async () => {
    etcd.write(web('1'));
    await start();
    etcd.write({ '/p/web/ips': undefined, '/p/web/content': undefined });
    etcd.compact(3);
    await recover(auditMs + 4_000);
    expect(told()).toEqual(['Initial@2 web', 'lost AuditMismatch', 'AuditMismatch@3']);
  });

  it('gives a change on its way the time to arrive', async () => {
    etcd.write(web('1'));
    await start();
    const changes = [etcd.write({ '/p/web/ips': undefined }), etcd.write({ '/p/x/ips': 'h1' })];
    await scheduler.advance(auditMs);
    for (const change of changes) etcd.deliver(change);
    await scheduler.advance(10_000);
    expect(told()).toEqual(['Initial@2 web', '@3 web', '@4 x']);
  });

  it('counts as of what was delivered, so that churn is no mismatch', async () => {
    etcd.write(web('1'));
    await start();
    const deletion = etcd.write({ '/p/web/ips': undefined });
    await scheduler.advance(auditMs);
    etcd.deliver(deletion);
    const later = etcd.write({ '/p/x/ips': 'h1' });
    await scheduler.advance(5_000);
    etcd.deliver(later);
    await scheduler.advance(0);
    expect(told()).toEqual(['Initial@2 web', '@3 web', '@4 x']);
  });

  it('says so when it is no longer allowed to read', async () => {
    await start();
    etcd.fail = () => etcdError('Unauthorised');
    await scheduler.advance(auditMs);
    expect(told()).toEqual(['Initial@1', 'lost Unauthorised']);
  });

  it('forgives one call that fails, and not two', async () => {
    await start();
    let calls = 0;
    etcd.fail = () => ((calls += 1) === 1 ? etcdError('TimedOut') : undefined);
    await scheduler.advance(auditMs);
    expect(told()).toEqual(['Initial@1']);
    etcd.fail = () => etcdError('TimedOut');
    await scheduler.advance(auditMs);
    expect(told()).toEqual(['Initial@1', 'lost TimedOut']);
  });

  it('finds a store that was replaced', async () => {
    etcd.write(web('1'));
    await start();
    etcd.restore(1);
    await scheduler.advance(auditMs);
    expect(told()).toEqual(['Initial@2 web', 'lost RevisionRegressed']);
  });

  it('does not come at the same moment on every host', async () => {
    random = 0;
    await start();
    await scheduler.advance(16_501);
    expect(etcd.queries).toHaveLength(2);
  });
});
