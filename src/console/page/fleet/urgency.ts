/** What of the fleet needs somebody, and what comes first. Pure. */
import {
  compareText,
  conditions,
  type FleetCondition,
  type FleetRow,
} from '../../../domain/fleet/fleetRow.ts';
import type { LiveHost } from '../../../domain/console/live.ts';

/** What passes by itself has no order in it: else rows would jump while one aims at them. */
export const calm = conditions.indexOf('converging');

export function conditionRank(condition: FleetCondition): number {
  return Math.min(conditions.indexOf(condition), calm);
}

/** A program that is FATAL needs somebody, whatever the app's condition. */
export function rowRank({ condition, processes, doubt }: FleetRow): number {
  const rank = conditionRank(condition);
  if (rank < calm || doubt !== undefined) return rank;
  return processes.some(({ state }) => state === 'FATAL') ? calm - 1 : rank;
}

/** Of the host itself, whatever its apps say. */
export function hostCondition({ isAlive, problems }: LiveHost): FleetCondition {
  if (!isAlive) return 'lost';
  return problems.length > 0 ? 'held' : 'converged';
}

export function worse(a: FleetCondition, b: FleetCondition): FleetCondition {
  return conditions.indexOf(a) <= conditions.indexOf(b) ? a : b;
}

/** The most urgent first, then by name: of each item both are asked for once. */
export function sortByUrgency<Item>(
  items: readonly Item[],
  rankOf: (item: Item) => number,
  nameOf: (item: Item) => string,
): Item[] {
  const placed = items.map((item) => {
    const name = nameOf(item);
    return { item, name, rank: rankOf(item), key: sortKeyOf(name) };
  });
  placed.sort(
    (a, b) => a.rank - b.rank || compareText(a.key, b.key) || compareText(a.name, b.name),
  );
  return placed.map(({ item }) => item);
}

const sortKeys = new Map<string, string>();

/** `web2` before `web10`. */
export function compareNames(a: string, b: string): number {
  return compareText(sortKeyOf(a), sortKeyOf(b)) || compareText(a, b);
}

function sortKeyOf(name: string): string {
  const known = sortKeys.get(name);
  if (known !== undefined) return known;
  const key = name.toLowerCase().replaceAll(/\d+/g, (digits) => digits.padStart(12, '0'));
  sortKeys.set(name, key);
  return key;
}
