/** Hosts down, apps across: which of them, in which order. Cells are looked up by `rowKey`. Pure. */
import type { FleetGroup } from './fleetModel.ts';
import { calm, compareNames, rowRank } from './urgency.ts';

export interface Matrix {
  /** As the groups are sorted. */
  readonly hosts: readonly string[];
  /** The most urgent first, then by name. */
  readonly apps: readonly string[];
}

export function matrixOf(groups: readonly FleetGroup[]): Matrix {
  const rankByApp = new Map<string, number>();
  const note = (app: string, rank: number): void => {
    const least = rankByApp.get(app);
    if (least === undefined || rank < least) rankByApp.set(app, rank);
  };
  const hosts: string[] = [];
  // Most hosts have the same apps: those are gone through once.
  const seen = new Set<string>();
  for (const group of groups) {
    if (group.rows.length > 0) hosts.push(group.name);
    const { apps, key, urgent } = across(group);
    if (!seen.has(key)) for (const app of apps) note(app, calm);
    seen.add(key);
    for (const [app, rank] of urgent) note(app, rank);
  }
  const apps = [...rankByApp]
    .sort(([a, rankA], [b, rankB]) => rankA - rankB || compareNames(a, b))
    .map(([app]) => app);
  return { hosts, apps };
}

interface Across {
  readonly apps: readonly string[];
  /** The same for groups with the same apps. */
  readonly key: string;
  readonly urgent: readonly (readonly [app: string, rank: number])[];
}

const acrossByGroup = new WeakMap<FleetGroup, Across>();

/** What a group has for the columns: looked up once, for groups stay the same until they change. */
function across(group: FleetGroup): Across {
  const known = acrossByGroup.get(group);
  if (known !== undefined) return known;
  const apps = group.rows.map(({ app }) => app).sort();
  const ranks = group.rows.map((row) => [row.app, rowRank(row)] as const);
  const made = { apps, key: apps.join('/'), urgent: ranks.filter(([, rank]) => rank < calm) };
  acrossByGroup.set(group, made);
  return made;
}
