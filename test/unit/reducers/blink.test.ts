import { describe, expect, it } from 'vitest';
import { createWorld, noSpace } from '../../support/world/world.ts';

describe('what polls are not quick enough to see', () => {
  it('does not hide flapping: only ever RUNNING, but with another pid each time', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1');
    await world.settle();
    world.put('a', '/bin/blink');
    await world.settle();
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 1');
  });

  it('does not turn what supervisord starts after a restart into an operator’s start', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1');
    await world.settle();
    world.faults.write = noSpace;
    world.operator('stop', 'a');
    await world.settle();
    world.power(false);
    await world.pass(500);
    world.power(true);
    await world.settle();
    expect(world.app('a')?.hold?.isWhole).toBe(true);
  });
});
