/**
 * What stands below `rollouts/` in etcd, by app: who has which turn, where traffic is being taken
 * away, and what is halted. Pure.
 *
 * Anybody may have written there: what is no record still takes the place that its key names.
 */
import { parseBegun, parseDrain, parseHalt, parseTurn } from '../rollout/turnCodec.ts';
import type { HaltRecord, TurnRecord } from '../rollout/turn.ts';
import type { Revision } from '../types.ts';
import { parseFleetKey, type RolloutPlace } from './fleetKeys.ts';
import { compareText } from './fleetRow.ts';

export interface RolloutFact {
  readonly key: string;
  readonly value: Uint8Array;
  readonly modRevision: Revision;
  /** It goes with the agent that wrote it. */
  readonly isLeased: boolean;
}

/** A key, and what it says; undefined for what cannot be read. */
export interface Stored<Said> {
  readonly modRevision: Revision;
  readonly said: Said | undefined;
}

export interface RolloutRecords {
  readonly halt: Stored<HaltRecord> | undefined;
  /** Sorted by number; those that are taken. */
  readonly slots: readonly RolloutSlot[];
  /** Sorted; hosts whose traffic goes elsewhere. */
  readonly drains: readonly string[];
}

export interface RolloutSlot {
  readonly slot: number;
  /** Under the lease of an agent: it lives. */
  readonly turn: Stored<TurnRecord> | undefined;
  /** It stands there without a lease: nobody holds it, and nobody else takes it. */
  readonly left: Stored<TurnRecord> | undefined;
  readonly begun: Stored<TurnRecord> | undefined;
}

export const noRecords: RolloutRecords = { halt: undefined, slots: [], drains: [] };

/** Whatever else is there is passed over, and a drain without a lease is nobody's. */
export function rolloutRecords(
  fleetPrefix: string,
  facts: Iterable<RolloutFact>,
): ReadonlyMap<string, RolloutRecords> {
  const byApp = new Map<string, RolloutRecords>();
  for (const fact of facts) {
    const key = parseFleetKey(fleetPrefix, fact.key);
    if (key?.type !== 'Rollout') continue;
    const before = byApp.get(key.app) ?? noRecords;
    byApp.set(key.app, withFact(before, key.place, fact));
  }
  return byApp;
}

function withFact(
  records: RolloutRecords,
  place: RolloutPlace,
  { value, modRevision, isLeased }: RolloutFact,
): RolloutRecords {
  switch (place.type) {
    case 'Halt':
      return { ...records, halt: { modRevision, said: parseHalt(value) } };
    case 'Turn': {
      const stored = { modRevision, said: parseTurn(value) };
      return withSlot(records, place.slot, isLeased ? { turn: stored } : { left: stored });
    }
    case 'Begun':
      return withSlot(records, place.slot, { begun: { modRevision, said: parseBegun(value) } });
    case 'Drain': {
      if (!isLeased || parseDrain(value)?.host !== place.host) return records;
      return { ...records, drains: [...records.drains, place.host].sort(compareText) };
    }
    default:
      return place satisfies never;
  }
}

function withSlot(
  records: RolloutRecords,
  slot: number,
  part: Partial<Pick<RolloutSlot, 'turn' | 'left' | 'begun'>>,
): RolloutRecords {
  const before = records.slots.find((one) => one.slot === slot);
  const now = { turn: undefined, left: undefined, begun: undefined, ...before, ...part, slot };
  const others = records.slots.filter((one) => one.slot !== slot);
  return { ...records, slots: [...others, now].sort((a, b) => a.slot - b.slot) };
}
