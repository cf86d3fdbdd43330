/**
 * One app on its way through its turn, by what stands in etcd now: nothing is remembered that cannot
 * be read there again, so that each step is right after whatever has happened before it.
 */
import type { EtcdError, LeaseId } from '../../src/domain/etcdCalls.ts';
import type { Event } from '../../src/domain/event.ts';
import { err, ok, type Result } from '../../src/domain/result.ts';
import { chooseSlot, freeSlot, haltOf, ownSlot } from '../../src/domain/rollout/chooseSlot.ts';
import type { TurnWait, TurnWish } from '../../src/domain/rollout/turn.ts';
import {
  isOfEarlierLife,
  type Slot,
  type TurnPlaces,
} from '../../src/domain/rollout/turnPlaces.ts';
import type { AppName, Revision } from '../../src/domain/types.ts';
import type { Drain } from './drainTraffic.ts';
import { drainTraffic } from './drainTraffic.ts';
import type { Roll } from './roll.ts';
import { judgeOthers } from './judgeOthers.ts';

export type TurnNews = Extract<Event, { type: 'TurnAwaited' | 'TurnTaken' | 'TurnEnded' }>;

export interface Lane {
  readonly app: AppName;
  wish: TurnWish | undefined;
  /** Something of ours may stand in etcd. */
  mayHold: boolean;
  /** A write whose fate is not known may still be done until then. */
  unsureUntilMs: number;
  /** The agent believes that it has its turn. */
  isTaken: boolean;
  /** That the turn was not too much was seen with this `begun`. */
  judged: Revision | undefined;
  drain: Drain | undefined;
  /** Of this revision the halt that is owed stands there, or stood. */
  halted: Revision | undefined;
  /** Out of service when last looked at. */
  blockers: readonly string[];
  givenBack: number;
  failures: number;
}

export function createLane(app: AppName): Lane {
  return {
    ...{ app, wish: undefined, mayHold: false, unsureUntilMs: 0, isTaken: false },
    ...{ judged: undefined, drain: undefined, halted: undefined },
    ...{ blockers: [], givenBack: 0, failures: 0 },
  };
}

/** When to look again, in milliseconds; sooner when something is heard. */
type Step = Promise<Result<number, EtcdError>>;

const atOnceMs = 0;
const lookAgainMs = 5_000;
/** Nothing is expected: only what was not heard of is found so. */
const quietMs = 30_000;
const lateWriteMs = 15_000;

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

interface Own {
  readonly places: TurnPlaces;
  readonly slot: Slot;
  readonly lease: LeaseId;
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
  const lease = roll.options.isReporting ? await roll.lease.get() : undefined;
  const known = { lease: lease?.ok === true ? lease.value : undefined };
  const drained = await drainTraffic(roll, lane, wish, { ...known, slot: undefined });
  if (!drained.ok) return drained;
  return drained.value === 'Done' ? begin(roll, lane) : ok(drained.value);
}

/** Under way: what says so stands in etcd, whatever became of the lease. */
async function keepTurn(roll: Roll, lane: Lane, wish: TurnWish): Step {
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
async function giveOn(roll: Roll, lane: Lane, wish: TurnWish): Step {
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
async function end(roll: Roll, lane: Lane): Step {
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

async function giveBack(roll: Roll, lane: Lane, places: TurnPlaces, pauseMs: number): Step {
  const released = await release(roll, lane, places);
  if (!released.ok) return released;
  forgetTurn(roll, lane);
  return ok(released.value ? pauseMs : atOnceMs);
}

async function release(
  roll: Roll,
  lane: Lane,
  places: TurnPlaces,
): Promise<Result<boolean, EtcdError>> {
  const released = await roll.keys.release(lane.app, places);
  if (!released.ok) noteUnsure(roll, lane, released.error);
  return released;
}

function forgetTurn({ scheduler }: Roll, lane: Lane): void {
  lane.isTaken = false;
  lane.judged = undefined;
  lane.drain = undefined;
  lane.halted = undefined;
  lane.mayHold = scheduler.now() < lane.unsureUntilMs;
}

async function renew(roll: Roll, lane: Lane, wish: TurnWish, own: Own): Step {
  const { slot, lease } = own;
  const sinceMs = slot.begun?.record?.sinceMs ?? roll.scheduler.now();
  const record = recordOf(roll, wish, sinceMs);
  const renewed = await roll.keys.renew(lane.app, slot, { number: slot.number, lease, record });
  return renewed.ok ? ok(atOnceMs) : noteUnsure(roll, lane, renewed.error);
}

function isOurs({ turn, begun }: Slot, lease: LeaseId): boolean {
  return turn?.lease === lease && begun !== undefined;
}

function recordOf({ self }: Roll, { revision }: TurnWish, sinceMs: number) {
  return { host: self.host, instance: self.instance, revision, sinceMs };
}

function noteUnsure({ scheduler }: Roll, lane: Lane, error: EtcdError): Result<never, EtcdError> {
  if (error.wasSent) lane.unsureUntilMs = scheduler.now() + lateWriteMs;
  return err(error);
}

function tellWait(roll: Roll, lane: Lane, wait: TurnWait, detail: string, pauseMs: number): Step {
  if (!roll.over.aborted && lane.wish?.stage === 'Wanted') {
    roll.tell({ type: 'TurnAwaited', app: lane.app, wait, detail });
  }
  return Promise.resolve(ok(pauseMs));
}

/** From a third of a second, so that a host whose report is on its way is not waited for long. */
function pauseAfterGivingBack({ givenBack }: Lane): number {
  return Math.min(lookAgainMs, 300 * 2 ** Math.min(10, Math.max(0, givenBack - 1)));
}
