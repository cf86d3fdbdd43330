/** Removals while etcd is stale, beyond the mass guard, and on a host that is not what it was. */
import { describe, expect, it } from 'vitest';
import type { Revision } from '../../../src/domain/types.ts';
import { createWorld, type World, worldSettings } from '../../support/world/world.ts';

const many = ['a', 'b', 'c', 'd', 'e'];

async function running(names: readonly string[], settings = worldSettings): Promise<World> {
  const world = createWorld(settings);
  for (const name of names) world.put(name, '/bin/ok');
  await world.settle();
  return world;
}

describe('a removal while etcd is stale', () => {
  it('is held until etcd is back, though it was let through before', async () => {
    const world = await running(['a']);
    world.faults.remove = { type: 'ReadOnly', detail: 'read-only' };
    world.remove('a');
    await world.pass(1_000);
    expect(world.app('a')?.isRemovalApproved).toBe(true);
    world.loseEtcd();
    world.faults.remove = undefined;
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.fileText('a')).toBeDefined();
    expect(world.heldCodes()).toEqual(['EtcdStale', 'EtcdStale']);
    world.list();
    await world.settle();
    expect(world.process('a')).toBeUndefined();
  });

  it('is not made by an agent that has not reached etcd since it started', async () => {
    const world = await running(['a']);
    world.faults.remove = { type: 'ReadOnly', detail: 'read-only' };
    world.remove('a');
    await world.pass(1_000);
    world.faults.remove = undefined;
    await world.restartAgent({ order: ['Identity', 'Files', 'Processes'] });
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.fileText('a')).toBeDefined();
  });
});

describe('the mass-removal guard', () => {
  it('lets three go at once, and holds the fourth within ten minutes', async () => {
    const world = await running(many);
    world.remove('a', 'b', 'c');
    await world.settle();
    expect(world.supervisor.list().map(({ group }) => group)).toEqual(['d', 'e']);
    world.remove('d');
    await world.settle();
    expect(world.heldCodes()).toEqual(['MassRemoval']);
    expect(world.process('d')?.state).toBe('RUNNING');
  });

  it('lets the next one go when the first are ten minutes old', async () => {
    const world = await running(many);
    world.remove('a', 'b', 'c');
    await world.settle(11 * 60_000);
    world.remove('d');
    await world.settle();
    expect(world.process('d')).toBeUndefined();
  });

  it('does not remember that it let an app go which has come back since', async () => {
    const world = await running(many);
    world.faults.remove = { type: 'ReadOnly', detail: 'read-only' };
    world.remove('a');
    await world.settle();
    expect(world.app('a')?.isRemovalApproved).toBe(true);
    world.put('a', '/bin/ok');
    await world.settle();
    world.faults.remove = undefined;
    const apps = Object.fromEntries(
      many.slice(1).map((name) => [name, { ips: '10.0.0.1', content: 'command=/bin/ok' }]),
    );
    world.replaceEtcd({ clusterId: '2', revision: 90, apps });
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.heldCodes()).toEqual(['RemovalUnconfirmed']);
  });

  it('is off with allowRemovals', async () => {
    const world = await running(many, { ...worldSettings, allowRemovals: true });
    world.remove(...many);
    await world.settle();
    expect(world.supervisor.list()).toEqual([]);
  });
});

describe('half of a pair', () => {
  it('is reported after 2 s, however often etcd is listed or the half is written again', async () => {
    const world = createWorld();
    world.putRaw('a', { ips: '10.0.0.1' });
    await world.pass(1_500);
    expect(world.heldCodes()).toEqual([]);
    world.list();
    world.putRaw('a', { ips: '10.0.0.1,10.0.0.2' });
    world.identify({ addresses: ['10.0.0.1', '10.0.0.3'] });
    await world.pass(600);
    expect(world.heldCodes()).toEqual(['Pending']);
  });

  it('that nobody has read yet is not refused: what runs goes on', async () => {
    const world = await running(['a']);
    const modRevision = '90' as Revision;
    const ips = { modRevision, value: { type: 'Text', text: '10.0.0.1,10.0.0.2' } } as const;
    const content = { modRevision, value: { type: 'Elsewhere' } } as const;
    const entries = [{ app: 'a', ips, content }];
    world.dispatch({ type: 'DesiredChanged', revision: modRevision, entries });
    await world.settle();
    expect(world.app('a')?.released.type).toBe('Unknown');
    expect(world.heldCodes()).toEqual([]);
    expect(world.process('a')?.state).toBe('RUNNING');
  });
});

describe('nothing is written', () => {
  const writesOf = (world: World): number =>
    world.plans.flatMap(({ steps }) => steps).filter(({ type }) => type === 'WriteFile').length;

  it.each([
    { unseen: 'its files', order: ['Identity', 'Processes', 'Desired'] },
    { unseen: 'its processes', order: ['Identity', 'Files', 'Desired'] },
  ] as const)('on a host that has not been asked for $unseen', async ({ order }) => {
    const world = createWorld();
    await world.restartAgent({ isJournalLost: true, order: order.slice(0, 2) });
    world.list();
    world.put('a', '/bin/ok');
    await world.settle();
    expect(writesOf(world)).toBe(0);
    expect(world.heldCodes()).toContain('NotYetObserved');
    await world.restartAgent();
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
  });

  it('to a directory that cannot be read, until it can', async () => {
    const world = await running(['a']);
    const before = writesOf(world);
    world.dispatch({ type: 'ConfDirLost', detail: 'gone' });
    world.put('b', '/bin/ok');
    await world.settle();
    expect(writesOf(world)).toBe(before);
    expect(world.loop.current().plan.held).toContainEqual(
      expect.objectContaining({ app: 'b', code: 'ConfDirUnusable', reason: 'gone' }),
    );
    await world.restartAgent();
    await world.settle();
    expect(world.process('b')?.state).toBe('RUNNING');
  });
});

describe('a host that loses what an app is placed by', () => {
  it('holds the app when it is an address', async () => {
    const world = await running(['a']);
    world.identify({ addresses: ['10.0.0.2'] });
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.heldCodes()).toEqual(['IdentityLost']);
    world.identify({ addresses: ['10.0.0.1', '10.0.0.2'] });
    await world.settle();
    expect(world.heldCodes()).toEqual([]);
    expect(world.supervisor.starts.get('a')).toBe(1);
  });

  it('holds the app when it is a host name', async () => {
    const world = createWorld();
    world.identify({ hostNames: ['db7', 'web1'] });
    world.put('a', '/bin/ok', { ips: 'db7' });
    await world.settle();
    world.identify({ hostNames: ['localhost', 'web1'] });
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.heldCodes()).toEqual(['IdentityLost']);
    world.confirm();
    await world.settle();
    expect(world.process('a')).toBeUndefined();
  });

  it('lets the app go once somebody confirms', async () => {
    const world = await running(['a']);
    world.identify({ addresses: ['10.0.0.2'] });
    await world.settle();
    world.confirm();
    await world.settle();
    expect(world.process('a')).toBeUndefined();
  });

  it('removes the app whose placement then names another address', async () => {
    const world = await running(['a']);
    world.identify({ addresses: ['10.0.0.2'] });
    await world.settle();
    world.put('a', '/bin/ok', { ips: '10.0.0.9' });
    await world.settle();
    expect(world.process('a')).toBeUndefined();
  });

  it('still knows of it after looking at itself again', async () => {
    const world = createWorld();
    world.identify({ hostNames: ['db7', 'web1'], addresses: ['10.0.0.1', '10.0.0.3'] });
    world.put('a', '/bin/ok', { ips: 'db7' });
    world.put('b', '/bin/ok', { ips: '10.0.0.3' });
    await world.settle();
    world.identify({ hostNames: ['web1'], addresses: ['10.0.0.1'] });
    world.identify({ addresses: ['10.0.0.1', '10.0.0.4'] });
    world.identify({ addresses: ['10.0.0.1'] });
    await world.restartAgent();
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.process('b')?.state).toBe('RUNNING');
    expect(world.heldCodes()).toEqual(['IdentityLost', 'IdentityLost']);
  });

  it('remembers no more addresses than apps are placed by', async () => {
    const world = await running(['a']);
    for (let n = 0; n < 500; n++) {
      world.identify({ addresses: ['10.0.0.1', `fe80::${n.toString(16)}`] });
    }
    expect(world.state().identity.lostAddresses.length).toBeLessThan(10);
  });
});
