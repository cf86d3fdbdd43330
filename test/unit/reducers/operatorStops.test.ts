/** What an operator stopped stays stopped, by default; what he starts runs again. */
import { describe, expect, it } from 'vitest';
import {
  createWorld,
  type FirstLook,
  noSpace,
  type World,
  worldSettings,
} from '../../support/world/world.ts';

const two = 'numprocs=2\nprocess_name=%(program_name)s_%(process_num)d\n';
const states = (world: World): readonly string[] =>
  world.supervisor.list().map(({ id, state }) => `${id} ${state}`);

async function stopped(settings = worldSettings): Promise<World> {
  const world = createWorld(settings);
  world.put('a', '/bin/ok 1');
  await world.settle();
  world.operator('stop', 'a');
  await world.settle();
  return world;
}

describe('operatorStops', () => {
  it('hold: stays stopped through everything', async () => {
    const world = await stopped();
    world.power(false);
    world.power(true);
    await world.settle();
    world.put('a', '/bin/ok 2');
    await world.settle();
    await world.restartAgent();
    await world.settle(120_000);
    expect(states(world)).toEqual(['a:a STOPPED']);
    expect(world.supervisor.starts.get('a')).toBe(1);
    expect(world.heldCodes()).toEqual(['OperatorStop']);
  });

  it('ignore: nobody starts it, and new content does', async () => {
    const world = await stopped({ ...worldSettings, operatorStops: 'ignore' });
    expect(states(world)).toEqual(['a:a STOPPED']);
    expect(world.heldCodes()).toEqual([]);
    expect(world.fileText('a')).not.toContain('autostart=false');
    world.put('a', '/bin/ok 2');
    await world.settle();
    expect(states(world)).toEqual(['a:a RUNNING']);
  });

  it('restart: it is started again', async () => {
    const world = await stopped({ ...worldSettings, operatorStops: 'restart' });
    expect(states(world)).toEqual(['a:a RUNNING']);
    expect(world.supervisor.starts.get('a')).toBe(2);
    expect(world.heldCodes()).toEqual([]);
  });

  it.each(['ignore', 'restart'] as const)(
    'lets what was held go when it becomes %s',
    async (operatorStops) => {
      const world = await stopped();
      await world.restartAgent({ settings: { ...worldSettings, operatorStops } });
      await world.settle();
      expect(world.app('a')?.hold).toBeUndefined();
      expect(world.fileText('a')).not.toContain('autostart=false');
    },
  );
});

describe('an operator stop', () => {
  it.each([{ seen: 'only when everything was started', isSeenLate: true }])(
    'survives a supervisord that restarts before the file could say so, seen $seen',
    async ({ isSeenLate }) => {
      const world = createWorld();
      world.put('a', '/bin/ok 1');
      await world.settle();
      world.faults.write = noSpace;
      world.operator('stop', 'a');
      await world.settle();
      expect(world.fileText('a')).not.toContain('autostart=false');
      world.power(false);
      await world.pass(500);
      world.power(true, isSeenLate);
      await world.settle();
      expect(world.app('a')?.hold?.isWhole).toBe(true);
      expect(states(world)).toEqual(['a:a STOPPED']);
      world.faults.write = undefined;
      await world.settle();
      expect(world.fileText('a')).toContain('autostart=false');
      expect(states(world)).toEqual(['a:a STOPPED']);
    },
  );

  it('is found by an agent without memory, in whatever order it sees things first', async () => {
    for (const order of permutations(['Identity', 'Files', 'Processes', 'Desired'])) {
      const world = await stopped();
      world.power(false);
      world.power(true);
      await world.restartAgent({ isJournalLost: true, order });
      await world.settle();
      const said = order.join();
      expect(world.app('a')?.hold?.isWhole, said).toBe(true);
      expect(states(world), said).toEqual(['a:a STOPPED']);
      world.put('a', '/bin/ok 2');
      await world.settle();
      expect(states(world), said).toEqual(['a:a STOPPED']);
      expect(world.fileText('a'), said).toContain('/bin/ok 2');
    }
  });

  it('of one process of several holds that one only', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1', { extra: two });
    await world.settle();
    expect(states(world)).toEqual(['a:a_0 RUNNING', 'a:a_1 RUNNING']);
    world.operator('stop', 'a:a_0');
    await world.settle();
    expect(world.app('a')?.hold).toMatchObject({ processes: ['a:a_0'], isWhole: false });
    world.put('a', '/bin/ok 2', { extra: two });
    await world.settle();
    expect(states(world)).toEqual(['a:a_0 STOPPED', 'a:a_1 RUNNING']);
    expect(world.supervisor.startsById.get('a:a_0')).toBe(1);
    world.operator('start', 'a:a_0');
    await world.settle();
    expect(world.app('a')?.hold).toBeUndefined();
    expect(world.supervisor.startsById.get('a:a_1')).toBe(2);
  });

  it('is not what stopping for an update is', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok stop-8000 1');
    await world.settle();
    world.put('a', '/bin/ok 2');
    await world.pass(4_000);
    expect(world.process('a')?.state).toBe('STOPPING');
    await world.settle();
    expect(states(world)).toEqual(['a:a RUNNING']);
    expect(world.heldCodes()).toEqual([]);
  });

  it('is not assumed of an app that never ran: autostart that becomes true starts it', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok', { extra: 'autostart=false\n' });
    await world.settle();
    expect(states(world)).toEqual(['a:a STOPPED']);
    expect(world.heldCodes()).toEqual([]);
    world.put('a', '/bin/ok');
    await world.settle();
    expect(states(world)).toEqual(['a:a RUNNING']);
  });
});

describe('a start of ours', () => {
  it('leaves no work open when RUNNING is seen before the call is known to be done', async () => {
    const world = createWorld({ ...worldSettings, operatorStops: 'restart' });
    world.faults.isSeenFirst = true;
    world.put('a', '/bin/ok 1');
    await world.settle(30_000);
    world.operator('stop', 'a');
    // Long before the next reread, which would close it too.
    await world.pass(5_000);
    expect(world.supervisor.starts.get('a')).toBe(2);
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.app('a')?.work).toBeUndefined();
    await world.restartAgent({ settings: worldSettings });
    await world.settle();
    world.operator('stop', 'a');
    await world.settle();
    expect(states(world)).toEqual(['a:a STOPPED']);
    expect(world.heldCodes()).toEqual(['OperatorStop']);
  });
});

function permutations(items: readonly FirstLook[]): readonly (readonly FirstLook[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}
