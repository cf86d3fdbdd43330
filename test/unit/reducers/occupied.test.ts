import { describe, expect, it } from 'vitest';
import type { AppName } from '../../../src/domain/types.ts';
import { createWorld } from '../../support/world/world.ts';

const path = '/conf/web.supervene.conf';
const blocked = { type: 'Blocked', path, detail: 'a symbolic link' } as const;

describe('something at the name of a file of ours', () => {
  it('is remembered before there is such an app, and after it', async () => {
    const world = createWorld();
    world.dispatch({ type: 'ConfFilesChanged', changed: [blocked], gone: [] });
    for (const command of ['sleep 1', 'sleep 2']) {
      world.put('web', command);
      await world.pass(1_000);
      expect(world.loop.current().plan.held).toEqual([
        expect.objectContaining({ app: 'web', code: 'ForeignFile' }),
      ]);
      world.remove('web');
      await world.pass(1_000);
      expect(world.loop.current().plan.held).toEqual([]);
    }
    expect(
      world.plans.flatMap(({ steps }) => steps).filter(({ type }) => type !== 'Reread'),
    ).toEqual([]);
  });

  it('is written to at once when what stood in the way of a write goes', async () => {
    const world = createWorld();
    world.faults.write = { type: 'Blocked', detail: 'a symbolic link' };
    world.put('web', 'sleep 1');
    await world.settle(120_000);
    expect(world.app('web')?.attempt?.nextMs).toBeGreaterThan(world.nowMs() + 1_000);
    world.dispatch({ type: 'ConfFilesChanged', changed: [blocked], gone: [] });
    world.faults.write = undefined;
    world.dispatch({ type: 'ConfFilesChanged', changed: [], gone: [path] });
    await world.pass(200);
    expect(world.process('web')?.state).toBe('RUNNING');
  });

  it('is put right when it is our own file with another owner or mode', async () => {
    const world = createWorld();
    world.put('web', 'sleep 1');
    await world.settle();
    const file = world.app('web')?.file;
    if (file?.type !== 'Ours') throw new Error('it is ours');
    const seen = { ...file, path, app: 'web' as AppName, markedSha256: file.sha256 };
    const changed = [{ ...seen, isOwnerAndModeRight: false }];
    const before = world.plans.length;
    world.dispatch({ type: 'ConfFilesChanged', changed, gone: [] });
    await world.settle();
    const steps = world.plans.slice(before).flatMap((plan) => plan.steps);
    expect(steps.filter(({ type }) => type === 'WriteFile')).toEqual([
      expect.objectContaining({ because: 'owner or mode of its file are wrong' }),
    ]);
    expect(world.supervisor.starts.get('web')).toBe(1);
  });

  it('is not written over, though what stood there before was ours and accepted', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok');
    await world.settle();
    const before = world.plans.length;
    world.foreign('/conf/a.supervene.conf', 'program:other');
    await world.settle();
    const steps = world.plans.slice(before).flatMap((plan) => plan.steps);
    expect(steps.filter(({ type }) => type === 'WriteFile')).toEqual([]);
    expect(world.heldCodes()).toEqual(['ForeignFile']);
    expect(world.process('a')?.state).toBe('RUNNING');
  });

  it('lets the app in as soon as it is gone, and is then forgotten', async () => {
    const world = createWorld();
    world.dispatch({ type: 'ConfFilesChanged', changed: [blocked], gone: [] });
    world.put('web', 'sleep 1000');
    await world.pass(1_000);
    world.dispatch({ type: 'ConfFilesChanged', changed: [], gone: [path] });
    await world.settle();
    expect(world.process('web')?.state).toBe('RUNNING');
    world.remove('web');
    await world.settle();
    expect(world.app('web')).toBeUndefined();
  });
});
