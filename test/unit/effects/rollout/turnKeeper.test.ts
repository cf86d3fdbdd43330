/** What is left in etcd of turns that nobody knows of any more, and what a late write leaves there. */
import { describe, expect, it } from 'vitest';
import { createTurnWorld, type TurnWorld } from '../../../support/turns/turnWorld.ts';

const options = { seed: '1', hostCount: 2, maxUnavailable: 1, drainMs: 0, sickCount: 0 };

async function until(world: TurnWorld, isTrue: () => boolean): Promise<void> {
  const { kernel } = world;
  const endMs = kernel.now() + 60_000;
  while (!isTrue() && kernel.now() < endMs) await kernel.run(kernel.now() + 20, isTrue);
  expect(isTrue()).toBe(true);
}

const hasBegun = (world: TurnWorld): boolean =>
  world.keysLeft().some((key) => key.includes('begun'));

/** The host whose turn it is. */
async function inItsTurn(world: TurnWorld): Promise<TurnWorld['hosts'][number]> {
  await world.kernel.run(world.kernel.now() + 1_000);
  world.publish(true);
  await until(world, () => world.hosts.some(({ isInTurn }) => isInTurn()));
  const host = world.hosts.find(({ isInTurn }) => isInTurn());
  if (host === undefined) throw new Error('nobody is in its turn');
  return host;
}

describe('a keeper', () => {
  it.each([1_000, 10_000])(
    'takes away what is left of a turn that its journal no longer knows, %i ms later',
    async (pauseMs) => {
      const world = createTurnWorld(options);
      const host = await inItsTurn(world);
      world.withdraw();
      host.crash();
      host.forget();
      await world.kernel.run(world.kernel.now() + pauseMs);
      expect(hasBegun(world)).toBe(true);
      host.start();
      await until(world, () => world.keysLeft().length === 0);
      world.stop();
    },
  );

  it('takes away what a write left that was done after it was given up', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const world = createTurnWorld({ ...options, seed: String(seed), hostCount: 1 });
      const { kernel, hosts } = world;
      const [host] = hosts;
      await kernel.run(kernel.now() + 1_000);
      world.publish(true);
      // After what it reads before it writes.
      await kernel.run(kernel.now() + seed / 2);
      host?.wire.set({ link: 'Silent' });
      await kernel.run(kernel.now() + 100);
      world.withdraw();
      await kernel.run(kernel.now() + 3_500);
      host?.wire.set({ link: 'Up' });
      await kernel.run(kernel.now() + 60_000);
      expect(world.keysLeft()).toEqual([]);
      world.stop();
    }
  });

  it('takes no turn where another agent reports for its host, until that one is gone', async () => {
    const world = createTurnWorld({ ...options, drainMs: 5_000 });
    const { kernel, hosts } = world;
    const [doubled] = hosts;
    const own = (): boolean => world.keysLeft().some((key) => key.endsWith('drain-web1'));
    doubled?.occupy(true);
    world.publish(true);
    await kernel.run(kernel.now() + 60_000);
    expect(world.keysLeft()).toEqual([]);
    expect(world.isConverged()).toBe(false);
    doubled?.occupy(false);
    await until(world, own);
    // What it has not begun goes when it is so again.
    doubled?.occupy(true);
    await until(world, () => world.keysLeft().length === 0);
    await kernel.run(kernel.now() + 60_000);
    expect(world.isConverged()).toBe(false);
    doubled?.occupy(false);
    await until(world, world.isConverged);
    expect(world.faults).toEqual([]);
    world.stop();
  });

  it('leaves nothing to itself when nobody wishes anything', async () => {
    const world = createTurnWorld(options);
    const { kernel } = world;
    await kernel.run(kernel.now() + 1_000);
    const before = world.callCount();
    await kernel.run(kernel.now() + 600_000);
    expect(world.callCount()).toBe(before);
    world.stop();
  });
});
