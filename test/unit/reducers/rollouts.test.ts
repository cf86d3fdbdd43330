/** A running app of a rollout changes only in its turn, and what is amiss never waits for one. */
import { describe, expect, it } from 'vitest';
import {
  a,
  awaited,
  loaded,
  ran,
  rollout,
  take,
  wish,
  wishes,
} from '../../support/world/rolledWorld.ts';
import { createWorld, worldSettings } from '../../support/world/world.ts';

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
