/** What is told of changes that a watch delivers, and what ends it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyChange } from '../../../src/domain/etcdCalls.ts';
import { createDesiredStage, type DesiredStage, web } from '../../support/desiredStage.ts';
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

describe('watchDesired, watching', () => {
  it('A21, A23: ignores what it has seen, and progress notices', async () => {
    await stage.start();
    const first = etcd.write(web('1'));
    etcd.deliver(first);
    etcd.deliver([]);
    etcd.deliver(first);
    etcd.deliver([...first, ...etcd.write(web('2'))]);
    await scheduler.advance(0);
    expect(stage.told()).toEqual(['Initial@1', '@2 web', '@3 web']);
  });

  it('puts the fragments of a revision together', async () => {
    await stage.start();
    const [ips, content] = etcd.write(web('1')) as [KeyChange, KeyChange];
    etcd.deliver([ips], true);
    await scheduler.advance(0);
    expect(stage.told()).toEqual(['Initial@1']);
    etcd.deliver([content]);
    await scheduler.advance(0);
    expect(stage.told()).toEqual(['Initial@1', '@2 web']);
  });

  it('waits for a content before it tells what came after, and reads no further meanwhile', async () => {
    etcd.write(web('far', 'h2'));
    await stage.start();
    let release = (): void => undefined;
    etcd.delay = () => new Promise((resolve) => (release = resolve));
    etcd.deliver(etcd.write({ '/p/web/ips': 'h1' }));
    etcd.deliver(etcd.write({ '/p/x/ips': 'h1' }));
    await scheduler.advance(100);
    expect(stage.told()).toEqual(['Initial@2 web'].map((one) => one.replace(' web', '')));
    expect(etcd.watches[0]?.isPaused).toBe(true);
    release();
    await scheduler.advance(0);
    expect(stage.told().slice(1)).toEqual(['@3 web', '@4 x']);
    expect(etcd.watches[0]?.isPaused).toBe(false);
    expect(stage.events[1]).toMatchObject({ entries: [{ content: { value: { text: 'far' } } }] });
  });

  it('lists anew when such a content is no longer there', async () => {
    etcd.write(web('far', 'h2'));
    await stage.start();
    const changes = etcd.write({ '/p/web/ips': 'h1' });
    etcd.write({ '/p/web/content': 'later' });
    etcd.compact(4);
    etcd.deliver(changes);
    await stage.recover();
    expect(stage.told()).toEqual(['Initial@2', 'lost Compacted', 'Compacted@4 web']);
  });

  it('gives a watch up that does not come to stand', async () => {
    stage.begin();
    await scheduler.advance(3_001);
    expect(stage.told()).toEqual(['Initial@1', 'lost TimedOut']);
    expect(etcd.watches[0]?.isCanceled).toBe(true);
  });

  it.each([
    ['Compacted', 'Compacted', 'Compacted'],
    ['Canceled', 'Canceled', 'WatchCanceled'],
    ['NoLeader', 'NoLeader', 'Reconnected'],
    ['Failed', 'Canceled', 'WatchCanceled'],
    ['Malformed', 'Malformed', 'Reconnected'],
  ] as const)('says why it lists anew after %s', async (type, lost, reason) => {
    await stage.start();
    etcd.break(etcdError(type));
    await stage.recover();
    expect(stage.told()).toEqual(['Initial@1', `lost ${lost}`, `${reason}@1`]);
  });

  it('backs off from a watch that always breaks at once, and forgets it after a good one', async () => {
    stage.random = 0.999;
    await stage.start();
    for (let n = 0; n < 10; n += 1) {
      etcd.break(etcdError('Canceled'));
      await stage.recover(1_500);
    }
    const before = etcd.watches.length;
    etcd.break(etcdError('Canceled'));
    await scheduler.advance(1_400);
    expect(etcd.watches.length).toBe(before);
    await stage.recover(200);
    await scheduler.advance(6_000);
    etcd.break(etcdError('Canceled'));
    await scheduler.advance(110);
    expect(etcd.watches.length).toBe(before + 2);
  });

  it('notices another cluster behind the same address', async () => {
    await stage.start();
    etcd.clusterId = 'c2';
    etcd.deliver(etcd.write(web('1')));
    await stage.recover();
    expect(stage.told()).toEqual(['Initial@1', 'lost ClusterChanged', 'ClusterChanged@2 web']);
  });

  it('takes a member that lags for what it is', async () => {
    etcd.write(web('1'));
    await stage.start();
    etcd.watches[0]?.send({ type: 'Created', clusterId: 'c1', revision: rev(1) });
    await scheduler.advance(100);
    expect(stage.told()).toEqual(['Initial@2 web']);
  });

  it('takes an etcd that went backwards for what it is', async () => {
    etcd.write(web('1'));
    etcd.write(web('2'));
    await stage.start();
    etcd.restore(2);
    etcd.created();
    await stage.recover();
    expect(stage.told()).toEqual([
      'Initial@3 web',
      'lost RevisionRegressed',
      'RevisionRegressed@2 web',
    ]);
  });

  it('lists again without an outage when identity changes', async () => {
    etcd.write(web('1', 'h2'));
    await stage.start();
    stage.item = 'h2';
    stage.relist();
    await scheduler.advance(0);
    expect(stage.told()).toEqual(['Initial@2', 'IdentityChanged@2 web']);
    expect(etcd.watches.map((watch) => watch.isCanceled)).toEqual([true, false]);
  });

  it('ends everything when unsubscribed', async () => {
    await stage.start();
    stage.stop();
    expect(etcd.watches[0]?.isCanceled).toBe(true);
    const asked = etcd.queries.length;
    await scheduler.advance(120_000);
    expect(etcd.queries.length).toBe(asked);
    expect(stage.told()).toEqual(['Initial@1']);
  });
});
