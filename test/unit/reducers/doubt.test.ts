/** Removals that must not be believed: they are held until somebody confirms, and defended. */
import { describe, expect, it } from 'vitest';
import type { Revision } from '../../../src/domain/types.ts';
import type { OtherEtcd } from '../../support/world/worldEtcd.ts';
import { createWorld, noSpace, type World, worldSettings } from '../../support/world/world.ts';

const content = 'command=/bin/ok\nstartsecs=0\n';
const here = { ips: '10.0.0.1', content };
const elsewhere = { ips: '10.0.0.9', content };

async function running(settings = worldSettings): Promise<World> {
  const world = createWorld(settings);
  for (const name of ['a', 'b']) world.put(name, '/bin/ok');
  await world.settle();
  return world;
}

function expectUntouched(world: World, ...names: readonly string[]): void {
  for (const name of names) {
    expect(world.process(name)?.state, name).toBe('RUNNING');
    expect(world.supervisor.starts.get(name), name).toBe(1);
    expect(world.fileText(name), name).toContain('/bin/ok');
  }
}

const doubtful: readonly (readonly [string, OtherEtcd])[] = [
  ['another cluster', { clusterId: '2', revision: 50, apps: { b: here } }],
  ['a lower revision', { revision: 3, apps: { b: here } }],
  ['an older revision of an app it has', { revision: 50, apps: { b: { ...here, revision: 4 } } }],
];

describe('a doubtful listing', () => {
  it.each(doubtful)('removes no app that it lacks: %s', async (_, other) => {
    const world = await running();
    world.replaceEtcd(other);
    await world.settle();
    expectUntouched(world, 'a', 'b');
    expect(world.loop.current().plan.held).toEqual([
      expect.objectContaining({ app: 'a', code: 'RemovalUnconfirmed' }),
    ]);
    world.confirm();
    await world.settle();
    expect(world.process('a')).toBeUndefined();
    expect(world.fileText('a')).toBeUndefined();
    expectUntouched(world, 'b');
  });

  it.each(doubtful)(
    'removes no app whose older placement names another host: %s',
    async (_, other) => {
      const world = await running();
      world.replaceEtcd({ ...other, apps: { ...other.apps, a: { ...elsewhere, revision: 3 } } });
      await world.settle();
      expectUntouched(world, 'a', 'b');
      expect(world.heldCodes()).toEqual(['RemovalUnconfirmed']);
      world.confirm();
      await world.settle();
      expect(world.process('a')).toBeUndefined();
    },
  );

  it('that is quite empty removes nothing, though the revision is higher', async () => {
    const world = await running();
    world.replaceEtcd({ revision: 90, elsewhere: 0 });
    await world.settle();
    expectUntouched(world, 'a', 'b');
    expect(world.heldCodes()).toEqual(['RemovalUnconfirmed', 'RemovalUnconfirmed']);
  });

  it('is none when it is etcd of other hosts only: what it lacks is gone', async () => {
    const world = await running();
    world.replaceEtcd({ revision: 90, elsewhere: 2 });
    await world.settle();
    expect(world.supervisor.list()).toEqual([]);
    expect(world.heldCodes()).toEqual([]);
  });

  it('is not lifted by another look at this host, nor by an agent that reads everything anew', async () => {
    const world = await running();
    const older = { ...elsewhere, revision: 3 };
    world.replaceEtcd({ clusterId: '2', revision: 50, apps: { b: here, a: older } });
    await world.settle();
    world.identify({ addresses: ['10.0.0.1', '10.0.0.2'] });
    await world.settle();
    await world.restartAgent();
    await world.settle();
    world.list();
    await world.settle();
    expectUntouched(world, 'a', 'b');
    expect(world.heldCodes()).toEqual(['RemovalUnconfirmed']);
  });

  it('is lifted by a placement that is newer than the one that was doubted', async () => {
    const world = await running();
    const older = { ...elsewhere, revision: 3 };
    world.replaceEtcd({ clusterId: '2', revision: 50, apps: { b: here, a: older } });
    await world.settle();
    world.put('a', '/bin/ok', { ips: '10.0.0.8' });
    await world.settle();
    expect(world.process('a')).toBeUndefined();
    expectUntouched(world, 'b');
  });

  it('is not lifted by time, by a second listing, or by another agent', async () => {
    const world = await running();
    world.replaceEtcd({ clusterId: '2', revision: 50, apps: { b: here } });
    await world.settle(20 * 60_000);
    world.list();
    await world.settle();
    await world.restartAgent();
    await world.settle();
    expectUntouched(world, 'a', 'b');
    expect(world.heldCodes()).toEqual(['RemovalUnconfirmed']);
  });

  it('is lifted for an app that comes back', async () => {
    const world = await running();
    world.replaceEtcd({ clusterId: '2', revision: 50, apps: { b: here } });
    await world.settle();
    world.put('a', '/bin/ok');
    await world.settle();
    expectUntouched(world, 'a', 'b');
    expect(world.heldCodes()).toEqual([]);
  });

  it('is not let through by allowRemovals, which is about how many, not about whether', async () => {
    const world = await running({ ...worldSettings, allowRemovals: true });
    world.replaceEtcd({ clusterId: '2', revision: 50, apps: {} });
    await world.settle();
    expectUntouched(world, 'a', 'b');
    expect(world.heldCodes()).toEqual(['RemovalUnconfirmed', 'RemovalUnconfirmed']);
  });
});

describe('a change', () => {
  it('that empties etcd at one stroke removes nothing until somebody confirms', async () => {
    const world = await running();
    const entries = [{ app: 'a' }, { app: 'b' }];
    const revision = '90' as Revision;
    world.dispatch({ type: 'DesiredChanged', revision, entries, isEmptied: true });
    await world.settle();
    expectUntouched(world, 'a', 'b');
    expect(world.heldCodes()).toEqual(['RemovalUnconfirmed', 'RemovalUnconfirmed']);
    world.confirm();
    await world.settle();
    expect(world.supervisor.list()).toEqual([]);
  });

  it('that is told after etcd was lost counts only once etcd is listed again', async () => {
    const world = await running();
    world.loseEtcd();
    world.put('c', '/bin/ok');
    world.remove('a');
    await world.settle();
    expectUntouched(world, 'a', 'b');
    expect(world.app('c')).toBeUndefined();
    world.list();
    await world.settle();
    expect(world.process('a')).toBeUndefined();
    expect(world.process('c')?.state).toBe('RUNNING');
  });

  it('that is told once more, or late, changes nothing', async () => {
    const world = await running();
    const { revision } = world.state().source;
    world.dispatch({ type: 'DesiredChanged', revision, entries: [{ app: 'a' }] });
    world.dispatch({ type: 'DesiredChanged', revision: '3' as Revision, entries: [{ app: 'b' }] });
    await world.settle();
    expectUntouched(world, 'a', 'b');
    expect(world.state().source.revision).toBe(revision);
  });
});

describe('an app held for doubt', () => {
  it('is put back though it never ran, with supervisord started anew without its file', async () => {
    const world = await running();
    world.put('c', '/bin/ok', { extra: 'autostart=false\n' });
    await world.settle();
    world.replaceEtcd({ clusterId: '2', revision: 50, apps: { a: here, b: here } });
    await world.settle();
    world.faults.write = noSpace;
    world.tamper('delete', 'c');
    world.power(false);
    world.power(true);
    await world.settle();
    world.faults.write = undefined;
    await world.settle();
    expect(world.fileText('c')).toContain('autostart=false');
    expect(world.supervisor.loaded.has('c')).toBe(true);
    expect(world.heldCodes()).toEqual(['RemovalUnconfirmed']);
  });

  async function doubted(): Promise<World> {
    const world = await running();
    world.replaceEtcd({ clusterId: '2', revision: 50, apps: { b: here } });
    await world.settle();
    return world;
  }

  it('is defended: its file is put back when somebody deletes it', async () => {
    const world = await doubted();
    world.tamper('delete', 'a');
    await world.settle();
    expectUntouched(world, 'a', 'b');
    expect(world.heldCodes()).toEqual(['RemovalUnconfirmed']);
  });

  it('is not forgotten when supervisord starts anew without its file', async () => {
    const world = await doubted();
    world.power(false);
    world.supervisor.files.delete('a');
    world.power(true);
    world.dispatch({
      type: 'ConfFilesChanged',
      changed: [],
      gone: ['/conf/a.supervene.conf'],
    });
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.fileText('a')).toContain('/bin/ok');
    expect(world.heldCodes()).toEqual(['RemovalUnconfirmed']);
  });

  it('is still held after supervisord started anew', async () => {
    const world = await doubted();
    world.power(false);
    await world.pass(1_000);
    world.power(true);
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.heldCodes()).toEqual(['RemovalUnconfirmed']);
  });
});

describe('a fresh journal', () => {
  it('removes nothing on the word of an empty etcd, whatever is seen first', async () => {
    for (const order of [
      ['Identity', 'Processes', 'Desired', 'Files'],
      ['Identity', 'Files', 'Processes', 'Desired'],
      ['Desired', 'Identity', 'Files', 'Processes'],
    ] as const) {
      const world = await running();
      world.replaceEtcd({ clusterId: '9', revision: 1, elsewhere: 0 });
      await world.restartAgent({ isJournalLost: true, order });
      await world.settle();
      expectUntouched(world, 'a', 'b');
    }
  });

  it('is not needed for it: nothing is removed when the agent is given another prefix', async () => {
    const world = await running();
    const settings = { ...worldSettings, prefix: '/elsewhere' };
    await world.restartAgent({ settings, order: ['Identity', 'Files', 'Processes'] });
    world.replaceEtcd({ revision: 50 });
    await world.settle();
    expectUntouched(world, 'a', 'b');
    expect(world.heldCodes()).toEqual(['RemovalUnconfirmed', 'RemovalUnconfirmed']);
  });
});
