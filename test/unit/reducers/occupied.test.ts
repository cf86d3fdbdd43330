import { describe, expect, it } from 'vitest';
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
