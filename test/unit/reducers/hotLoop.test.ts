/** Whatever fails, the agent waits between tries: 0.2 s doubling, with jitter, never giving up. */
import { describe, expect, it } from 'vitest';
import { afterFailure } from '../../../reducers/backoff.ts';
import type { Attempt } from '../../../reducers/appState.ts';
import { createWorld, noSpace, type World, worldSettings } from '../../support/world/world.ts';

const isPoison = (file: string): boolean => file.includes('poison');
const names = ['a', 'b', 'c'];

async function plansWithin(world: World, ms: number): Promise<number> {
  const before = world.plans.length;
  await world.pass(ms);
  return world.plans.length - before;
}

describe('a failure', () => {
  const waits = (salt: string, capMs?: number): readonly number[] => {
    const delays: number[] = [];
    let attempt: Attempt | undefined;
    for (let count = 0; count < 12; count++) {
      attempt = afterFailure(attempt, 1_000, 'no', salt, capMs);
      delays.push(attempt.nextMs - 1_000);
    }
    return delays;
  };

  it('is tried again after 0.2 s, doubling to 30 s, within a fifth of it', () => {
    const plain = [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000];
    for (const salt of ['web1/a', 'web1/b', 'web2/a']) {
      for (const [index, delay] of waits(salt).entries()) {
        const wanted = plain[index] ?? 30_000;
        expect(delay).toBeGreaterThanOrEqual(wanted * 0.8 - 1);
        expect(delay).toBeLessThanOrEqual(Math.min(30_000, wanted * 1.2 + 1));
      }
    }
  });

  it('is tried again at another time on another host and for another app, the same each replay', () => {
    const all = ['web1/a', 'web1/b', 'web2/a', 'web2/b'].map((salt) => waits(salt).slice(0, 6));
    expect(new Set(all.map((delays) => delays.join())).size).toBe(all.length);
    expect(waits('web1/a')).toEqual(waits('web1/a'));
  });

  it('of a foreign file is over as soon as something of theirs changes', async () => {
    const world = createWorld();
    world.faults.foreign = { file: '/etc/supervisor/conf.d/other.conf', detail: 'bad' };
    world.put('a', '/bin/ok');
    await world.settle();
    const { nextMs = 0 } = world.state().supervisor.attempt ?? {};
    await world.pass(Math.max(0, nextMs - world.nowMs()) + 100);
    world.faults.foreign = undefined;
    expect(world.state().supervisor.attempt?.nextMs).toBeGreaterThan(world.nowMs() + 500);
    world.foreign('/etc/supervisor/conf.d/other.conf', 'program:theirs');
    await world.pass(100);
    expect(world.heldCodes()).toEqual([]);
    expect(world.process('a')?.state).toBe('RUNNING');
  });

  it('of a disk waits 1.5 s at most, since a disk heals at once', () => {
    expect(Math.max(...waits('web1/a', 1_500))).toBe(1_500);
  });
});

describe('the wait after a failure', () => {
  it('is over as soon as there is new content, which may be what mends it', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1');
    await world.settle();
    world.faults.updates.add('a');
    world.put('a', '/bin/ok 2');
    await world.settle(90_000);
    const attempt = world.app('a')?.attempt;
    expect(attempt?.nextMs).toBeGreaterThan(world.nowMs() + 2_000);
    world.faults.updates.clear();
    world.put('a', '/bin/ok 3');
    await world.pass(1_000);
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 3');
    expect(world.process('a')?.state).toBe('RUNNING');
  });
});

describe('a person asking for another try', () => {
  it('is not told to wait', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1');
    await world.settle();
    world.faults.updates.add('a');
    world.put('a', '/bin/ok 2');
    await world.settle(90_000);
    expect(world.app('a')?.attempt?.nextMs).toBeGreaterThan(world.nowMs() + 2_000);
    world.faults.updates.clear();
    world.retry('a');
    await world.pass(1_000);
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 2');
  });
});

describe('the number of plans', () => {
  it('stays small while every write fails, and the disk is used as soon as it has room', async () => {
    const world = createWorld();
    world.faults.write = noSpace;
    for (const name of names) world.put(name, '/bin/ok');
    expect(await plansWithin(world, 10_000)).toBeLessThan(50);
    expect(world.heldCodes()).toEqual(names.map(() => 'Retrying'));
    world.faults.write = undefined;
    await world.pass(2_500);
    for (const name of names) expect(world.process(name)?.state).toBe('RUNNING');
  });

  it('grows by a few in the first second of a failure, and ever slower', async () => {
    const world = createWorld();
    world.faults.updates.add('a');
    world.put('a', '/bin/ok');
    const writes = (): number =>
      world.plans.flatMap(({ steps }) => steps).filter(({ type }) => type === 'UpdateGroups')
        .length;
    await world.pass(1_000);
    expect(writes()).toBeGreaterThanOrEqual(2);
    await world.pass(59_000);
    expect(writes()).toBeLessThanOrEqual(9);
    expect(writes()).toBeGreaterThanOrEqual(7);
    await world.pass(100_000);
    // Never giving up: one each half minute.
    expect(writes()).toBeGreaterThanOrEqual(10);
  });

  it('stays small while a poisoned file cannot be taken back', async () => {
    const world = createWorld(worldSettings, isPoison);
    world.faults.remove = { type: 'ReadOnly', detail: 'read-only file system' };
    world.put('a', '/bin/poison');
    expect(await plansWithin(world, 10_000)).toBeLessThan(50);
    world.faults.remove = undefined;
    await world.settle();
    expect(world.fileText('a')).toBeUndefined();
    expect(world.app('a')?.quarantines.map(({ by }) => by)).toEqual(['Reread']);
  });

  it.each(['File', 'Program', 'Nothing'] as const)(
    'stays small while what ran cannot be put back in place of poison (refusal names: %s)',
    async (named) => {
      const world = createWorld(worldSettings, isPoison);
      world.faults.names = named;
      world.put('a', '/bin/ok');
      await world.settle();
      world.put('a', '/bin/poison');
      // The first write of it is the last one that there is room for.
      for (let turn = 0; turn < 1_000; turn++) {
        if (world.fileText('a')?.includes('poison') === true) break;
        await Promise.resolve();
      }
      world.faults.write = noSpace;
      expect(await plansWithin(world, 10_000)).toBeLessThan(50);
      expect(world.fileText('a')).toContain('poison');
      world.faults.write = undefined;
      await world.settle();
      expect(world.fileText('a')).toContain('/bin/ok');
      expect(world.process('a')?.state).toBe('RUNNING');
    },
  );

  it('stays small while stops fail, and while an update says it is done and is not', async () => {
    const world = createWorld();
    for (const name of names) world.put(name, '/bin/ok 1');
    await world.settle();
    world.faults.stops.add('a');
    world.faults.idleUpdates.add('b');
    for (const name of names) world.put(name, '/bin/ok 2');
    expect(await plansWithin(world, 10_000)).toBeLessThan(80);
    expect(world.supervisor.loaded.get('c')?.command).toBe('/bin/ok 2');
    world.faults.stops.clear();
    world.faults.idleUpdates.clear();
    await world.settle();
    for (const name of names) {
      expect(world.supervisor.loaded.get(name)?.command).toBe('/bin/ok 2');
    }
  });

  it.each(['rpc', 'supervisorctl'] as const)(
    'falls while an update is said to be done and never is: %s',
    async (driver) => {
      const world = createWorld({ ...worldSettings, driver });
      world.put('a', '/bin/ok 1');
      await world.settle();
      world.faults.idleUpdates.add('a');
      world.put('a', '/bin/ok 2');
      expect(await plansWithin(world, 10_000)).toBeLessThan(20);
      expect(await plansWithin(world, 50_000)).toBeLessThan(15);
      expect(await plansWithin(world, 60_000)).toBeLessThan(12);
      expect(world.app('a')?.attempt?.count).toBeGreaterThan(7);
      expect(world.app('a')?.attempt?.detail).toBe('supervisord has not taken over its file');
    },
  );

  it('stays small while a start is owed and its newer file cannot be written', async () => {
    const world = createWorld({ ...worldSettings, operatorStops: 'restart' });
    world.put('a', '/bin/ok 1');
    await world.settle();
    world.faults.starts.add('a');
    world.operator('stop', 'a');
    await world.pass(3_000);
    expect(world.app('a')?.work).toBeDefined();
    world.faults.write = noSpace;
    world.put('a', '/bin/ok 2');
    expect(await plansWithin(world, 10_000)).toBeLessThan(25);
  });

  it.each([
    { when: 'once it was accepted', isAccepted: true },
    { when: 'before it was ever accepted', isAccepted: false },
  ])('stays small while somebody edits a file back each time, $when', async ({ isAccepted }) => {
    const world = createWorld();
    if (!isAccepted) world.supervisor.isUp = false;
    world.put('a', '/bin/ok');
    await world.pass(isAccepted ? 20_000 : 100);
    expect(world.app('a')?.acceptedSha256 !== undefined).toBe(isAccepted);
    const before = world.plans.length;
    for (let turn = 0; turn < 500; turn++) {
      world.tamper('edit', 'a');
      await world.pass(20);
    }
    const steps = world.plans.slice(before).flatMap((plan) => plan.steps);
    const writes = steps.filter(({ type }) => type === 'WriteFile').length;
    expect(writes).toBeGreaterThan(4);
    expect(writes).toBeLessThan(20);
  });

  it('stays small while rereads fail and supervisord is not known to be lost', async () => {
    const world = createWorld();
    for (const name of names) world.put(name, '/bin/ok');
    await world.settle();
    world.supervisor.isUp = false;
    world.tamper('edit', 'a');
    expect(await plansWithin(world, 10_000)).toBeLessThan(20);
  });

  it('stays small while starts fail', async () => {
    const world = createWorld();
    world.faults.starts.add('a');
    world.put('a', '/bin/fatal', { extra: 'autostart=false\n' });
    await world.settle();
    world.operator('start', 'a');
    await world.pass(5_000);
    world.retry('a');
    expect(await plansWithin(world, 10_000)).toBeLessThan(50);
  });

  it('stays small while a foreign file keeps supervisord from rereading', async () => {
    const world = createWorld();
    world.faults.foreign = { file: '/etc/supervisor/conf.d/other.conf', detail: 'bad' };
    world.put('a', '/bin/ok');
    expect(await plansWithin(world, 10_000)).toBeLessThan(50);
    expect(world.heldCodes()).toContain('ForeignConfBroken');
  });

  it('stays small while somebody changes a file of theirs all the time', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok');
    await world.settle();
    const before = world.plans.length;
    for (let turn = 0; turn < 500; turn++) {
      world.foreign('/etc/supervisor/conf.d/other.conf', `program:x${String(turn % 7)}`);
      await world.pass(20);
    }
    expect(world.plans.length - before).toBeLessThan(15);
  });

  it('is none on a host where nothing happens', async () => {
    const world = createWorld();
    for (const name of names) world.put(name, '/bin/ok');
    await world.settle(20_000);
    expect(await plansWithin(world, 10_000)).toBe(0);
  });
});
