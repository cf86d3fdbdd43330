/** What a listing of etcd tells, when there is another one, and how an outage is told. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditMs, createDesiredStage, type DesiredStage, web } from '../../support/desiredStage.ts';
import { rev } from '../../support/etcdValues.ts';
import { etcdError, type FakeEtcd } from '../../support/fakeEtcd.ts';
import type { HandScheduler } from '../../support/handScheduler.ts';

let stage: DesiredStage;
let etcd: FakeEtcd;
let scheduler: HandScheduler;
beforeEach(() => {
  stage = createDesiredStage();
  ({ etcd, scheduler } = stage);
});
afterEach(() => {
  stage.stop();
});

describe('watchDesired, listing', () => {
  it('reads every page at the revision of the first, and watches from the next', async () => {
    etcd.write({ ...web('W'), '/p/a/ips': 'h2', '/p/a/content': 'A', '/p/b/ips': 'h1' });
    etcd.delay = () => {
      // Written between the pages: belongs to the watch.
      if (etcd.queries.length === 2) etcd.write({ '/p/aa/ips': 'h1' });
      return Promise.resolve();
    };
    await stage.start();
    expect(stage.told()).toEqual(['Initial@2 b,web']);
    expect(etcd.queries.map((q) => q.revision)).toEqual([undefined, '2']);
    expect(etcd.watches[0]?.query.startRevision).toBe('3');
  });

  it('begins again when the pages were compacted away', async () => {
    etcd.write({ ...web('W'), '/p/a/ips': 'h2', '/p/a/content': 'A' });
    etcd.fail = (query) =>
      query.revision !== undefined && etcd.queries.length < 4 ? etcdError('Compacted') : undefined;
    await stage.start();
    await stage.recover();
    expect(stage.told()).toEqual(['lost Compacted', 'Initial@2 web']);
  });

  it('tells an outage once, again when its reason changes, and counts longer pauses', async () => {
    etcd.fail = () => etcdError('Unreachable');
    await stage.start();
    stage.random = 0.999;
    await scheduler.advance(60_000);
    expect(stage.told()).toEqual(['lost Unreachable']);
    // 100, 200, 400, 800 ms, then 1.5 s each.
    expect(etcd.queries.length).toBeGreaterThan(38);
    expect(etcd.queries.length).toBeLessThan(46);
    etcd.fail = () => etcdError('Unauthorised');
    await scheduler.advance(60_000);
    expect(stage.told()).toEqual(['lost Unreachable', 'lost Unauthorised']);
    // 5 s each: a login is expensive for etcd.
    expect(etcd.queries.length).toBeLessThan(46 + 16);
    etcd.fail = undefined;
    await scheduler.advance(5_000);
    expect(stage.told()).toContain('Initial@1');
  });

  it('tells again when the same reason has another text, not for numbers, and not for ever', async () => {
    let detail = 'dropped after 7 s';
    etcd.fail = () => etcdError('Unreachable', detail);
    await stage.start();
    const details = async (text: string): Promise<readonly string[]> => {
      detail = text;
      await scheduler.advance(10_000);
      return stage.events.map((event) =>
        event.type === 'DesiredLost' ? event.detail : event.type,
      );
    };
    expect(await details('dropped after 8 s')).toEqual(['dropped after 7 s']);
    const both = ['dropped after 7 s', 'certificate has expired'];
    expect(await details('certificate has expired')).toEqual(both);
    expect(await details('dropped after 9 s')).toEqual(both);
    for (const text of 'abcdefgh') await details(text);
    expect(stage.events).toHaveLength(5);
  });

  it('has one list in flight at most, however slow etcd is', async () => {
    etcd.delay = () =>
      new Promise((resolve) =>
        scheduler.schedule(() => {
          resolve();
        }, 900),
      );
    await stage.start();
    for (let n = 0; n < 20; n += 1) {
      stage.relist();
      await scheduler.advance(100);
    }
    await scheduler.advance(2_000);
    expect(etcd.inFlight().max).toBe(1);
    expect(stage.told()).toHaveLength(1);
  });

  it('compares with what was known before', async () => {
    await stage.start({ clusterId: 'c1', revision: rev(9) });
    etcd.clusterId = 'c2';
    etcd.break(etcdError('Unreachable'));
    await stage.recover();
    expect(stage.told()).toEqual(['RevisionRegressed@1', 'lost Unreachable', 'ClusterChanged@1']);
  });

  it('remembers the highest revision of the store, not only of its own keys', async () => {
    etcd.write(web('W'));
    await stage.start();
    for (let n = 0; n < 50; n += 1) etcd.write({ '/other': String(n) });
    await scheduler.advance(auditMs);
    etcd.restore(20);
    etcd.break(etcdError('Unreachable'));
    await stage.recover();
    expect(stage.told()).toEqual(['Initial@2 web', 'lost Unreachable', 'RevisionRegressed@20 web']);
  });

  describe('a restored etcd that others have written on past its old revision', () => {
    const addOthers = (): void => {
      for (let n = 0; n < 10; n += 1) etcd.write({ '/other': String(n) });
    };

    it('is known by a key that was there and now never was', async () => {
      etcd.write({ '/p/a/ips': 'h1', '/p/a/content': 'A' });
      await stage.start();
      etcd.deliver(etcd.write(web('W')));
      await scheduler.advance(0);
      etcd.restore(2);
      addOthers();
      etcd.break(etcdError('Unreachable'));
      await stage.recover();
      expect(stage.told().at(-1)).toBe('RevisionRegressed@12 a');
    });

    it('is known by what the journal remembers, too', async () => {
      addOthers();
      const key = Buffer.from('/p/web/content');
      const atRevision = rev(5);
      await stage.start({ clusterId: 'c1', revision: rev(5), keys: [{ key, atRevision }] });
      expect(stage.told()).toEqual(['RevisionRegressed@11']);
    });

    it('is not taken for one where keys were deleted meanwhile', async () => {
      etcd.write({ '/p/a/ips': 'h1', '/p/a/content': 'A' });
      etcd.write(web('W'));
      await stage.start();
      etcd.write({ '/p/web/ips': undefined, '/p/web/content': undefined });
      addOthers();
      etcd.break(etcdError('Unreachable'));
      await stage.recover();
      expect(stage.told().at(-1)).toBe('Reconnected@14 a');
    });

    it('is not taken for one whose deletion the watch has lost', async () => {
      etcd.write({ '/p/a/ips': 'h1', '/p/a/content': 'A' });
      etcd.write(web('W'));
      await stage.start();
      etcd.write({ '/p/web/ips': undefined, '/p/web/content': undefined });
      etcd.deliver(etcd.write({ '/p/a/content': 'B' }));
      await scheduler.advance(auditMs + 2_000);
      await stage.recover();
      expect(stage.told().slice(1)).toEqual(['@5 a', 'lost AuditMismatch', 'AuditMismatch@5 a']);
    });

    it('cannot be known where etcd has forgotten that far back', async () => {
      etcd.write({ '/p/a/ips': 'h1', '/p/a/content': 'A' });
      await stage.start();
      etcd.deliver(etcd.write(web('W')));
      await scheduler.advance(0);
      etcd.restore(2);
      addOthers();
      etcd.compact(12);
      etcd.break(etcdError('Unreachable'));
      await stage.recover();
      expect(stage.told().at(-1)).toBe('Reconnected@12 a');
    });
  });
});
