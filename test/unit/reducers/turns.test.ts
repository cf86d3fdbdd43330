/** A turn lasts until what was changed has proved itself, or what ran runs again. */
import { describe, expect, it } from 'vitest';
import { decodeState, encodeState } from '../../../reducers/stateCodec.ts';
import { turnsOf } from '../../../reducers/turns.ts';
import type { AppName } from '../../../src/domain/types.ts';
import { a, loaded, ran, rollout, take, wish, wishes } from '../../support/world/rolledWorld.ts';
import { createWorld, worldSettings } from '../../support/world/world.ts';

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
