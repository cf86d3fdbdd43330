/** A text that nobody planned does not stay in place, though newer content has to wait. */
import { describe, expect, it } from 'vitest';
import { createWorld } from '../../support/world/world.ts';

describe('a file that somebody changed while supervisord is away', () => {
  it('gets back what supervisord accepted before, though newer content waits', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1');
    await world.settle();
    world.power(false);
    world.put('a', '/bin/ok 2');
    await world.pass(5_000);
    expect(world.fileText('a')).toContain('/bin/ok 1');
    world.tamper('edit', 'a');
    await world.pass(5_000);
    expect(world.fileText('a')).not.toContain('by hand');
    expect(world.fileText('a')).toContain('/bin/ok 1');
    world.power(true);
    await world.settle();
    expect(world.fileText('a')).toContain('/bin/ok 2');
    expect(world.process('a')?.state).toBe('RUNNING');
  });

  it('stays held when an operator stopped it', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1');
    await world.settle();
    world.operator('stop', 'a');
    await world.pass(3_000);
    world.power(false);
    world.put('a', '/bin/ok 2');
    world.tamper('edit', 'a');
    await world.pass(5_000);
    expect(world.fileText('a')).toMatch(/\/bin\/ok 1[^]*autostart=false/);
    world.power(true);
    await world.settle();
    expect(world.process('a')?.state).toBe('STOPPED');
  });

  it('is left to whoever fights for it, for a while', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1');
    await world.settle();
    world.power(false);
    world.put('a', '/bin/ok 2');
    const before = world.plans.length;
    for (let round = 0; round < 200; round++) {
      world.tamper('edit', 'a');
      await world.pass(100);
    }
    expect(world.plans.length - before).toBeLessThan(40);
  });
});
