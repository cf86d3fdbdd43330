/**
 * One app on its way through its turn, by what stands in etcd now: nothing is remembered that cannot
 * be read there again, so that each step is right after whatever has happened before it.
 */
import type { LeaseId } from '../../src/domain/etcdCalls.ts';
import { ok } from '../../src/domain/result.ts';
import { chooseSlot, haltOf, ownSlot } from '../../src/domain/rollout/chooseSlot.ts';
import type { TurnWish } from '../../src/domain/rollout/turn.ts';
import type { TurnPlaces } from '../../src/domain/rollout/turnPlaces.ts';
import { drainTraffic } from './drainTraffic.ts';
import { judgeOthers } from './judgeOthers.ts';
import { end, giveOn, keepTurn } from './keepTurn.ts';
import {
  atOnceMs,
  forgetTurn,
  isOurs,
  type Lane,
  lookAgainMs,
  noteUnsure,
  type Own,
  quietMs,
  recordOf,
  release,
  renew,
  type Step,
  tellWait,
} from './lane.ts';
import type { Roll } from './roll.ts';

/** Never rejects. */
export function stepLane(roll: Roll, lane: Lane): Step {
  const { wish } = lane;
  switch (wish?.stage) {
    case undefined:
      return end(roll, lane);
    case 'Wanted':
      return wish.maxUnavailable === undefined
        ? drainOnly(roll, lane, wish)
        : askForTurn(roll, lane, { ...wish, maxUnavailable: wish.maxUnavailable });
    case 'Taken':
    case 'Failed':
      return keepTurn(roll, lane, wish);
    case 'Over':
      return giveOn(roll, lane, wish);
  }
}

type ChangeWish = TurnWish & { readonly maxUnavailable: number };

async function askForTurn(roll: Roll, lane: Lane, wish: ChangeWish): Step {
  const { keys, self, options } = roll;
  if (!options.isReporting) {
    const detail =
      'fleet.report is off here: nobody could know whether this host is back in service';
    return tellWait(roll, lane, 'Unreachable', detail, quietMs);
  }
  if (roll.isOccupied()) return standAside(roll, lane);
  const lease = await roll.lease.get();
  if (!lease.ok) return lease;
  const read = await keys.read(lane.app);
  if (!read.ok) return read;
  const places = read.value;
  const choice = chooseSlot(places, self, wish);
  switch (choice.type) {
    case 'Halted': {
      void tellWait(roll, lane, 'Halted', choice.detail, quietMs);
      return giveBack(roll, lane, places, quietMs);
    }
    case 'Full':
      lane.judged = undefined;
      return tellWait(roll, lane, 'Others', choice.detail, lookAgainMs);
    case 'Free':
      return tryToTake(roll, lane, wish, { places, number: choice.number, lease: lease.value });
    case 'Own':
      return goOn(roll, lane, wish, { places, slot: choice.slot, lease: lease.value });
  }
}

/** What stands there may be the other one's, which has the same name: only what is surely ours goes. */
async function standAside(roll: Roll, lane: Lane): Step {
  const { keys, self } = roll;
  const detail = `another agent says it is ${self.host}: the fleet is not told of this one`;
  void tellWait(roll, lane, 'Unreachable', detail, lookAgainMs);
  if (!lane.mayHold) return ok(lookAgainMs);
  const read = await keys.read(lane.app);
  if (!read.ok) return read;
  const slots = read.value.slots.filter(({ turn }) => turn?.record?.instance === self.instance);
  const drainsByHost = lane.drain === undefined ? new Map() : read.value.drainsByHost;
  return giveBack(roll, lane, { ...read.value, slots, drainsByHost }, lookAgainMs);
}

interface Free {
  readonly places: TurnPlaces;
  readonly number: number;
  readonly lease: LeaseId;
}

async function tryToTake(roll: Roll, lane: Lane, wish: ChangeWish, free: Free): Step {
  const { keys, scheduler, random } = roll;
  // As long as those are out of service that were in the way before, it would be given back.
  if (lane.blockers.length > 0) {
    const others = await judgeOthers(roll, lane, wish, { ...free, only: lane.blockers });
    if (!others.ok) return others;
    if (others.value.type === 'TooMany') {
      return tellWait(roll, lane, 'Others', others.value.detail, pauseAfterGivingBack(lane));
    }
    lane.blockers = [];
  }
  lane.mayHold = true;
  const record = recordOf(roll, wish, scheduler.now());
  const { places, number, lease } = free;
  const taken = await keys.take(lane.app, places, { number, lease, record });
  if (!taken.ok) return noteUnsure(roll, lane, taken.error);
  return ok(taken.value ? atOnceMs : 50 + random() * 100);
}

/** It is ours in etcd: whether it may be begun. */
async function goOn(roll: Roll, lane: Lane, wish: ChangeWish, own: Own): Step {
  const { places, slot, lease } = own;
  lane.mayHold = true;
  if (!isOurs(slot, lease)) return renew(roll, lane, wish, own);
  if (lane.judged !== slot.begun?.modRevision) {
    const others = await judgeOthers(roll, lane, wish, { places, slot });
    if (!others.ok) return others;
    if (others.value.type === 'TooMany') {
      const { hosts, detail } = others.value;
      lane.blockers = hosts;
      lane.givenBack += 1;
      void tellWait(roll, lane, 'Others', detail, lookAgainMs);
      return giveBack(roll, lane, places, pauseAfterGivingBack(lane));
    }
    lane.judged = slot.begun?.modRevision;
    lane.blockers = [];
    lane.givenBack = 0;
    // It took a while: what was read before is no longer known.
    return ok(atOnceMs);
  }
  if (wish.drainMs > 0) {
    void tellWait(roll, lane, 'Draining', drainingDetail, lookAgainMs);
    const drained = await drainTraffic(roll, lane, wish, { lease, slot, places });
    if (!drained.ok) return noteUnsure(roll, lane, drained.error);
    if (drained.value !== 'Done') return ok(drained.value);
    const again = await roll.keys.read(lane.app);
    if (!again.ok) return again;
    const now = ownSlot(again.value, roll.self);
    if (haltOf(again.value, wish.revision) !== undefined) return ok(atOnceMs);
    if (now?.number !== slot.number || !isOurs(now, lease)) return ok(atOnceMs);
  }
  return begin(roll, lane);
}

const drainingDetail = 'its traffic goes elsewhere first';

function begin(roll: Roll, lane: Lane): Step {
  if (roll.over.aborted || lane.wish?.stage !== 'Wanted') return Promise.resolve(ok(atOnceMs));
  lane.isTaken = true;
  roll.tell({ type: 'TurnTaken', app: lane.app, kind: lane.wish.kind });
  return Promise.resolve(ok(lookAgainMs));
}

/** Only the traffic has to go elsewhere; where etcd cannot say so, time alone has to do. */
async function drainOnly(roll: Roll, lane: Lane, wish: TurnWish): Step {
  void tellWait(roll, lane, 'Draining', drainingDetail, lookAgainMs);
  const isHeard = roll.options.isReporting && !roll.isOccupied();
  const lease = isHeard ? await roll.lease.get() : undefined;
  const known = { lease: lease?.ok === true ? lease.value : undefined };
  const drained = await drainTraffic(roll, lane, wish, { ...known, slot: undefined });
  if (!drained.ok) return drained;
  return drained.value === 'Done' ? begin(roll, lane) : ok(drained.value);
}

async function giveBack(roll: Roll, lane: Lane, places: TurnPlaces, pauseMs: number): Step {
  const released = await release(roll, lane, places);
  if (!released.ok) return released;
  forgetTurn(roll, lane);
  return ok(released.value ? pauseMs : atOnceMs);
}

/** From a third of a second, so that a host whose report is on its way is not waited for long. */
function pauseAfterGivingBack({ givenBack }: Lane): number {
  return Math.min(lookAgainMs, 300 * 2 ** Math.min(10, Math.max(0, givenBack - 1)));
}
