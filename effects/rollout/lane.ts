/** What is remembered of one app on its way through its turn, and what all its steps share. */
import type { EtcdError, LeaseId } from '../../src/domain/etcdCalls.ts';
import { err, ok, type Result } from '../../src/domain/result.ts';
import type { TurnWait, TurnWish } from '../../src/domain/rollout/turn.ts';
import type { Slot, TurnPlaces } from '../../src/domain/rollout/turnPlaces.ts';
import type { AppName, Revision } from '../../src/domain/types.ts';
import type { Roll } from './roll.ts';

export interface Drain {
  /** Where it stands in etcd; undefined when it could not be said. */
  readonly said: { readonly revision: Revision; readonly lease: LeaseId } | undefined;
  readonly sinceMs: number;
  /** Nobody sends traffic here any more. */
  readonly seenAtMs: number | undefined;
}

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
export type Step = Promise<Result<number, EtcdError>>;

export const atOnceMs = 0;
export const lookAgainMs = 5_000;
/** Nothing is expected: only what was not heard of is found so. */
export const quietMs = 30_000;
export const lateWriteMs = 15_000;

export interface Own {
  readonly places: TurnPlaces;
  readonly slot: Slot;
  readonly lease: LeaseId;
}

export async function release(
  roll: Roll,
  lane: Lane,
  places: TurnPlaces,
): Promise<Result<boolean, EtcdError>> {
  const released = await roll.keys.release(lane.app, places);
  if (!released.ok) noteUnsure(roll, lane, released.error);
  return released;
}

export function forgetTurn({ scheduler }: Roll, lane: Lane): void {
  lane.isTaken = false;
  lane.judged = undefined;
  lane.drain = undefined;
  lane.halted = undefined;
  lane.mayHold = scheduler.now() < lane.unsureUntilMs;
}

export async function renew(roll: Roll, lane: Lane, wish: TurnWish, own: Own): Step {
  const { slot, lease } = own;
  const sinceMs = slot.begun?.record?.sinceMs ?? roll.scheduler.now();
  const record = recordOf(roll, wish, sinceMs);
  const renewed = await roll.keys.renew(lane.app, slot, { number: slot.number, lease, record });
  return renewed.ok ? ok(atOnceMs) : noteUnsure(roll, lane, renewed.error);
}

export function isOurs({ turn, begun }: Slot, lease: LeaseId): boolean {
  return turn?.lease === lease && begun !== undefined;
}

export function recordOf({ self }: Roll, { revision }: TurnWish, sinceMs: number) {
  return { host: self.host, instance: self.instance, revision, sinceMs };
}

export function noteUnsure(
  { scheduler }: Roll,
  lane: Lane,
  error: EtcdError,
): Result<never, EtcdError> {
  if (error.wasSent) lane.unsureUntilMs = scheduler.now() + lateWriteMs;
  return err(error);
}

export function tellWait(
  roll: Roll,
  lane: Lane,
  wait: TurnWait,
  detail: string,
  pauseMs: number,
): Step {
  if (!roll.over.aborted && lane.wish?.stage === 'Wanted') {
    roll.tell({ type: 'TurnAwaited', app: lane.app, wait, detail });
  }
  return Promise.resolve(ok(pauseMs));
}
