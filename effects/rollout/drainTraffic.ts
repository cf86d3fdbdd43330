/**
 * Before a host stops an app it says so in etcd, and waits: first until those who send traffic have
 * taken that in, then for as long as it is given to finish what was begun.
 */
import type { EtcdError, LeaseId } from '../../src/domain/etcdCalls.ts';
import { ok, type Result } from '../../src/domain/result.ts';
import type { TurnWish } from '../../src/domain/rollout/turn.ts';
import type { Slot, TurnPlaces } from '../../src/domain/rollout/turnPlaces.ts';
import type { Roll } from './roll.ts';
import type { Drain, Lane } from './lane.ts';

export interface Drained {
  /** Undefined: etcd does not answer. */
  readonly lease: LeaseId | undefined;
  /** The turn that it is for; undefined where none is needed: then it goes on without etcd. */
  readonly slot: Slot | undefined;
  readonly places?: TurnPlaces;
}

/** Those who send traffic are waited for so long: one that hangs must not hold up everything. */
const seenMaxMs = 10_000;
const lookEveryMs = 500;

/** How long to wait before the next look, in milliseconds. */
export async function drainTraffic(
  roll: Roll,
  lane: Lane,
  wish: TurnWish,
  drained: Drained,
): Promise<Result<number | 'Done', EtcdError>> {
  const { scheduler } = roll;
  if (!isSaid(roll, lane, drained)) {
    const said = await say(roll, lane, drained);
    if (!said.ok) return said;
    if (!said.value) return ok(0);
  }
  const { drain } = lane;
  if (drain === undefined) return ok(0);
  const seen = drain.seenAtMs ?? (await lookWhoSends(roll, lane, drain, drained));
  if (typeof seen !== 'number') return seen;
  lane.drain = { ...drain, seenAtMs: seen };
  const leftMs = seen + wish.drainMs - scheduler.now();
  return ok(leftMs > 0 ? leftMs : 'Done');
}

function isSaid({ self }: Roll, { drain }: Lane, { lease, places }: Drained): boolean {
  if (drain === undefined) return false;
  // Without a turn it is said once, or not at all.
  if (places === undefined) return true;
  return drain.said?.lease === lease && places.drainsByHost.get(self.host)?.lease === lease;
}

/** False when the turn is no longer ours. */
async function say(
  { keys, scheduler }: Roll,
  lane: Lane,
  { lease, slot }: Drained,
): Promise<Result<boolean, EtcdError>> {
  const sinceMs = scheduler.now();
  const byTimeAlone = { said: undefined, sinceMs, seenAtMs: sinceMs };
  lane.drain = byTimeAlone;
  if (lease === undefined) return ok(true);
  lane.mayHold = true;
  const put = await keys.drain(lane.app, { lease, sinceMs, slot });
  if (!put.ok) {
    if (slot === undefined) return ok(true);
    lane.drain = undefined;
    return put;
  }
  const revision = put.value;
  lane.drain =
    revision === undefined
      ? undefined
      : { said: { revision, lease }, sinceMs: scheduler.now(), seenAtMs: undefined };
  return ok(revision !== undefined);
}

/** Since when nobody sends traffic here, or when to look again. */
async function lookWhoSends(
  { keys, scheduler, warn }: Roll,
  lane: Lane,
  { said, sinceMs }: Drain,
  { slot }: Drained,
): Promise<Result<number, EtcdError> | number> {
  if (said === undefined) return sinceMs;
  const behind = await keys.behind(said.revision);
  const nowMs = scheduler.now();
  if (!behind.ok) return slot === undefined ? nowMs : behind;
  if (behind.value.length === 0) return nowMs;
  if (nowMs - sinceMs < seenMaxMs) return ok(lookEveryMs);
  const names = behind.value.slice(0, 5).join(', ');
  warn(lane.app, `${names} may still send traffic here: not waited for any longer`);
  return nowMs;
}
