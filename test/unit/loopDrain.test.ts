import { describe, expect, it } from 'vitest';
import { createWorld } from '../support/world/world.ts';

async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

describe('a loop whose journal takes no intent', () => {
  it('does nothing, says why, and goes on once the journal does', async () => {
    const world = createWorld();
    world.faults.journal = 'no space left on device';
    world.put('a', '/bin/ok');
    await world.pass(5_000);
    expect(world.fileText('a')).toBeUndefined();
    expect(world.loop.journalFault()).toBe('no space left on device');
    const before = world.records.length;
    await world.pass(20_000);
    expect(world.records.length - before).toBeLessThan(50);
    world.faults.journal = undefined;
    world.retryJournal();
    await world.settle();
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.loop.journalFault()).toBeUndefined();
  });

  it('still drains: also while the refused intent is in hand', async () => {
    for (let wait = 0; wait < 10; wait++) {
      const world = createWorld();
      await world.settle(5_000);
      world.faults.journal = 'no space left on device';
      world.put('a', '/bin/ok');
      for (let turn = 0; turn < wait; turn++) await Promise.resolve();
      let isDrained = false;
      void world.loop.drain().then(() => (isDrained = true));
      await turns();
      expect(isDrained, `${String(wait)} turns`).toBe(true);
      expect(world.fileText('a')).toBeUndefined();
    }
  });

  it('begins nothing new once it drains', async () => {
    const world = createWorld();
    await world.settle(5_000);
    const drained = world.loop.drain();
    world.put('a', '/bin/ok');
    await drained;
    await world.settle();
    expect(world.fileText('a')).toBeUndefined();
  });
});
