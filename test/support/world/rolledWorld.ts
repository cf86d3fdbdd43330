/** A world in which hosts change the app `a` in turns, and what tests ask and tell of its turn. */
import { turnsOf } from '../../../reducers/turns.ts';
import type { TurnWait, TurnWish } from '../../../src/domain/rollout/turn.ts';
import type { AppName } from '../../../src/domain/types.ts';
import { createWorld, type World, worldSettings } from './world.ts';

export const rollout = '{"maxUnavailable":1,"drain":"2s"}';
export const a = 'a' as AppName;

/** The first version runs well, and nobody gives turns any more. */
export async function ran(extra = '', settings = worldSettings): Promise<World> {
  const world = createWorld(settings);
  world.put('a', '/bin/ok 1', { rollout, extra });
  await world.settle();
  if (loaded(world) !== '/bin/ok 1') throw new Error('the first version is not loaded');
  if (world.plans.length === 0) throw new Error('nothing was planned');
  world.faults.isTurnWithheld = true;
  return world;
}

export const loaded = (world: World): string | undefined =>
  world.supervisor.loaded.get('a')?.command;
export const wishes = (world: World): readonly TurnWish[] => turnsOf(world.state());
export const wish = (world: World): TurnWish | undefined => wishes(world)[0];
export const awaited = (world: World, wait: TurnWait, detail: string): void =>
  world.dispatch({ type: 'TurnAwaited', app: a, wait, detail });
export const take = (world: World): void =>
  world.dispatch({ type: 'TurnTaken', app: a, kind: 'Change' });
