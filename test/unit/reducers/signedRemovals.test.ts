/** Whoever may write anything to etcd takes nothing away from a host that enforces signatures. */
import { describe, expect, it } from 'vitest';
import {
  expectGone,
  expectKept,
  release,
  running,
  stranger,
  v1,
} from '../../support/world/signedApp.ts';
import { createSignedWorld, textsOf } from '../../support/world/signedWorld.ts';

describe('enforced signatures', () => {
  // Found by a property: the file is on its way to the disk, and nothing of it is owned yet.
  it.each([0, 1, 2, 3, 8])(
    'let an older signed move take nothing away that was begun %i ticks before',
    async (ticks) => {
      const signed = createSignedWorld([release]);
      signed.publish('web', 1, textsOf('/bin/none', '10.0.0.9'), release);
      const elsewhere = signed.snapshot('web');
      signed.publish('web', 2, v1, release);
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      signed.write(elsewhere);
      await signed.world.settle();
      expectKept(signed, 'E_SIGNATURE_ROLLBACK');
    },
  );

  it('hold keys that vanish until their removal is signed', async () => {
    const signed = await running();
    signed.write({ 'web/ips': undefined, 'web/content': undefined, 'web/signature': undefined });
    await signed.world.settle();
    expectKept(signed, 'E_SIGNATURE_MISSING');
    expect(signed.world.heldCodes()).toEqual(['RemovalUnconfirmed']);
    signed.list();
    await signed.world.restartAgent();
    signed.list();
    await signed.world.settle();
    expect(signed.world.process('web')?.state).toBe('RUNNING');
    signed.unpublish('web', 9, release);
    await signed.world.settle();
    expectKept(signed, 'E_SIGNATURE_ROLLBACK');
    signed.unpublish('web', 11, stranger);
    await signed.world.settle();
    expectKept(signed, 'E_SIGNATURE_INVALID');
    signed.unpublish('web', 11, release);
    await signed.world.settle();
    expectGone(signed);
  });

  it('hold keys that vanish until somebody on the host says so', async () => {
    const signed = await running();
    signed.write({ 'web/ips': undefined, 'web/content': undefined });
    await signed.world.settle();
    expectKept(signed, 'E_SIGNATURE_MISMATCH');
    signed.world.confirm();
    await signed.world.settle();
    expectGone(signed);
  });

  it('hold keys that vanished while the agent was down', async () => {
    const signed = await running();
    signed.world.loseEtcd();
    signed.write({ 'web/ips': undefined, 'web/content': undefined, 'web/signature': undefined });
    await signed.world.restartAgent({ order: ['Identity', 'Files', 'Processes'] });
    signed.list();
    await signed.world.settle();
    expectKept(signed, 'no signed removal');
  });

  it('hold a file whose app etcd does not have, when the journal is lost', async () => {
    const signed = await running();
    signed.write({ 'web/ips': undefined, 'web/content': undefined, 'web/signature': undefined });
    await signed.world.restartAgent({ isJournalLost: true, order: ['Identity', 'Desired'] });
    signed.list();
    await signed.world.restartAgent({ order: ['Identity', 'Files', 'Processes'] });
    signed.list();
    await signed.world.settle();
    expect(signed.world.process('web')?.state).toBe('RUNNING');
    expect(signed.world.fileText('web')).toContain('/bin/one');
  });

  it('go on with a signed removal though its signature goes meanwhile', async () => {
    const signed = await running();
    signed.world.power(false);
    await signed.world.pass(100);
    signed.unpublish('web', 11, release);
    await signed.world.pass(500);
    signed.write({ 'web/signature': undefined });
    signed.write({ 'web/ips': v1.ips, 'web/content': v1.content });
    signed.list();
    await signed.world.pass(500);
    signed.world.power(true);
    await signed.world.settle();
    expectGone(signed);
  });

  it('let nothing older come back after the app is gone, nor after a restart', async () => {
    const signed = await running();
    const before = signed.snapshot('web');
    signed.unpublish('web', 11, release);
    await signed.world.settle();
    expectGone(signed);
    expect(signed.world.app('web')).toBeUndefined();
    await signed.world.restartAgent();
    signed.write(before);
    signed.list();
    await signed.world.settle();
    expect(signed.world.process('web')).toBeUndefined();
    expect(JSON.stringify(signed.world.app('web')?.desired)).toContain('E_SIGNATURE_ROLLBACK');
  });
});
