/** A running app of a rollout changes only in its turn, and what is amiss never waits for one. */
import { describe, expect, it } from 'vitest';
import { decodeState, encodeState } from '../../../reducers/stateCodec.ts';
import { turnsOf } from '../../../reducers/turns.ts';
import type { TurnWait, TurnWish } from '../../../src/domain/rollout/turn.ts';
import type { AppName } from '../../../src/domain/types.ts';
import { createWorld, type World, worldSettings } from '../../support/world/world.ts';

const rollout = '{"maxUnavailable":1,"drain":"2s"}';
const a = 'a' as AppName;

/** The first version runs well, and nobody gives turns any more. */
async function ran(extra = '', settings = worldSettings): Promise<World> {
  const world = createWorld(settings);
  world.put('a', '/bin/ok 1', { rollout, extra });
  await world.settle();
  expect(loaded(world)).toBe('/bin/ok 1');
  expect(world.plans.length).toBeGreaterThan(0);
  world.faults.isTurnWithheld = true;
  return world;
}

const loaded = (world: World): string | undefined => world.supervisor.loaded.get('a')?.command;
const wishes = (world: World): readonly TurnWish[] => turnsOf(world.state());
const wish = (world: World): TurnWish | undefined => wishes(world)[0];
const awaited = (world: World, wait: TurnWait, detail: string): void =>
  world.dispatch({ type: 'TurnAwaited', app: a, wait, detail });
const take = (world: World): void => world.dispatch({ type: 'TurnTaken', app: a, kind: 'Change' });

describe('newer content of a running app', () => {
  it('waits for its turn: neither its file nor its processes are touched', async () => {
    const world = await ran();
    const text = world.fileText('a');
    const { pid } = world.process('a') ?? {};
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    expect(world.fileText('a')).toBe(text);
    expect(world.process('a')?.pid).toBe(pid);
    expect(world.heldCodes()).toEqual(['AwaitingTurn']);
    expect(wishes(world)).toEqual([
      {
        ...{ app: 'a', kind: 'Change', maxUnavailable: 1, drainMs: 2_000, stage: 'Wanted' },
        ...{ revision: world.app('a')?.entry?.content?.modRevision, failure: undefined },
      },
    ]);
    take(world);
    expect(wish(world)?.stage).toBe('Taken');
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 2');
    expect(wish(world)?.stage).toBe('Over');
    world.dispatch({ type: 'TurnEnded', app: a });
    expect(wishes(world)).toEqual([]);
    expect(world.app('a')?.turn).toBeUndefined();
    expect(world.state().unsettled.size).toBe(0);
  });

  it('says why it waits, and that it was halted', async () => {
    const world = await ran();
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    awaited(world, 'Others', 'web2 has it');
    expect(world.loop.current().plan.held).toMatchObject([
      { code: 'AwaitingTurn', reason: 'web2 has it' },
    ]);
    awaited(world, 'Halted', 'E_FATAL on web2');
    expect(world.loop.current().plan.held).toMatchObject([
      { code: 'RolloutHalted', reason: 'E_FATAL on web2' },
    ]);
    // The halt was of the content before.
    world.put('a', '/bin/ok 3', { rollout });
    await world.settle();
    expect(world.heldCodes()).toEqual(['AwaitingTurn']);
    expect(wish(world)?.revision).toBe(world.app('a')?.entry?.content?.modRevision);
  });

  it('goes at once when the key goes', async () => {
    const world = await ran();
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    awaited(world, 'Others', 'web2 has it');
    world.put('a', '/bin/ok 2');
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 2');
    expect(wishes(world)).toEqual([]);
    expect(world.app('a')?.turnWait).toBeUndefined();
  });

  it('waits too where the key comes with it, or while it waits for peace', async () => {
    const world = createWorld();
    world.faults.isTurnWithheld = true;
    world.put('a', '/bin/ok 1');
    await world.settle();
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 1');
  });

  it('goes at once where nothing of it runs', async () => {
    const world = await ran();
    world.operator('stop', 'a');
    await world.settle();
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 2');
    expect(world.process('a')?.state).toBe('STOPPED');
  });

  it('goes at once where it has failed', async () => {
    const world = await ran('', { ...worldSettings, rollback: 'off' });
    world.put('a', '/bin/fatal', { rollout });
    await world.settle();
    take(world);
    await world.settle();
    expect(world.process('a')?.state).toBe('FATAL');
    expect(wish(world)).toMatchObject({ stage: 'Over', failure: { code: 'E_FATAL' } });
    world.dispatch({ type: 'TurnEnded', app: a });
    world.put('a', '/bin/ok 3', { rollout });
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 3');
  });

  it('is halted too when it fails in the turn of content that failed before it', async () => {
    const world = await ran();
    world.put('a', '/bin/fatal 2', { rollout });
    await world.settle();
    take(world);
    await world.settle();
    const first = wish(world)?.revision;
    expect(wish(world)?.failure?.code).toBe('E_FATAL');
    world.put('a', '/bin/fatal 3', { rollout });
    await world.settle();
    expect(wish(world)?.failure?.code).toBe('E_FATAL');
    expect(wish(world)?.revision).toBe(world.app('a')?.entry?.content?.modRevision);
    expect(wish(world)?.revision).not.toBe(first);
  });

  it('starts anew on a host that never had it', async () => {
    const world = createWorld();
    world.faults.isTurnWithheld = true;
    world.put('a', '/bin/ok 1', { rollout });
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
  });
});

describe('while it waits', () => {
  it('a file that somebody deletes or edits is put back', async () => {
    for (const how of ['delete', 'edit'] as const) {
      const world = await ran();
      const text = world.fileText('a');
      world.put('a', '/bin/ok 2', { rollout });
      await world.settle();
      world.tamper(how, 'a');
      await world.settle();
      expect(world.fileText('a'), how).toBe(text);
      expect(world.heldCodes(), how).toEqual(['AwaitingTurn']);
    }
  });

  it('an operator may stop it; then it need not wait', async () => {
    const world = await ran();
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    world.operator('stop', 'a');
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 2');
    expect(world.heldCodes()).toEqual(['OperatorStop']);
  });

  it('a supervisord that comes back runs what ran', async () => {
    const world = await ran();
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    world.power(false);
    await world.pass(5_000);
    world.power(true);
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 1');
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.heldCodes()).toEqual(['AwaitingTurn']);
  });

  it('the key may become unreadable: what runs stays, and the word of before holds', async () => {
    const world = await ran();
    world.put('a', '/bin/ok 2', { rollout: '{"maxUnavailable":"one"}' });
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 1');
    expect(world.loop.current().plan.held).toMatchObject([{ code: 'Refused' }]);
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    expect(world.heldCodes()).toEqual(['AwaitingTurn']);
  });

  it('a change of the key alone restarts nothing', async () => {
    const world = await ran();
    const starts = world.supervisor.starts.get('a');
    for (const other of [undefined, '{}', '{"drain":"5s"}', rollout]) {
      world.put('a', '/bin/ok 1', { rollout: other });
      await world.settle();
      expect(world.heldCodes()).toEqual([]);
    }
    expect(world.supervisor.starts.get('a')).toBe(starts);
    expect(world.app('a')?.rollout).toEqual({ maxUnavailable: 1, drainMs: 2_000 });
  });

  it('other settings that give it another text wait for a turn', async () => {
    const world = await ran();
    const text = world.fileText('a');
    await world.restartAgent({
      settings: { ...worldSettings, programDefaults: [['stdout_logfile', 'NONE']] },
    });
    await world.settle();
    expect(world.fileText('a')).toBe(text);
    expect(world.heldCodes()).toEqual(['AwaitingTurn']);
    take(world);
    await world.settle();
    expect(world.fileText('a')).toContain('stdout_logfile=NONE');
    expect(wish(world)?.stage).toBe('Over');
  });
});

describe('a turn', () => {
  it('takes in newer content that comes while it is open', async () => {
    const world = await ran();
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    take(world);
    await world.pass(100);
    world.put('a', '/bin/ok 3', { rollout });
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 3');
    expect(wish(world)).toMatchObject({
      stage: 'Over',
      revision: world.app('a')?.entry?.content?.modRevision,
    });
  });

  it('outlasts the agent: checkpoint, restart, go on', async () => {
    const world = await ran();
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    take(world);
    const state = decodeState(JSON.parse(JSON.stringify(encodeState(world.state()))));
    expect(state === undefined ? [] : turnsOf(state)).toEqual(wishes(world));
    world.faults.diesAfter = 1;
    await world.pass(100);
    world.faults.diesAfter = undefined;
    await world.restartAgent();
    expect(wish(world)?.stage).toBe('Taken');
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 2');
    expect(wish(world)?.stage).toBe('Over');
  });

  it('is not over while supervisord is away', async () => {
    const world = await ran();
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    take(world);
    await world.settle();
    world.power(false);
    await world.settle();
    expect(wish(world)?.stage).toBe('Taken');
    world.power(true);
    await world.settle();
    expect(wish(world)?.stage).toBe('Over');
  });

  it('is over when an operator stops it meanwhile', async () => {
    const world = await ran();
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    take(world);
    await world.pass(2_000);
    world.operator('stop', 'a');
    await world.settle();
    expect(wish(world)?.stage).toBe('Over');
  });

  it('is over where operators are ignored and one stopped a part of it', async () => {
    const two = 'numprocs=2\nprocess_name=%(program_name)s_%(process_num)d\n';
    const world = await ran(two, { ...worldSettings, operatorStops: 'ignore' });
    world.put('a', '/bin/ok 2', { rollout, extra: two });
    await world.settle();
    take(world);
    await world.pass(2_000);
    world.operator('stop', 'a:a_0');
    await world.settle();
    expect(wish(world)?.stage).toBe('Over');
  });

  it('fails when its content does: what ran comes back at once, and the failure is kept', async () => {
    const world = await ran();
    world.put('a', '/bin/fatal', { rollout });
    await world.settle();
    const revision = world.app('a')?.entry?.content?.modRevision;
    take(world);
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 1');
    expect(world.process('a')?.state).toBe('RUNNING');
    const failure = { code: 'E_FATAL', reason: expect.any(String) as unknown };
    expect(wish(world)).toMatchObject({ stage: 'Over', revision, failure });
    // Newer content may still go in under it, and the halt is of what failed.
    world.put('a', '/bin/ok 3', { rollout });
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 3');
    expect(wish(world)).toMatchObject({ stage: 'Over', revision, failure });
    world.dispatch({ type: 'TurnEnded', app: a });
    expect(wishes(world)).toEqual([]);
  });

  it('says that it has failed before what ran runs again', async () => {
    const world = await ran();
    world.put('a', '/bin/fatal', { rollout });
    await world.settle();
    take(world);
    const stages = new Set<string | undefined>();
    for (let turn = 0; turn < 400; turn += 1) {
      await world.pass(10);
      stages.add(wish(world)?.stage);
    }
    await world.settle();
    stages.add(wish(world)?.stage);
    expect([...stages]).toEqual(['Taken', 'Failed', 'Over']);
  });

  it('needs another one after a failure: putting back needs none', async () => {
    const world = await ran();
    world.put('a', '/bin/fatal', { rollout });
    await world.settle();
    take(world);
    await world.pass(1_000);
    world.dispatch({ type: 'TurnEnded', app: a });
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 1');
    world.put('a', '/bin/ok 3', { rollout });
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 1');
    expect(world.heldCodes()).toEqual(['AwaitingTurn']);
  });

  it('that ends before its time leaves what runs as it is, though newer content is in its file', async () => {
    const world = await ran();
    const { pid } = world.process('a') ?? {};
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    world.faults.stops.add('a');
    take(world);
    await world.pass(500);
    expect(world.fileText('a')).toContain('/bin/ok 2');
    world.dispatch({ type: 'TurnEnded', app: a });
    world.faults.stops.delete('a');
    await world.settle();
    expect(world.process('a')?.pid).toBe(pid);
    expect(world.heldCodes()).toEqual(['AwaitingTurn']);
    take(world);
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 2');
  });

  it('that comes for nothing is given back', async () => {
    const world = await ran();
    take(world);
    expect(wish(world)?.stage).toBe('Over');
    world.dispatch({ type: 'TurnEnded', app: a });
    expect(wishes(world)).toEqual([]);
    world.dispatch({ type: 'TurnTaken', app: 'nobody' as AppName });
    world.dispatch({ type: 'TurnEnded', app: 'nobody' as AppName });
    expect(wishes(world)).toEqual([]);
  });

  it('is given back in full though the key went meanwhile', async () => {
    const world = await ran();
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    take(world);
    world.put('a', '/bin/ok 2');
    await world.settle();
    expect(wish(world)).toMatchObject({ stage: 'Over', maxUnavailable: 1, drainMs: 2_000 });
  });
});

describe('a removal', () => {
  it('waits until the traffic has gone elsewhere, and for no slot', async () => {
    const world = await ran();
    world.remove('a');
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.fileText('a')).toBeDefined();
    expect(world.heldCodes()).toEqual(['AwaitingTurn']);
    expect(wish(world)).toMatchObject({
      ...{ kind: 'Removal', stage: 'Wanted', maxUnavailable: undefined, drainMs: 2_000 },
    });
    world.dispatch({ type: 'TurnTaken', app: a, kind: 'Removal' });
    await world.settle();
    expect(world.app('a')).toBeUndefined();
    expect(world.process('a')).toBeUndefined();
    expect(wishes(world)).toEqual([]);
  });

  it('goes at once where nothing is to be drained', async () => {
    const world = createWorld();
    world.faults.isTurnWithheld = true;
    world.put('a', '/bin/ok 1', { rollout: '{"maxUnavailable":1,"drain":"0s"}' });
    await world.settle();
    world.remove('a');
    await world.settle();
    expect(world.app('a')).toBeUndefined();
  });

  it('that is taken back gives its turn back, and the change that comes instead asks for one', async () => {
    const world = await ran();
    world.remove('a');
    await world.settle();
    world.faults.remove = { type: 'ReadOnly', detail: 'read-only' };
    world.dispatch({ type: 'TurnTaken', app: a, kind: 'Removal' });
    await world.settle();
    world.put('a', '/bin/ok 2', { rollout });
    world.faults.remove = undefined;
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 1');
    expect(wish(world)).toMatchObject({ kind: 'Removal', stage: 'Over' });
    world.dispatch({ type: 'TurnEnded', app: a });
    await world.settle();
    expect(wish(world)).toMatchObject({ kind: 'Change', stage: 'Wanted' });
    expect(loaded(world)).toBe('/bin/ok 1');
  });

  it('of an app that has its turn goes under that', async () => {
    const world = await ran();
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    take(world);
    await world.pass(50);
    world.remove('a');
    await world.settle();
    expect(world.app('a')).toBeUndefined();
    expect(wishes(world)).toEqual([]);
  });
});
