/** A changed app proves itself, or the last good version comes back. */
import { describe, expect, it } from 'vitest';
import { createWorld, noSpace, type World, worldSettings } from '../../support/world/world.ts';

const commandOf = (world: World): string | undefined => world.supervisor.loaded.get('a')?.command;

async function ran(settings = worldSettings): Promise<World> {
  const world = createWorld(settings);
  world.put('a', '/bin/ok 1');
  await world.settle();
  return world;
}

const codesOf = (world: World): readonly string[] | undefined =>
  world.app('a')?.quarantines.map(({ code }) => code);

describe('flapping', () => {
  it.each(['flap'])('is three starts within 30 s with startsecs=0: %s', async (how) => {
    const world = await ran();
    world.put('a', `/bin/${how}`);
    await world.settle();
    expect(commandOf(world)).toBe('/bin/ok 1');
    expect(codesOf(world)).toEqual(['E_FLAPPING']);
    expect(world.process('a')?.state).toBe('RUNNING');
  });

  it('is left to supervisord with startsecs: the third try may well succeed', async () => {
    const world = await ran();
    world.put('a', '/bin/third-try', { extra: 'startsecs=1\n' });
    await world.settle();
    expect(commandOf(world)).toBe('/bin/third-try');
    expect(codesOf(world)).toEqual([]);
    expect(world.supervisor.starts.get('a')).toBe(4);
    expect(world.process('a')?.state).toBe('RUNNING');
  });

  it('is not what an operator does who restarts it a few times', async () => {
    const world = await ran();
    world.put('a', '/bin/ok 2');
    await world.pass(500);
    for (let turn = 0; turn < 4; turn++) {
      world.operator('stop', 'a');
      await world.pass(700);
      world.operator('start', 'a');
      await world.pass(700);
    }
    await world.settle();
    expect(codesOf(world)).toEqual([]);
    expect(commandOf(world)).toBe('/bin/ok 2');
    expect(world.process('a')?.state).toBe('RUNNING');
  });
});

describe('a trial that fails', () => {
  it.each(['/bin/flap', '/bin/fatal'])(
    'brings the last good version back, though a refused one came in the meantime: %s',
    async (command) => {
      for (const leaves of [
        { ips: '10.0.0.1', content: '[program:evil]\ncommand=x' },
        { ips: '10.0.0.1' },
        { content: 'command=/bin/ok' },
        { ips: '!!', content: 'command=/bin/ok' },
      ]) {
        const world = await ran();
        world.put('a', command);
        for (let turn = 0; turn < 100 && commandOf(world) !== command; turn++) await world.pass(1);
        expect(commandOf(world)).toBe(command);
        world.putRaw('a', leaves);
        await world.settle(120_000);
        expect(commandOf(world), JSON.stringify(leaves)).toBe('/bin/ok 1');
        expect(world.fileText('a')).toContain('/bin/ok 1');
        expect(world.process('a')?.state).toBe('RUNNING');
      }
    },
  );

  it('is no longer reported once there is newer content', async () => {
    const world = createWorld({ ...worldSettings, rollback: 'off' });
    world.put('a', '/bin/fatal');
    await world.settle();
    expect(world.heldCodes()).toEqual(['Failed']);
    world.put('a', '/bin/ok');
    // It runs, and is on trial for some seconds more.
    await world.pass(3_000);
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.app('a')?.trial).toBeDefined();
    expect(world.heldCodes()).toEqual([]);
  });

  it('is only reported with rollback off', async () => {
    const world = await ran({ ...worldSettings, rollback: 'off' });
    world.put('a', '/bin/fatal');
    await world.settle(120_000);
    expect(commandOf(world)).toBe('/bin/fatal');
    expect(world.process('a')?.state).toBe('FATAL');
    expect(codesOf(world)).toEqual([]);
    expect(world.app('a')?.failure).toContain('FATAL');
    expect(world.heldCodes()).toEqual(['Failed']);
    world.put('a', '/bin/ok 3');
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.heldCodes()).toEqual([]);
  });

  it('is followed by what ran until it was stopped for it, though on trial itself', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1');
    await world.pass(3_000);
    expect(world.app('a')?.trial).toBeDefined();
    world.put('a', '/bin/fatal 2');
    await world.settle();
    expect(commandOf(world)).toBe('/bin/ok 1');
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(codesOf(world)).toEqual(['E_FATAL']);
  });

  it('is put back too when supervisord took the failing version over by its own restart', async () => {
    const world = await ran();
    world.faults.stops.add('a');
    world.put('a', '/bin/flap 2');
    await world.pass(1_000);
    expect(world.app('a')?.trial).toBeUndefined();
    world.power(false);
    world.faults.stops.clear();
    world.power(true);
    expect(commandOf(world)).toBe('/bin/flap 2');
    await world.settle();
    expect(commandOf(world)).toBe('/bin/ok 1');
    expect(codesOf(world)).toEqual(['E_FLAPPING']);
    expect(world.process('a')?.state).toBe('RUNNING');
  });

  it('is over for good once it is passed: nothing puts the same version on trial again', async () => {
    const world = await ran();
    for (let second = 0; second < 100; second++) {
      await world.pass(1_000);
      expect(world.app('a')?.trial).toBeUndefined();
    }
    await world.restartAgent();
    await world.pass(1_000);
    expect(world.app('a')?.trial).toBeUndefined();
    world.power(false);
    world.power(true);
    await world.pass(1_000);
    expect(world.app('a')?.loaded).toBeDefined();
    expect(world.app('a')?.trial).toBeUndefined();
  });

  it('stays where people can look at it when nothing ran before', async () => {
    const world = createWorld();
    world.put('a', '/bin/fatal');
    await world.settle(120_000);
    expect(commandOf(world)).toBe('/bin/fatal');
    expect(codesOf(world)).toEqual(['E_FATAL']);
    expect(world.heldCodes()).toEqual(['Quarantined']);
  });

  it('of one process of several is enough', async () => {
    const extra = 'numprocs=3\nprocess_name=%(program_name)s_%(process_num)d\n';
    const world = createWorld();
    world.put('a', '/bin/ok 1', { extra });
    await world.settle();
    world.put('a', '/bin/flap', { extra });
    await world.settle();
    expect(commandOf(world)).toBe('/bin/ok 1');
    expect(world.supervisor.list().map(({ state }) => state)).toEqual([
      'RUNNING',
      'RUNNING',
      'RUNNING',
    ]);
  });
});

describe('a person asking for another try', () => {
  it('puts on trial once more what never ran well', async () => {
    const world = createWorld();
    world.put('a', '/bin/flap');
    await world.settle();
    expect(codesOf(world)).toEqual(['E_FLAPPING']);
    world.retry('a');
    expect(codesOf(world)).toEqual([]);
    await world.settle();
    expect(codesOf(world)).toEqual(['E_FLAPPING']);
    expect(world.heldCodes()).toEqual(['Quarantined']);
  });

  it('starts what is FATAL, whatever its content says of autostart', async () => {
    const world = createWorld();
    world.put('a', '/bin/fatal', { extra: 'autostart=false\n' });
    await world.settle();
    world.operator('start', 'a');
    await world.pass(5_000);
    expect(world.supervisor.starts.get('a')).toBe(1);
    expect(world.process('a')?.state).toBe('FATAL');
    world.retry('a');
    await world.pass(1_000);
    expect(world.supervisor.starts.get('a')).toBe(2);
    await world.settle();
    expect(world.supervisor.starts.get('a')).toBeLessThanOrEqual(3);
    expect(world.heldCodes()).not.toContain('Starting');
  });
});

describe('other settings than what ran was rendered with', () => {
  const others = [
    { groupPriority: 21 },
    { programDefaults: [['stdout_logfile', '/dev/null'] as const] },
  ];

  it.each(others)('do not set the agent spinning over the last good version: %o', async (other) => {
    const world = await ran();
    world.putRaw('a', { ips: '10.0.0.1', content: '[program:evil]\ncommand=x' });
    await world.settle();
    await world.restartAgent({ settings: { ...worldSettings, ...other } });
    await world.settle();
    const before = world.plans.length;
    world.tamper('delete', 'a');
    await world.pass(10_000);
    expect(world.plans.length - before).toBeLessThan(10);
    expect(world.fileText('a')).toContain('/bin/ok 1');
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.supervisor.diff()).toEqual({ added: [], changed: [], removed: [] });
  });

  it.each(others)('restart what is wanted once, and no more: %o', async (other) => {
    const world = await ran();
    await world.restartAgent({ settings: { ...worldSettings, ...other } });
    await world.settle(120_000);
    expect(world.supervisor.starts.get('a')).toBe(2);
    expect(world.heldCodes()).toEqual([]);
  });

  it('do not set it spinning while the disk is full', async () => {
    const world = await ran();
    world.faults.write = noSpace;
    await world.restartAgent({ settings: { ...worldSettings, groupPriority: 21 } });
    const before = world.plans.length;
    await world.pass(10_000);
    expect(world.plans.length - before).toBeLessThan(50);
    expect(world.supervisor.starts.get('a')).toBe(1);
  });
});

describe('content that came while an operator kept its app stopped', () => {
  it('has to prove itself once it is started', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1');
    await world.settle();
    world.operator('stop', 'a');
    await world.settle();
    world.put('a', '/bin/flap');
    await world.settle();
    expect(world.heldCodes()).toEqual(['OperatorStop']);
    world.operator('start', 'a');
    await world.settle();
    expect(world.heldCodes()).toEqual(['Quarantined']);
    expect(world.fileText('a')).toContain('/bin/ok 1');
    expect(world.process('a')?.state).toBe('RUNNING');
  });
});
