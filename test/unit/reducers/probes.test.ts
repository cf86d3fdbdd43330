/** What only the host knows is asked before a file is written; a no harms that app only. */
import { describe, expect, it } from 'vitest';
import { createWorld, type World } from '../../support/world/world.ts';

const extra = 'user=app\n';

const probesOf = (world: World): number =>
  world.plans.flatMap(({ steps }) => steps).filter(({ type }) => type === 'ProbeHost').length;

async function ran(): Promise<World> {
  const world = createWorld();
  world.put('a', '/bin/ok 1');
  await world.settle();
  return world;
}

/** Its second version asks for a user that the host does not have. */
async function refused(): Promise<World> {
  const world = await ran();
  world.faults.refusedByHost.add('a');
  world.put('a', '/bin/ok 2', { extra });
  await world.pass(500);
  return world;
}

function expectUntouched(world: World): void {
  expect(world.fileText('a')).toContain('/bin/ok 1');
  expect(world.process('a')?.state).toBe('RUNNING');
  expect(world.supervisor.starts.get('a')).toBe(1);
}

describe('content that asks something of the host', () => {
  it('is written once the host has said yes, and is asked about once', async () => {
    const world = await ran();
    expect(probesOf(world)).toBe(0);
    world.put('a', '/bin/ok 2', { extra });
    await world.settle();
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 2');
    expect(probesOf(world)).toBe(1);
    world.tamper('delete', 'a');
    await world.settle();
    expect(probesOf(world)).toBe(1);
  });

  it('is quarantined before anything is written when the host says no', async () => {
    const world = await refused();
    await world.settle();
    expectUntouched(world);
    expect(world.heldCodes()).toEqual(['Quarantined']);
    expect(world.app('a')?.quarantines).toEqual([
      expect.objectContaining({ by: 'Host', code: 'E_NO_SUCH_USER', reason: 'no user. Add it.' }),
    ]);
  });

  it('is asked about ever more rarely, up to every 30 s, and never given up', async () => {
    const world = await refused();
    const sinceMs = world.app('a')?.quarantines[0]?.sinceMs;
    const within = async (ms: number): Promise<number> => {
      const before = probesOf(world);
      await world.pass(ms);
      return probesOf(world) - before;
    };
    expect(await within(10_000)).toBe(3);
    await world.pass(120_000);
    expect(await within(300_000)).toBe(10);
    expect(world.app('a')?.quarantines[0]?.sinceMs).toBe(sinceMs);
    world.faults.refusedByHost.clear();
    await world.pass(31_000);
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 2');
    expect(world.heldCodes()).toEqual([]);
  });

  it('is asked about at once when a person asks for another try', async () => {
    const world = await refused();
    await world.settle(120_000);
    world.faults.refusedByHost.clear();
    world.retry('a');
    await world.pass(500);
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 2');
  });

  it('is not written on the word of nobody, and is as soon as somebody can be asked', async () => {
    const world = await ran();
    world.faults.unansweredByHost.add('a');
    world.put('a', '/bin/ok 2', { extra });
    const before = world.plans.length;
    await world.settle(30_000);
    expectUntouched(world);
    expect(world.heldCodes()).toEqual(['Retrying']);
    expect(world.plans.length - before).toBeLessThan(35);
    world.faults.unansweredByHost.clear();
    await world.pass(2_500);
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 2');
  });

  it('stays refused when nobody can be asked any more', async () => {
    const world = await refused();
    world.faults.unansweredByHost.add('a');
    await world.settle();
    expectUntouched(world);
    expect(world.heldCodes()).toEqual(['Quarantined']);
  });

  it('is not asked about while supervisord is away', async () => {
    const world = await refused();
    world.power(false);
    const before = probesOf(world);
    await world.settle(120_000);
    expect(probesOf(world)).toBe(before);
  });
});
