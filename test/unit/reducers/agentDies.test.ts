/** An agent that dies within a plan, at whatever step: the next one finishes what was begun. */
import { describe, expect, it } from 'vitest';
import { createWorld, type World, worldSettings } from '../../support/world/world.ts';

/** The agent dies after so many steps of the n-th plan from now; another one starts. */
async function dieIn(world: World, plan: number, after: number): Promise<void> {
  const from = world.plans.length;
  for (let turn = 0; turn < 200 && world.plans.length < from + plan; turn++) await world.pass(5);
  world.faults.diesAfter = after;
  for (let turn = 0; turn < 20 && world.plans.length === from + plan; turn++) await world.pass(5);
  world.faults.diesAfter = undefined;
  await world.restartAgent();
}

const places = [0, 1, 2, 3, 4].flatMap((plan) => [0, 1, 2].map((after) => ({ plan, after })));
const operatorStops = ['hold', 'ignore'] as const;

describe.each(operatorStops)('an agent that dies (operatorStops %s)', (how) => {
  const settings = { ...worldSettings, operatorStops: how };

  it.each(places)('while it changes an app, in plan $plan after step $after', async (place) => {
    const world = createWorld(settings);
    for (const name of ['a', 'b']) world.put(name, '/bin/ok stop-40 1');
    await world.settle();
    world.put('a', '/bin/ok 2');
    await dieIn(world, place.plan, place.after);
    await world.settle();
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 2');
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.supervisor.starts.get('a')).toBe(2);
    expect(world.supervisor.starts.get('b')).toBe(1);
    expect(world.heldCodes()).toEqual([]);
    expect(world.app('a')).toMatchObject({ work: undefined, trial: undefined, attempt: undefined });
  });

  it.each(places)('while it removes an app, in plan $plan after step $after', async (place) => {
    const world = createWorld(settings);
    for (const name of ['a', 'b']) world.put(name, '/bin/ok stop-40 1');
    await world.settle();
    world.remove('a');
    await dieIn(world, place.plan, place.after);
    await world.settle();
    expect(world.supervisor.list().map(({ id, state }) => `${id} ${state}`)).toEqual([
      'b:b RUNNING',
    ]);
    expect(world.app('a')).toBeUndefined();
  });
});

describe('a new agent', () => {
  it('tries at once what the old one waited to try again', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1');
    await world.settle();
    world.faults.updates.add('a');
    world.put('a', '/bin/ok 2');
    await world.settle(90_000);
    expect(world.app('a')?.attempt?.nextMs).toBeGreaterThan(world.nowMs() + 2_000);
    world.faults.updates.clear();
    await world.restartAgent();
    await world.pass(1_000);
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 2');
  });

  it('sees that a file is gone which was there when the old one died', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1');
    await world.settle();
    world.supervisor.files.delete('a');
    await world.restartAgent();
    await world.pass(1_000);
    expect(world.fileText('a')).toContain('/bin/ok 1');
  });

  it('does not take the reread of another life for its own', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1');
    await world.settle();
    const file = world.supervisor.files.get('a') ?? '';
    world.supervisor.loaded.delete('a');
    world.supervisor.processes.delete('a:a');
    expect(file).toContain('/bin/ok 1');
    await world.restartAgent();
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
  });
});

describe('what was loaded and is no more', () => {
  const without = (world: World, name: string): void => {
    world.supervisor.loaded.delete(name);
    for (const { id, group } of world.supervisor.list()) {
      if (group === name) world.supervisor.processes.delete(id);
    }
  };

  it('is loaded again soon when somebody removed its group', async () => {
    const world = createWorld();
    for (const name of ['a', 'b']) world.put(name, '/bin/ok');
    await world.settle(10_000);
    without(world, 'a');
    await world.pass(5_000);
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.supervisor.starts.get('b')).toBe(1);
  });

  it('is loaded again soon by another supervisord that was never seen to be away', async () => {
    const world = createWorld();
    for (const name of ['a', 'b']) world.put(name, '/bin/ok');
    await world.settle(10_000);
    world.supervisor.restart();
    without(world, 'a');
    world.dispatch({
      type: 'ProcessesListed',
      instance: String(world.supervisor.instance),
      supervisorVersion: '4.2.5',
      processes: world.supervisor.list(),
    });
    await world.pass(3_000);
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.process('b')?.state).toBe('RUNNING');
  });
});
