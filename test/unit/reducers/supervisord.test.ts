/** What supervisord makes of its files, and how it is spoken to. */
import { describe, expect, it } from 'vitest';
import { planOf } from '../../../reducers/planOf.ts';
import { reduce } from '../../../reducers/reduce.ts';
import type { Event } from '../../../src/domain/event.ts';
import { createWorld, type World, worldSettings } from '../../support/world/world.ts';

const isPoison = (file: string): boolean => file.includes('poison');
const updatesOf = (world: World, from = 0): readonly (readonly string[])[] =>
  world.plans
    .slice(from)
    .flatMap(({ steps }) => steps)
    .flatMap((step) => (step.type === 'UpdateGroups' ? [step.groups.map(({ app }) => app)] : []));

async function running(settings = worldSettings, command = '/bin/ok 1'): Promise<World> {
  const world = createWorld(settings, isPoison);
  for (const name of ['a', 'b', 'c']) world.put(name, command);
  await world.settle();
  return world;
}

describe('a group that supervisord would drop though its file is in place', () => {
  it('is held, and nothing else is', async () => {
    const world = await running();
    world.supervisor.unseen.add('a');
    for (const name of ['a', 'b', 'c']) world.put(name, '/bin/ok 2');
    await world.settle();
    expect(world.loop.current().plan.held).toEqual([
      expect.objectContaining({ app: 'a', code: 'UnplannedDiff' }),
    ]);
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.supervisor.starts.get('a')).toBe(1);
    expect(world.supervisor.loaded.get('b')?.command).toBe('/bin/ok 2');
    expect(world.supervisor.loaded.get('c')?.command).toBe('/bin/ok 2');
    world.supervisor.unseen.clear();
    await world.settle(120_000);
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 2');
    expect(world.heldCodes()).toEqual([]);
  });

  it('is never updated away: groups of other people least of all', async () => {
    const world = await running();
    world.supervisor.loaded.set('theirs', {
      text: '',
      command: 'x',
      autostart: true,
      startsecs: 0,
      numprocs: 1,
    });
    world.put('a', '/bin/ok 2');
    await world.settle(120_000);
    expect(world.supervisor.diff().removed).toEqual(['theirs']);
    expect(updatesOf(world).flat()).not.toContain('theirs');
    expect(world.heldCodes()).toEqual([]);
  });
});

describe('a file that supervisord does not include', () => {
  it('is not taken for one that runs, and runs soon after it is included', async () => {
    const world = await running();
    world.supervisor.unseen.add('new');
    world.put('new', '/bin/ok 1');
    await world.settle();
    const [held] = world.loop.current().plan.held;
    expect(held).toMatchObject({ app: 'new', code: 'UnplannedDiff' });
    expect(held?.reason).toContain(worldSettings.confDir);
    expect(updatesOf(world).flat()).not.toContain('new');
    world.supervisor.unseen.clear();
    await world.settle(15_000);
    expect(world.process('new')?.state).toBe('RUNNING');
    expect(world.heldCodes()).toEqual([]);
  });
});

describe('updates', () => {
  const change = async (driver: 'rpc' | 'supervisorctl', slow: string) => {
    const world = createWorld({ ...worldSettings, driver });
    const stops = { a: 'stop-20', b: 'stop-80', c: 'stop-140', slow };
    for (const [name, stop] of Object.entries(stops)) world.put(name, `/bin/ok ${stop} 1`);
    await world.settle();
    const from = world.plans.length;
    for (const [name, stop] of Object.entries(stops)) world.put(name, `/bin/ok ${stop} 2`);
    return { world, from };
  };

  it('wait a moment for one another when each costs a process of supervisorctl', async () => {
    const { world, from } = await change('supervisorctl', 'stop-8000');
    await world.pass(1_000);
    expect(updatesOf(world, from).flat().sort()).toEqual(['a', 'b', 'c']);
    // The first change stands alone; what follows it is one burst.
    expect(updatesOf(world, from).length).toBeLessThanOrEqual(2);
    await world.settle();
    for (const name of ['a', 'b', 'c', 'slow']) expect(world.process(name)?.state).toBe('RUNNING');
  });

  it.each([
    { tookMs: 100, type: 'WriteFile', app: 'a' },
    { tookMs: 1_100, type: 'StopProcesses', app: 'b' },
  ])('let the file of another app go first only for a while: $tookMs ms', async (expected) => {
    const world = await running();
    const before = world.loop.current().state;
    const from = world.records.length;
    world.put('b', '/bin/ok 2');
    await world.pass(10);
    const told = world.records.slice(from).map(({ event }) => event);
    const until = told.findIndex(({ type }) => type === 'RereadDone');
    await world.settle();
    const then = world.records.length;
    world.put('a', '/bin/ok 2');
    const change = world.records[then]?.event;
    expect(change?.type).toBe('DesiredChanged');

    let state = before;
    const take = (event: Event, afterMs = 0): void => {
      const { seq, atMs } = state;
      state = reduce(state, { seq: seq + 1, atMs: atMs + afterMs, event });
    };
    for (const event of told.slice(0, until)) take(event);
    // While the plan is carried out, and long after it began.
    if (change !== undefined) take(change, expected.tookMs);
    for (const event of told.slice(until, until + 2)) take(event);
    expect(state.running).toBeUndefined();
    expect(planOf(state).steps[0]).toMatchObject({ type: expected.type, app: expected.app });
  });

  it('do not wait for one another with the rpc driver', async () => {
    const { world, from } = await change('rpc', 'stop-8000');
    await world.pass(1_000);
    expect(updatesOf(world, from)).toEqual([['a'], ['b'], ['c']]);
  });

  it('are not followed by a reread before what they began is seen to run', async () => {
    const world = await running(worldSettings);
    const from = world.records.length;
    world.put('a', '/bin/ok 2');
    await world.pass(3_000);
    const told = world.records.slice(from).map(({ event }) => event);
    const updatedAt = told.findIndex(({ type }) => type === 'GroupsUpdated');
    const runsAt = told.findIndex(
      (event, at) =>
        at > updatedAt &&
        event.type === 'ProcessesChanged' &&
        event.changed.some(({ state }) => state === 'RUNNING'),
    );
    expect(runsAt).toBeGreaterThan(updatedAt);
    const between = told.slice(updatedAt, runsAt).map(({ type }) => type);
    expect(between).not.toContain('RereadDone');
    expect(told.slice(runsAt).map(({ type }) => type)).toContain('RereadDone');
  });

  it('ask once for each stop, and again only for what still runs a second later', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok stop-5000 1');
    await world.settle();
    const stops = (): number =>
      world.plans.flatMap(({ steps }) => steps).filter(({ type }) => type === 'StopProcesses')
        .length;
    world.put('a', '/bin/ok 2');
    await world.pass(4_000);
    expect(world.process('a')?.state).toBe('STOPPING');
    expect(stops()).toBe(1);
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(stops()).toBe(1);
    // The call is answered, and the stop is lost.
    world.supervisor.stop = () => undefined;
    world.put('a', '/bin/ok 3');
    await world.pass(4_500);
    expect(stops()).toBe(6);
  });

  it('are tried again when supervisorctl says it is done and is not', async () => {
    const world = await running({ ...worldSettings, driver: 'supervisorctl' });
    world.faults.idleUpdates.add('a');
    world.put('a', '/bin/ok 2');
    await world.pass(3_000);
    expect(world.supervisor.loaded.get('a')?.command).not.toBe('/bin/ok 2');
    world.faults.idleUpdates.clear();
    await world.settle();
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 2');
  });
});

describe('a foreign file that defines a name of ours', () => {
  const path = '/etc/supervisor/conf.d/other.conf';

  it.each(['program:a', 'group:a', 'fcgi-program:a', 'eventlistener:a'])(
    'keeps the app away for as long as it is there: [%s]',
    async (section) => {
      const world = createWorld();
      world.foreign(path, 'program:z', section);
      world.put('a', '/bin/ok');
      world.put('b', '/bin/ok');
      await world.settle();
      const [held] = world.loop.current().plan.held;
      expect(held).toMatchObject({ app: 'a', code: 'ForeignFile' });
      expect(held?.reason).toContain(path);
      expect(world.fileText('a')).toBeUndefined();
      expect(world.process('b')?.state).toBe('RUNNING');
      world.foreign(path);
      await world.settle();
      expect(world.process('a')?.state).toBe('RUNNING');
    },
  );

  it('leaves alone what already runs, and keeps its new content waiting', async () => {
    const world = await running();
    world.foreign(path, 'program:a');
    world.put('a', '/bin/ok 2');
    await world.settle();
    expect(world.fileText('a')).toContain('/bin/ok 1');
    expect(world.supervisor.starts.get('a')).toBe(1);
    expect(world.heldCodes()).toEqual(['ForeignFile']);
  });

  it('does not stand in the way of a name that only resembles it', async () => {
    const world = createWorld();
    world.foreign(path, 'program:ab', 'x:a', 'program');
    world.put('a', '/bin/ok');
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
  });
});

describe('a refused reread', () => {
  it.each(['File', 'Program'] as const)(
    'costs only the app that it names, though others are new too: %s',
    async (named) => {
      const world = createWorld(worldSettings, isPoison);
      world.faults.names = named;
      await world.settle(5_000);
      world.put('first', '/bin/ok');
      for (const name of ['a', 'b', 'x']) world.put(name, name === 'x' ? '/bin/poison' : '/bin/ok');
      await world.settle();
      expect(world.app('x')?.quarantines.map(({ code }) => code)).toEqual(['E_CANT_REREAD']);
      for (const name of ['a', 'b']) {
        expect(world.process(name)?.state).toBe('RUNNING');
        expect(world.app(name)?.quarantines).toEqual([]);
      }
      const removed = world.plans
        .flatMap(({ steps }) => steps)
        .flatMap((step) => (step.type === 'RemoveFile' ? [step.app] : []));
      expect(removed).toEqual(['x']);
    },
  );

  it('that names nobody takes back what was never accepted, and nothing else', async () => {
    const world = createWorld(worldSettings, isPoison);
    world.faults.names = 'Nothing';
    world.put('a', '/bin/ok');
    await world.settle();
    world.put('x', '/bin/poison');
    await world.settle();
    expect(world.fileText('x')).toBeUndefined();
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.app('a')?.quarantines).toEqual([]);
  });

  it('for a file of somebody else holds the host, names it, and ends by itself', async () => {
    const world = await running();
    world.faults.foreign = { file: '/etc/other.conf', detail: 'bad value' };
    world.put('a', '/bin/ok 2');
    await world.settle();
    expect(world.heldCodes()).toContain('ForeignConfBroken');
    expect(world.loop.current().plan.held[0]?.reason).toContain('/etc/other.conf');
    expect(world.app('a')?.quarantines).toEqual([]);
    expect(world.supervisor.starts.get('a')).toBe(1);
    world.faults.foreign = undefined;
    await world.pass(5_000);
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 2');
    expect(world.heldCodes()).toEqual([]);
  });
});
