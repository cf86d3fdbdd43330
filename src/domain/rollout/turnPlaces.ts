/** What stands below `rollouts/<app>/` at one revision: the halt, the turns, who leaves the upstreams. */
import type { EtcdKeyValue, LeaseId } from '../etcdCalls.ts';
import { parseFleetKey } from '../fleet/fleetKeys.ts';
import type { AppName, Revision } from '../types.ts';
import { decodeUtf8 } from '../utf8.ts';
import type { DrainRecord, HaltRecord, TurnRecord } from './turn.ts';
import { parseBegun, parseDrain, parseHalt, parseTurn } from './turnCodec.ts';

export interface Kept<T> {
  /** Undefined for what cannot be read: it stands there all the same. */
  readonly record: T | undefined;
  readonly modRevision: Revision;
  readonly lease: LeaseId | undefined;
}

/** One of the turns that hosts take: in use while either of the two stands there. */
export interface Slot {
  readonly number: number;
  readonly turn: Kept<TurnRecord> | undefined;
  readonly begun: Kept<TurnRecord> | undefined;
}

export interface TurnPlaces {
  readonly halt: Kept<HaltRecord> | undefined;
  /** Those in use, by number. */
  readonly slots: readonly Slot[];
  readonly drainsByHost: ReadonlyMap<string, Kept<DrainRecord>>;
}

/** Which agent this is, as in its report. */
export interface TurnSelf {
  readonly host: string;
  readonly instance: string;
}

export function readPlaces(
  fleetPrefix: string,
  app: AppName,
  kvs: readonly EtcdKeyValue[],
): TurnPlaces {
  let halt: Kept<HaltRecord> | undefined;
  const slots = new Map<number, Slot>();
  const drainsByHost = new Map<string, Kept<DrainRecord>>();
  const slot = (number: number): Slot =>
    slots.get(number) ?? { number, turn: undefined, begun: undefined };
  for (const item of kvs) {
    const place = placeOf(fleetPrefix, app, item);
    switch (place?.type) {
      case 'Halt':
        halt = kept(item, parseHalt(item.value));
        break;
      case 'Turn':
        slots.set(place.slot, { ...slot(place.slot), turn: kept(item, parseTurn(item.value)) });
        break;
      case 'Begun':
        slots.set(place.slot, { ...slot(place.slot), begun: kept(item, parseBegun(item.value)) });
        break;
      case 'Drain':
        drainsByHost.set(place.host, kept(item, parseDrain(item.value)));
        break;
      case undefined:
    }
  }
  const sorted = [...slots.values()].sort((a, b) => a.number - b.number);
  return { halt, slots: sorted, drainsByHost };
}

/** An earlier life of it counts as well, once nobody holds the turn any more. */
export function isOwn({ host, instance }: TurnSelf, { turn, begun }: Slot): boolean {
  if (begun !== undefined && begun.record?.host !== host) return false;
  if (turn === undefined) return begun !== undefined;
  return turn.record?.host === host && turn.record.instance === instance;
}

/** Of this host, but of an earlier life that still holds it: it is ours when its lease has run out. */
export function isOfEarlierLife(self: TurnSelf, slot: Slot): boolean {
  const { record } = slot.turn ?? slot.begun ?? {};
  return record?.host === self.host && !isOwn(self, slot);
}

function placeOf(fleetPrefix: string, app: AppName, { key }: EtcdKeyValue) {
  const decoded = decodeUtf8(key);
  const parsed = 'text' in decoded ? parseFleetKey(fleetPrefix, decoded.text) : undefined;
  return parsed?.type === 'Rollout' && parsed.app === app ? parsed.place : undefined;
}

function kept<T>({ modRevision, lease }: EtcdKeyValue, record: T | undefined): Kept<T> {
  return { record, modRevision, lease };
}
