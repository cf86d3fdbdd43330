/**
 * Keeps the turns of this host in etcd: whatever its apps wish is asked for, kept and given on, each
 * app on its own. Nobody hears of etcd from here but as news about a turn.
 *
 * A few keys are read when something is heard of them, and now and then; nothing at all is done
 * while nothing is wished. Never throws, never gives up.
 */
import type { SchedulerLike } from 'rxjs';
import type { EtcdError, EtcdLeases } from '../../src/domain/etcdCalls.ts';
import { parseAppName } from '../../src/domain/appName.ts';
import type { Result } from '../../src/domain/result.ts';
import type { TurnWish } from '../../src/domain/rollout/turn.ts';
import type { TurnSelf } from '../../src/domain/rollout/turnPlaces.ts';
import type { AppName } from '../../src/domain/types.ts';
import { type Alarm, createAlarm } from '../fleet/alarm.ts';
import { within } from '../fleet/within.ts';
import type { Roll } from './roll.ts';
import { createTurnKeys, type TurnKeysDeps } from './turnKeys.ts';
import { createLane, type Lane } from './lane.ts';
import { stepLane } from './turnLane.ts';
import { createTurnLease } from './turnLease.ts';

export interface TurnKeeperDeps extends Pick<Roll, 'placementOf' | 'tell' | 'isOccupied'> {
  readonly etcd: TurnKeysDeps & { readonly leases: EtcdLeases };
  readonly scheduler: SchedulerLike;
  /** From [0, 1). */
  readonly random: () => number;
  /** Tells of an app whose keys may have changed, or of all, until the function returned is called. */
  readonly listen: (heard: (app: string | undefined) => void) => () => void;
  /** What somebody should know who looks after the host. */
  readonly warn: (app: AppName | undefined, text: string) => void;
}

export interface TurnKeeperOptions extends TurnSelf {
  readonly fleetPrefix: string;
  readonly ttlSec: number;
  /** This host reports: others can know whether it is in service. */
  readonly isReporting: boolean;
}

export interface TurnKeeper {
  /** All that is wished now; what is held of other apps is given back. */
  readonly want: (wishes: readonly TurnWish[]) => void;
  /** What is not begun is given back; resolves when it is, or after a second. */
  readonly stop: () => Promise<void>;
}

const pauseMinMs = 300;
const pauseMaxMs = 5_000;
const forbiddenMaxMs = 30_000;
const farewellMs = 1_000;

interface Keeper {
  readonly deps: TurnKeeperDeps;
  readonly options: TurnKeeperOptions;
  readonly roll: Roll;
  readonly lanes: Map<string, Running>;
  readonly over: AbortSignal;
  unlisten: (() => void) | undefined;
  isSwept: boolean;
  wishes: ReadonlyMap<string, TurnWish>;
}

interface Running {
  readonly lane: Lane;
  readonly alarm: Alarm;
  /** Something was heard since the step began. */
  isRung: boolean;
  ended: Promise<void>;
}

export function startTurnKeeper(deps: TurnKeeperDeps, options: TurnKeeperOptions): TurnKeeper {
  const over = new AbortController();
  const { fleetPrefix, isReporting, host, instance, ttlSec } = options;
  const self = { host, instance };
  const { etcd, scheduler, random } = deps;
  const onLost = (): void => ring(keeper, undefined);
  const lease = createTurnLease({ leases: etcd.leases, scheduler, random, onLost }, ttlSec);
  const keeper: Keeper = {
    deps,
    options,
    roll: {
      ...{ self, lease, scheduler, random, range: etcd.range, over: over.signal },
      ...{ tell: deps.tell, warn: deps.warn, placementOf: deps.placementOf },
      isOccupied: deps.isOccupied,
      keys: createTurnKeys(etcd, fleetPrefix, self),
      options: { fleetPrefix, isReporting },
    },
    ...{ lanes: new Map(), over: over.signal, unlisten: undefined, isSwept: false },
    wishes: new Map(),
  };
  return {
    want: (wishes) => {
      if (over.signal.aborted) return;
      want(keeper, wishes);
      if (!keeper.isSwept && isReporting) void sweep(keeper);
      keeper.isSwept = true;
    },
    stop: async () => {
      over.abort();
      await within(scheduler, farewellMs, sayFarewell(keeper));
    },
  };
}

function want(keeper: Keeper, wishes: readonly TurnWish[]): void {
  const before = keeper.wishes;
  keeper.wishes = new Map(wishes.map((wish) => [wish.app, wish]));
  for (const wish of wishes) {
    const running = keeper.lanes.get(wish.app) ?? begin(keeper, createLane(wish.app));
    running.lane.wish = wish;
    if (!isSame(before.get(wish.app), wish)) ringOne(running);
  }
  for (const [app, running] of keeper.lanes) {
    if (keeper.wishes.has(app) || running.lane.wish === undefined) continue;
    running.lane.wish = undefined;
    ringOne(running);
  }
}

function isSame(a: TurnWish | undefined, b: TurnWish): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function begin(keeper: Keeper, lane: Lane): Running {
  const { scheduler } = keeper.deps;
  const alarm = createAlarm(scheduler, keeper.over);
  const running: Running = { lane, alarm, isRung: false, ended: Promise.resolve() };
  keeper.lanes.set(lane.app, running);
  keeper.unlisten ??= keeper.deps.listen((app) => ring(keeper, app));
  running.ended = run(keeper, running);
  return running;
}

function ring({ lanes }: Keeper, app: string | undefined): void {
  for (const [name, running] of lanes) if (app === undefined || name === app) ringOne(running);
}

function ringOne(running: Running): void {
  running.isRung = true;
  running.alarm.ring();
}

async function run(keeper: Keeper, running: Running): Promise<void> {
  const { over, deps } = keeper;
  const { lane, alarm } = running;
  // Its wish comes right after it was made.
  await Promise.resolve();
  while (!over.aborted) {
    running.isRung = false;
    const stepped = await stepLane(keeper.roll, lane);
    if (over.aborted) return;
    const pauseMs = pauseOf(keeper, lane, stepped);
    if (lane.wish === undefined && stepped.ok && !lane.mayHold) break;
    const jitter = pauseMs < 1_000 ? 1 : 0.75 + deps.random() / 4;
    const untilMs = deps.scheduler.now() + pauseMs * jitter;
    while (!isRungOrOver(running, over) && deps.scheduler.now() < untilMs)
      await alarm.wait(untilMs);
  }
  endLane(keeper, lane.app);
}

function isRungOrOver({ isRung }: Running, { aborted }: AbortSignal): boolean {
  return isRung || aborted;
}

function pauseOf(keeper: Keeper, lane: Lane, stepped: Result<number, EtcdError>): number {
  if (stepped.ok) {
    lane.failures = 0;
    return stepped.value;
  }
  noteTrouble(keeper, lane, stepped.error);
  const isForbidden = stepped.error.type === 'Unauthorised';
  const limitMs = isForbidden ? forbiddenMaxMs : pauseMaxMs;
  lane.failures += 1;
  return Math.min(limitMs, pauseMinMs * 2 ** Math.min(lane.failures - 1, 10));
}

/** Few texts, since each new one is an event. */
function noteTrouble({ roll, options }: Keeper, lane: Lane, error: EtcdError): void {
  if (error.type === 'NoLease') void forgetLease(roll);
  if (lane.failures === 0 && error.type !== 'NoLease') {
    roll.warn(lane.app, `its turn cannot be looked after: ${error.detail}`);
  }
  if (lane.wish?.stage !== 'Wanted' || error.type === 'NoLease') return;
  const detail =
    error.type === 'Unauthorised'
      ? `etcd does not let this host read and write below ${options.fleetPrefix}/rollouts/`
      : 'etcd cannot be asked whose turn it is';
  roll.tell({ type: 'TurnAwaited', app: lane.app, wait: 'Unreachable', detail });
}

async function forgetLease({ lease }: Roll): Promise<void> {
  const held = await lease.get();
  if (held.ok) lease.forget(held.value);
}

function endLane(keeper: Keeper, app: string): void {
  keeper.lanes.delete(app);
  if (keeper.lanes.size > 0) return;
  keeper.unlisten?.();
  keeper.unlisten = undefined;
  void keeper.roll.lease.letGo('Revoke');
}

/** What an earlier life left behind, of which nothing is known any more. */
async function sweep(keeper: Keeper): Promise<void> {
  const { over, deps, roll } = keeper;
  for (let failures = 0; !over.aborted; failures += 1) {
    const left = await roll.keys.left();
    if (over.aborted) return;
    if (left.ok) {
      for (const name of left.value) {
        const app = parseAppName(name);
        if (!app.ok || keeper.lanes.has(name)) continue;
        const lane = createLane(app.value);
        lane.mayHold = true;
        begin(keeper, lane);
      }
      return;
    }
    const isForbidden = left.error.type === 'Unauthorised';
    const limitMs = isForbidden ? 10 * forbiddenMaxMs : forbiddenMaxMs;
    const pauseMs = Math.min(limitMs, pauseMinMs * 2 ** Math.min(failures, 10));
    const alarm = createAlarm(deps.scheduler, over);
    await alarm.wait(deps.scheduler.now() + pauseMs * (0.5 + deps.random() / 2));
  }
}

/** What is under way stays ours, for the next life: its lease runs out, what it began is said. */
async function sayFarewell({ lanes, roll, options, unlisten }: Keeper): Promise<void> {
  unlisten?.();
  const all = [...lanes.values()];
  await Promise.all(all.map(({ ended }) => ended));
  const isUnderWay = ({ lane }: Running): boolean =>
    lane.isTaken || (lane.wish !== undefined && lane.wish.stage !== 'Wanted');
  const idle = all.filter((running) => !isUnderWay(running) && running.lane.mayHold);
  if (options.isReporting) {
    for (const { lane } of idle) {
      const read = await roll.keys.read(lane.app);
      if (read.ok) await roll.keys.release(lane.app, read.value);
    }
  }
  await roll.lease.letGo(all.some(isUnderWay) ? 'Leave' : 'Revoke');
}
