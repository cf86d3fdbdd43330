import { describe, expect, it } from 'vitest';
import { createWorld, worldSettings } from '../support/world/world.ts';

describe('the loop over a model host', () => {
  it('turns one publish into a running process', async () => {
    const world = createWorld();
    world.put('web', '/bin/ok');
    await world.settle();
    expect(world.process('web')?.state).toBe('RUNNING');
    expect(world.loop.current().plan.steps).toEqual([]);
    expect(world.app('web')?.lastGood).toBeDefined();
  });

  it('restarts once for one change of content', async () => {
    const world = createWorld();
    world.put('web', '/bin/ok 1');
    await world.settle();
    world.put('web', '/bin/ok 2');
    await world.settle();
    expect(world.supervisor.loaded.get('web')?.command).toBe('/bin/ok 2');
    expect(world.process('web')?.state).toBe('RUNNING');
    expect(world.supervisor.starts.get('web')).toBe(2);
  });

  it('removes an app whose keys were deleted', async () => {
    const world = createWorld();
    world.put('web', '/bin/ok');
    world.put('db', '/bin/ok');
    await world.settle();
    world.remove('web');
    await world.settle();
    expect(world.process('web')).toBeUndefined();
    expect(world.fileText('web')).toBeUndefined();
    expect(world.app('web')).toBeUndefined();
    expect(world.process('db')?.state).toBe('RUNNING');
    expect(world.supervisor.starts.get('db')).toBe(1);
  });

  it('keeps a stopped app stopped through content, supervisord and agent', async () => {
    const world = createWorld();
    world.put('web', '/bin/ok 1');
    await world.settle();
    world.operator('stop', 'web');
    await world.settle();
    expect(world.app('web')?.hold?.isWhole).toBe(true);
    expect(world.fileText('web')).toContain('autostart=false');
    expect(world.supervisor.starts.get('web')).toBe(1);
    world.put('web', '/bin/ok 2');
    await world.settle();
    expect(world.supervisor.loaded.get('web')?.command).toBe('/bin/ok 2');
    world.supervisor.restart();
    await world.restartAgent();
    await world.settle();
    expect(world.supervisor.starts.get('web')).toBe(1);
    expect(world.process('web')?.pid).toBe(0);
  });

  it('lets a held app run again once somebody starts it, without a restart', async () => {
    const world = createWorld();
    world.put('web', '/bin/ok 1');
    await world.settle();
    world.operator('stop', 'web');
    await world.settle();
    world.operator('start', 'web');
    await world.settle();
    expect(world.app('web')?.hold).toBeUndefined();
    expect(world.fileText('web')).not.toContain('autostart=false');
    expect(world.supervisor.starts.get('web')).toBe(2);
    expect(world.process('web')?.state).toBe('RUNNING');
  });

  it('puts the last good version back when the new one is FATAL', async () => {
    const world = createWorld();
    world.put('web', '/bin/ok 1');
    await world.settle();
    world.put('web', '/bin/fatal');
    await world.settle();
    expect(world.supervisor.loaded.get('web')?.command).toBe('/bin/ok 1');
    expect(world.process('web')?.state).toBe('RUNNING');
    expect(world.app('web')?.quarantines.map(({ code }) => code)).toEqual(['E_FATAL']);
    expect(world.loop.current().plan.held.map(({ code }) => code)).toEqual(['Quarantined']);
  });

  it('puts the last good version back when the new one flaps', async () => {
    const world = createWorld();
    world.put('web', '/bin/ok 1');
    await world.settle();
    world.put('web', '/bin/flap');
    await world.settle();
    expect(world.supervisor.loaded.get('web')?.command).toBe('/bin/ok 1');
    expect(world.app('web')?.quarantines.map(({ code }) => code)).toEqual(['E_FLAPPING']);
  });

  it('comes back to a version that was still starting when its successor came', async () => {
    const world = createWorld();
    world.put('web', '/bin/ok 1', { extra: 'startsecs=3' });
    await world.pass(1_000);
    expect(world.process('web')?.state).toBe('STARTING');
    world.put('web', '/bin/fatal');
    await world.settle();
    expect(world.supervisor.loaded.get('web')?.command).toBe('/bin/ok 1');
    expect(world.process('web')?.state).toBe('RUNNING');
    expect(world.app('web')?.quarantines.map(({ code }) => code)).toEqual(['E_FATAL']);
  });

  it('comes back to what ran, not to what was only starting', async () => {
    const world = createWorld();
    world.put('web', '/bin/ok 1');
    await world.settle();
    world.put('web', '/bin/ok 2', { extra: 'startsecs=3' });
    await world.pass(1_500);
    expect(world.process('web')?.state).toBe('STARTING');
    world.put('web', '/bin/fatal');
    await world.settle();
    expect(world.supervisor.loaded.get('web')?.command).toBe('/bin/ok 1');
  });

  it('does not try a quarantined content again until it is asked to', async () => {
    const world = createWorld();
    world.put('web', '/bin/ok 1');
    await world.settle();
    world.put('web', '/bin/fatal');
    await world.settle();
    const starts = world.supervisor.starts.get('web');
    world.put('web', '/bin/fatal');
    await world.settle();
    expect(world.supervisor.starts.get('web')).toBe(starts);
    world.dispatch({ type: 'RetryRequested', app: 'web' as never, by: 'me' });
    await world.settle();
    expect(world.supervisor.starts.get('web')).toBeGreaterThan(starts ?? 0);
    expect(world.supervisor.loaded.get('web')?.command).toBe('/bin/ok 1');
  });

  it('holds a mass removal until somebody confirms it', async () => {
    const world = createWorld();
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) world.put(name, '/bin/ok');
    await world.settle();
    world.remove(...names);
    await world.settle();
    expect(world.supervisor.list().map(({ state }) => state)).toEqual(names.map(() => 'RUNNING'));
    expect(world.loop.current().plan.held.map(({ code }) => code)).toEqual(
      names.map(() => 'MassRemoval'),
    );
    world.dispatch({ type: 'RemovalsConfirmed', by: 'me' });
    await world.settle();
    expect(world.supervisor.list()).toEqual([]);
  });

  it('removes nothing because etcd was emptied at one stroke', async () => {
    const world = createWorld();
    world.put('web', '/bin/ok');
    await world.settle();
    const entries = [{ app: 'web' }];
    world.dispatch({ type: 'DesiredChanged', revision: '99' as never, entries, isEmptied: true });
    await world.settle();
    expect(world.process('web')?.state).toBe('RUNNING');
    expect(world.loop.current().plan.held.map(({ code }) => code)).toEqual(['RemovalUnconfirmed']);
  });

  it('does not let a slow stop delay another app', async () => {
    const world = createWorld();
    world.put('slow', '/bin/ok stop-8000 1');
    world.put('web', '/bin/ok 1');
    await world.settle();
    world.put('slow', '/bin/ok stop-8000 2');
    await world.pass(100);
    world.put('web', '/bin/ok 2');
    await world.pass(900);
    expect(world.supervisor.loaded.get('web')?.command).toBe('/bin/ok 2');
    expect(world.process('web')?.state).toBe('RUNNING');
    expect(world.process('slow')?.state).toBe('STOPPING');
    await world.settle();
    expect(world.supervisor.loaded.get('slow')?.command).toBe('/bin/ok stop-8000 2');
    expect(world.process('slow')?.state).toBe('RUNNING');
  });

  it('takes a refused file back and goes on with the rest', async () => {
    const world = createWorld(worldSettings, (file) => file.includes('poison'));
    world.put('web', '/bin/ok 1');
    await world.settle();
    world.put('web', '/bin/poison');
    world.put('db', '/bin/ok');
    await world.settle();
    expect(world.fileText('web')).toContain('/bin/ok 1');
    expect(world.process('web')?.state).toBe('RUNNING');
    expect(world.process('db')?.state).toBe('RUNNING');
    expect(world.supervisor.starts.get('web')).toBe(1);
  });

  it('writes nothing on the word of a supervisord that is away', async () => {
    const world = createWorld();
    const extra = 'user=somebody';
    world.faults.unansweredByHost.add('new');
    world.faults.refusedByHost.add('refused');
    world.put('new', '/bin/ok', { extra });
    world.put('refused', '/bin/ok', { extra });
    await world.settle();
    expect(world.fileText('new')).toBeUndefined();
    expect(world.app('refused')?.quarantines.map(({ code }) => code)).toEqual(['E_NO_SUCH_USER']);

    world.faults.unansweredByHost.add('refused');
    await world.pass(5_000);
    expect(world.app('refused')?.quarantines.map(({ code }) => code)).toEqual(['E_NO_SUCH_USER']);
    expect(world.fileText('refused')).toBeUndefined();

    world.faults.refusedByHost.clear();
    world.faults.unansweredByHost.clear();
    await world.pass(60_000);
    expect(world.process('new')?.state).toBe('RUNNING');
    expect(world.process('refused')?.state).toBe('RUNNING');
  });

  it('gives a burst two restarts at most', async () => {
    const world = createWorld();
    world.put('web', '/bin/ok 0');
    await world.settle();
    for (let n = 1; n <= 400; n++) {
      world.put('web', `/bin/ok ${String(n)}`);
      await world.pass(2);
    }
    await world.pass(500);
    expect(world.supervisor.loaded.get('web')?.command).toBe('/bin/ok 400');
    expect(world.process('web')?.state).toBe('RUNNING');
    expect(world.supervisor.starts.get('web')).toBeLessThanOrEqual(3);
  });

  it('judges the version that was put back, not the one that failed', async () => {
    const world = createWorld();
    world.put('web', '/bin/ok 1');
    await world.settle();
    world.put('web', '/bin/fatal', { extra: 'autostart=true\n' });
    await world.settle();
    const app = world.app('web');
    expect(app?.written?.sha256).toBe(app?.lastGood?.sha256);
    expect(app?.trial).toBeUndefined();
  });

  it('writes ever more rarely when somebody changes the file back each time', async () => {
    const world = createWorld();
    world.put('web', '/bin/ok 1');
    await world.settle();
    const before = world.plans.length;
    for (let turn = 0; turn < 500; turn++) {
      world.tamper('edit', 'web');
      await world.pass(10);
    }
    // Five seconds of it: some writes at first, then pauses, and a reread a second at most.
    expect(world.plans.length - before).toBeLessThan(30);
    await world.settle();
    expect(world.fileText('web')).not.toContain('by hand');
  });
});
