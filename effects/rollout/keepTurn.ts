/** A turn that is taken: it is kept, a halt that is owed is written, and in the end it is given on. */
import type { TurnWish } from '../../src/domain/rollout/turn.ts';
import { freeSlot, ownSlot } from '../../src/domain/rollout/chooseSlot.ts';
import { ok } from '../../src/domain/result.ts';
import { isOfEarlierLife, type TurnPlaces } from '../../src/domain/rollout/turnPlaces.ts';
import {
  atOnceMs,
  forgetTurn,
  isOurs,
  type Lane,
  lookAgainMs,
  noteUnsure,
  quietMs,
  recordOf,
  release,
  renew,
  type Step,
} from './lane.ts';
import type { Roll } from './roll.ts';

/** Under way: what says so stands in etcd, whatever became of the lease. */
export async function keepTurn(roll: Roll, lane: Lane, wish: TurnWish): Step {
  lane.isTaken = true;
  if (!roll.options.isReporting) return ok(quietMs);
  lane.mayHold = true;
  const lease = await roll.lease.get();
  if (!lease.ok) return lease;
  const read = await roll.keys.read(lane.app);
  if (!read.ok) return read;
  const places = read.value;
  const halted = await haltIfOwed(roll, lane, wish, places);
  if (halted !== undefined) return halted;
  const slot = ownSlot(places, roll.self);
  const { maxUnavailable } = wish;
  if (maxUnavailable !== undefined) {
    const free = slot === undefined ? freeSlot(places, maxUnavailable) : undefined;
    if (slot !== undefined && !isOurs(slot, lease.value)) {
      return renew(roll, lane, wish, { places, slot, lease: lease.value });
    }
    if (free !== undefined) {
      // Somebody took it from us; a halt does not concern what is under way.
      const record = recordOf(roll, wish, roll.scheduler.now());
      const taking = { number: free, lease: lease.value, record };
      const taken = await roll.keys.take(lane.app, places, taking);
      return taken.ok ? ok(atOnceMs) : noteUnsure(roll, lane, taken.error);
    }
  }
  const drain = places.drainsByHost.get(roll.self.host);
  if (wish.drainMs > 0 && drain?.lease !== lease.value) {
    const sinceMs = roll.scheduler.now();
    const put = await roll.keys.drain(lane.app, { lease: lease.value, sinceMs, slot });
    if (!put.ok) return noteUnsure(roll, lane, put.error);
  }
  return ok(quietMs);
}

/** Undefined when nothing is owed. */
async function haltIfOwed(
  roll: Roll,
  lane: Lane,
  { failure, revision, maxUnavailable }: TurnWish,
  places: TurnPlaces,
): Promise<Awaited<Step> | undefined> {
  if (failure === undefined || maxUnavailable === undefined) return undefined;
  if (lane.halted === revision) return undefined;
  const { host } = roll.self;
  const halt = { revision, host, ...failure, by: `agent@${host}`, atMs: roll.scheduler.now() };
  const put = await roll.keys.halt(lane.app, places, halt);
  if (!put.ok) return put;
  if (put.value) lane.halted = revision;
  return put.value ? undefined : ok(atOnceMs);
}

/** The halt that is owed first: nobody may begin before it stands there. */
export async function giveOn(roll: Roll, lane: Lane, wish: TurnWish): Step {
  if (roll.options.isReporting) {
    const read = await roll.keys.read(lane.app);
    if (!read.ok) return read;
    const halted = await haltIfOwed(roll, lane, wish, read.value);
    if (halted !== undefined) return halted;
    const released = await release(roll, lane, read.value);
    if (!released.ok) return released;
    if (!released.value) return ok(atOnceMs);
  }
  forgetTurn(roll, lane);
  if (!roll.over.aborted) roll.tell({ type: 'TurnEnded', app: lane.app });
  return ok(lookAgainMs);
}

/** Nothing is wanted any more. */
export async function end(roll: Roll, lane: Lane): Step {
  let isLeft = false;
  if (lane.mayHold && roll.options.isReporting) {
    const read = await roll.keys.read(lane.app);
    if (!read.ok) return read;
    const released = await release(roll, lane, read.value);
    if (!released.ok) return released;
    if (!released.value) return ok(atOnceMs);
    isLeft = read.value.slots.some((slot) => isOfEarlierLife(roll.self, slot));
  }
  const wasTaken = lane.isTaken;
  forgetTurn(roll, lane);
  lane.mayHold ||= isLeft;
  if (wasTaken && !roll.over.aborted) roll.tell({ type: 'TurnEnded', app: lane.app });
  return ok(lane.mayHold ? lookAgainMs : quietMs);
}
