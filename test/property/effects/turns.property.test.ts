/** Several hosts at their turns, while agents crash, leases are lost and people halt and resume. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fcParams } from '../../support/seed.ts';
import { createTurnWorld, type TurnWorld } from '../../support/turns/turnWorld.ts';

const anyHost = fc.nat(3);
const forMs = fc.integer({ min: 500, max: 20_000 });
const action = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('Publish' as const), isGood: fc.boolean() }),
  },
  fc.record({ type: fc.constantFrom('Crash' as const, 'Forget' as const), host: anyHost, forMs }),
  fc.record({ type: fc.constantFrom('Cut' as const, 'Silent' as const), host: anyHost, forMs }),
  fc.record({ type: fc.constantFrom('Halt' as const, 'Resume' as const) }),
);
const script = fc.array(fc.tuple(fc.nat(8_000), action), { minLength: 1, maxLength: 12 });
const options = fc.record({
  seed: fc.nat().map(String),
  hostCount: fc.integer({ min: 2, max: 4 }),
  maxUnavailable: fc.integer({ min: 1, max: 3 }),
  drainMs: fc.constantFrom(0, 300, 2_000),
  sickCount: fc.integer({ min: 0, max: 1 }),
});

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function perform(world: TurnWorld, one: Action): void {
  switch (one.type) {
    case 'Publish':
      return world.publish(one.isGood);
    case 'Halt':
      return world.halt();
    case 'Resume':
      return world.resume();
    case 'Crash':
    case 'Forget': {
      const host = world.hosts[one.host];
      host?.crash();
      if (one.type === 'Forget') host?.forget();
      world.kernel.after(one.forMs, () => host?.start());
      return;
    }
    case 'Cut':
    case 'Silent': {
      const wire = world.hosts[one.host]?.wire;
      wire?.set({ link: one.type });
      world.kernel.after(one.forMs, () => wire?.set({ link: 'Up' }));
    }
  }
}

async function play(
  world: TurnWorld,
  steps: readonly (readonly [number, Action])[],
): Promise<void> {
  const { kernel } = world;
  // Everybody has reported.
  await kernel.run(kernel.now() + 1_000);
  for (const [pauseMs, one] of steps) {
    perform(world, one);
    await kernel.run(kernel.now() + pauseMs);
  }
}

/** Nothing stands in the way any more. */
async function makePeace(world: TurnWorld, isWithdrawn: boolean): Promise<void> {
  const { kernel, hosts } = world;
  await kernel.run(kernel.now() + 20_000);
  for (const host of hosts) {
    host.start();
    host.heal();
    host.wire.set({ link: 'Up' });
  }
  world.resume();
  if (isWithdrawn) world.withdraw();
  else world.publish(true);
  const untilMs = kernel.now() + 300_000;
  const isDone = (): boolean => world.isConverged() && world.keysLeft().length === 0;
  while (!isDone() && kernel.now() < untilMs) await kernel.run(kernel.now() + 500, isDone);
}

describe('safety', () => {
  it('never more hosts are out of service than may be, and nobody begins what is halted', () =>
    fc.assert(
      fc.asyncProperty(options, script, fc.boolean(), async (given, steps, isWithdrawn) => {
        const world = createTurnWorld(given);
        await play(world, steps);
        await makePeace(world, isWithdrawn);
        world.stop();
        expect(world.faults).toEqual([]);
      }),
      fcParams(60),
    ));
});

describe('liveness', () => {
  it('every host gets its turn once nothing stands in the way, and nothing of it is left', () =>
    fc.assert(
      fc.asyncProperty(options, script, fc.boolean(), async (given, steps, isWithdrawn) => {
        const world = createTurnWorld(given);
        await play(world, steps);
        await makePeace(world, isWithdrawn);
        world.stop();
        expect(world.isConverged()).toBe(true);
        expect(world.keysLeft()).toEqual([]);
      }),
      fcParams(60),
    ));
});
