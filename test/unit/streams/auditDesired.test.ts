/** What a watch has lost is found by an audit, and what is on its way is not taken for lost. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditMs, createDesiredStage, type DesiredStage, web } from '../../support/desiredStage.ts';
import { put } from '../../support/etcdValues.ts';
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

describe('watchDesired, audit', () => {
  it('finds nothing wrong while nothing is, with one small call', async () => {
    etcd.write(web('1'));
    await stage.start();
    etcd.deliver(etcd.write({ '/p/x/ips': 'h1', '/p/x/note': 'n' }));
    etcd.deliver(etcd.write({ '/p/x/ips': undefined, '/p/web/note': 'n' }));
    etcd.deliver(etcd.write({ '/p/x/note': undefined }));
    await scheduler.advance(auditMs);
    expect(etcd.queries.at(-1)).toMatchObject({ changedAfter: '2', keysOnly: true });
    expect(etcd.queries).toHaveLength(2);
    await scheduler.advance(auditMs);
    expect(etcd.queries.at(-1)).toMatchObject({ changedAfter: '5', keysOnly: true });
    expect(etcd.queries).toHaveLength(3);
    expect(stage.told().slice(1)).toEqual(['@3 x', '@4 x', '@5']);
  });

  it('A22: finds a change that was never delivered', async () => {
    await stage.start();
    etcd.write(web('lost'));
    await scheduler.advance(auditMs + 1_990);
    expect(stage.told()).toEqual(['Initial@1']);
    await stage.recover();
    expect(stage.told()).toEqual(['Initial@1', 'lost AuditMismatch', 'AuditMismatch@2 web']);
  });

  it('A22: finds it within 30 s on the unluckiest host too', async () => {
    stage.random = 0.999_999;
    await stage.start();
    etcd.write(web('lost'));
    await scheduler.advance(30_000);
    expect(stage.told()).toEqual(['Initial@1', 'lost AuditMismatch', 'AuditMismatch@2 web']);
  });

  it('finds a change that was never delivered although later ones were', async () => {
    etcd.write({ ...web('1'), '/p/x/ips': 'h1' });
    await stage.start();
    etcd.write(web('lost'));
    etcd.deliver(etcd.write({ '/p/x/ips': 'h1,h2' }));
    await stage.recover(auditMs + 4_000);
    expect(stage.told().slice(2)).toEqual(['lost AuditMismatch', 'AuditMismatch@4 web,x']);
  });

  it('finds a deletion of one key and the creation of another, both never delivered', async () => {
    etcd.write(web('1'));
    await stage.start();
    etcd.write({ '/p/web/ips': undefined, '/p/web/content': undefined });
    etcd.write({ '/p/x/ips': 'h1', '/p/y/ips': 'h1' });
    etcd.deliver(etcd.write({ '/p/x/ips': 'h1,h2', '/p/y/ips': 'h1,h2' }));
    await stage.recover(auditMs + 4_000);
    expect(stage.told().slice(2)).toEqual(['lost AuditMismatch', 'AuditMismatch@5 x,y']);
  });

  it('finds a deletion that was never delivered', async () => {
    etcd.write(web('1'));
    await stage.start();
    etcd.write({ '/p/web/ips': undefined, '/p/web/content': undefined });
    etcd.deliver([put('/p/x/ips', 'h1', 4, true)]);
    etcd.write({ '/p/x/ips': 'h1' });
    await stage.recover(auditMs + 4_000);
    expect(stage.told().slice(2)).toEqual(['lost AuditMismatch', 'AuditMismatch@4 x']);
  });

  it('finds a deletion that was never delivered though nothing came after it', async () => {
    etcd.write({ ...web('1'), '/p/x/ips': 'h1' });
    await stage.start();
    etcd.write({ '/p/x/ips': undefined });
    await stage.recover(auditMs + 4_000);
    expect(stage.told()).toEqual(['Initial@2 web,x', 'lost AuditMismatch', 'AuditMismatch@3 web']);
  });

  it('finds it too when the history is compacted', async () => {
    etcd.write(web('1'));
    await stage.start();
    etcd.write({ '/p/web/ips': undefined, '/p/web/content': undefined });
    etcd.compact(3);
    await stage.recover(auditMs + 4_000);
    expect(stage.told()).toEqual(['Initial@2 web', 'lost AuditMismatch', 'AuditMismatch@3']);
  });

  it('gives a change on its way the time to arrive', async () => {
    etcd.write(web('1'));
    await stage.start();
    const changes = [etcd.write({ '/p/web/ips': undefined }), etcd.write({ '/p/x/ips': 'h1' })];
    await scheduler.advance(auditMs);
    for (const change of changes) etcd.deliver(change);
    await scheduler.advance(10_000);
    expect(stage.told()).toEqual(['Initial@2 web', '@3 web', '@4 x']);
  });

  it('counts as of what was delivered, so that churn is no mismatch', async () => {
    etcd.write(web('1'));
    await stage.start();
    const deletion = etcd.write({ '/p/web/ips': undefined });
    await scheduler.advance(auditMs);
    etcd.deliver(deletion);
    const later = etcd.write({ '/p/x/ips': 'h1' });
    await scheduler.advance(5_000);
    etcd.deliver(later);
    await scheduler.advance(0);
    expect(stage.told()).toEqual(['Initial@2 web', '@3 web', '@4 x']);
  });

  it('says so when it is no longer allowed to read', async () => {
    await stage.start();
    etcd.fail = () => etcdError('Unauthorised');
    await scheduler.advance(auditMs);
    expect(stage.told()).toEqual(['Initial@1', 'lost Unauthorised']);
  });

  it('forgives one call that fails, and not two', async () => {
    await stage.start();
    let calls = 0;
    etcd.fail = () => ((calls += 1) === 1 ? etcdError('TimedOut') : undefined);
    await scheduler.advance(auditMs);
    expect(stage.told()).toEqual(['Initial@1']);
    etcd.fail = () => etcdError('TimedOut');
    await scheduler.advance(auditMs);
    expect(stage.told()).toEqual(['Initial@1', 'lost TimedOut']);
  });

  it('finds a store that was replaced', async () => {
    etcd.write(web('1'));
    await stage.start();
    etcd.restore(1);
    await scheduler.advance(auditMs);
    expect(stage.told()).toEqual(['Initial@2 web', 'lost RevisionRegressed']);
  });

  it('does not come at the same moment on every host', async () => {
    stage.random = 0;
    await stage.start();
    await scheduler.advance(16_501);
    expect(etcd.queries).toHaveLength(2);
  });
});
