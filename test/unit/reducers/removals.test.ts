/** How many removals within ten minutes need nobody's word, and what a removal waits for. */
import { describe, expect, it } from 'vitest';
import { removalLimit } from '../../../reducers/removals.ts';
import { createWorld, type World } from '../../support/world/world.ts';

const twenty = Array.from({ length: 20 }, (_, n) => `app${String(n).padStart(2, '0')}`);

async function running(): Promise<World> {
  const world = createWorld();
  for (const name of twenty) world.put(name, '/bin/ok');
  await world.settle();
  return world;
}

const left = (world: World): number => world.supervisor.loaded.size;

describe('removalLimit', () => {
  it('is three, or three of ten where that is more', () => {
    const owned = [0, 1, 3, 9, 10, 13, 14, 20, 100];
    expect(owned.map(removalLimit)).toEqual([3, 3, 3, 3, 3, 3, 4, 6, 30]);
  });
});

describe('the removals of a host of twenty', () => {
  it('may be six in one stroke', async () => {
    const world = await running();
    world.remove(...twenty.slice(0, 6));
    await world.settle();
    expect(left(world)).toBe(14);
    expect(world.heldCodes()).toEqual([]);
  });

  it('may not be seven, and stay held whatever happens, until somebody says so', async () => {
    const world = await running();
    world.remove(...twenty.slice(0, 7));
    await world.settle();
    expect(left(world)).toBe(20);
    expect(world.heldCodes()).toEqual(Array.from({ length: 7 }, () => 'MassRemoval'));
    for (const name of twenty.slice(6, 7)) world.put(name, '/bin/ok');
    await world.settle();
    await world.pass(11 * 60_000);
    world.list();
    await world.restartAgent({ order: ['Identity', 'Files', 'Processes', 'Desired'] });
    await world.settle();
    expect(left(world)).toBe(20);
    expect(world.heldCodes()).toEqual(Array.from({ length: 6 }, () => 'MassRemoval'));
    world.remove('app08');
    await world.settle();
    expect(left(world)).toBe(19);
    world.confirm();
    await world.settle();
    expect(left(world)).toBe(13);
    expect(world.heldCodes()).toEqual([]);
  });

  it('may be six in a row: those that went still count as apps of this host', async () => {
    const world = await running();
    for (const name of twenty.slice(0, 6)) {
      world.remove(name);
      await world.settle(5_000);
    }
    expect(left(world)).toBe(14);
    world.remove('app06');
    await world.settle();
    expect(left(world)).toBe(14);
    expect(world.heldCodes()).toEqual(['MassRemoval']);
  });

  it('that somebody has confirmed leave those free that need nobody', async () => {
    const world = await running();
    world.remove(...twenty.slice(0, 9));
    await world.settle();
    world.confirm();
    await world.settle();
    expect(left(world)).toBe(11);
    world.remove(...twenty.slice(9, 12));
    await world.settle();
    expect(left(world)).toBe(8);
    expect(world.heldCodes()).toEqual([]);
    world.remove('app12');
    await world.settle();
    expect(world.heldCodes()).toEqual(['MassRemoval']);
  });

  it('are not more because those let through are still there', async () => {
    const world = await running();
    world.faults.remove = { type: 'ReadOnly', detail: 'read-only' };
    world.remove(...twenty.slice(0, 6));
    await world.settle(5_000);
    world.remove('app06');
    await world.settle(5_000);
    world.faults.remove = undefined;
    await world.settle();
    expect(left(world)).toBe(14);
    expect(world.heldCodes()).toEqual(['MassRemoval']);
  });
});

describe('a removal', () => {
  it('waits for a supervisord that is away: its file stays until then', async () => {
    const world = await running();
    world.power(false);
    world.remove('app00');
    await world.settle(5_000);
    expect(world.fileText('app00')).toBeDefined();
    expect(world.loop.current().plan.held).toContainEqual(
      expect.objectContaining({ app: 'app00', code: 'SupervisorUnreachable' }),
    );
    world.power(true);
    await world.settle();
    expect(world.process('app00')).toBeUndefined();
    expect(world.fileText('app00')).toBeUndefined();
  });

  it('that fails is tried again ever more rarely, and done once it can be', async () => {
    const world = await running();
    world.faults.remove = { type: 'Blocked', detail: 'a directory' };
    world.remove('app00');
    const before = world.plans.length;
    await world.settle(60_000);
    expect(world.plans.length - before).toBeLessThan(20);
    expect(world.heldCodes()).toEqual(['Retrying']);
    world.faults.remove = undefined;
    await world.settle();
    expect(world.process('app00')).toBeUndefined();
  });

  it('that supervisorctl calls done and did not do is tried again ever more rarely', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok', { extra: 'autostart=false\n' });
    await world.settle();
    world.faults.idleUpdates.add('a');
    world.remove('a');
    const before = world.plans.length;
    await world.settle(60_000);
    expect(world.plans.length - before).toBeLessThan(40);
    expect(world.heldCodes()).toEqual(['Retrying']);
    world.faults.idleUpdates.clear();
    await world.settle();
    expect(world.supervisor.loaded.size).toBe(0);
    expect(world.app('a')).toBeUndefined();
  });

  it('by an agent without a memory takes the group out too, not only the file', async () => {
    const world = await running();
    world.faults.remove = { type: 'ReadOnly', detail: 'read-only' };
    world.remove('app00');
    await world.settle(1_000);
    // Its first plan removes the file, before it has asked supervisord for anything.
    world.faults.remove = undefined;
    await world.restartAgent({ isJournalLost: true });
    await world.settle();
    expect(world.fileText('app00')).toBeUndefined();
    expect(world.supervisor.loaded.has('app00')).toBe(false);
    expect(world.app('app00')).toBeUndefined();
  });

  it('that is taken back before it began is no removal', async () => {
    const world = await running();
    const pid = world.process('app00')?.pid;
    // Let through by the quiet window, but nothing can be begun…
    world.faults.journal = 'disk full';
    world.remove('app00');
    await world.pass(2_000);
    // … until it is published again, which waits for a window of its own.
    const before = world.plans.length;
    world.put('other', '/bin/ok');
    world.put('app00', '/bin/ok');
    world.faults.journal = undefined;
    world.retryJournal();
    await world.settle();
    const steps = world.plans.slice(before).flatMap((plan) => plan.steps);
    expect(steps.filter(({ type }) => type === 'RemoveFile')).toEqual([]);
    expect(world.process('app00')?.pid).toBe(pid);
  });

  it('leaves nothing behind: the same app published again at once runs', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok');
    await world.settle();
    const flushed = async (isOver: () => boolean): Promise<void> => {
      for (let turn = 0; !isOver() && turn < 200; turn++) await Promise.resolve();
      expect(isOver()).toBe(true);
    };
    world.remove('a');
    await flushed(() => world.app('a')?.work?.phase === 'Stopping');
    // Seen stopped, and never again until it is updated away.
    const [process] = world.supervisor.list();
    if (process === undefined) throw new Error('it ran');
    const modelled = world.supervisor.processes.get('a:a');
    if (modelled !== undefined) modelled.pid = 0;
    world.dispatch({
      type: 'ProcessesChanged',
      changed: [{ ...process, state: 'STOPPED', pid: 0 }],
      gone: [],
    });
    await flushed(() => world.app('a') === undefined);
    world.list();
    world.put('a', '/bin/ok');
    await world.settle();
    expect(world.heldCodes()).toEqual([]);
    expect(world.process('a')?.state).toBe('RUNNING');
  });

  it('stops what runs first, and is updated away only when supervisord sees the file gone', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok stop-3000');
    await world.settle();
    world.remove('a');
    await world.pass(1_000);
    expect(world.process('a')?.state).toBe('STOPPING');
    const updates = (): number =>
      world.plans.flatMap(({ steps }) => steps).filter(({ type }) => type === 'UpdateGroups')
        .length;
    expect(updates()).toBe(1);
    await world.settle();
    expect(updates()).toBe(2);
    expect(world.process('a')).toBeUndefined();
    expect(world.app('a')).toBeUndefined();
  });
});
