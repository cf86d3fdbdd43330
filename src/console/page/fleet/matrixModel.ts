/** Hosts down, apps across: which of them, in which order. Cells are looked up by `rowKey`. Pure. */
import type { FleetGroup } from './fleetModel.ts';
import { compareNames, rowRank } from './urgency.ts';

export interface Matrix {
  /** As the groups are sorted. */
  readonly hosts: readonly string[];
  /** The most urgent first, then by name. */
  readonly apps: readonly string[];
}

export function matrixOf(groups: readonly FleetGroup[]): Matrix {
  const rankByApp = new Map<string, number>();
  const hosts: string[] = [];
  for (const { name, rows } of groups) {
    if (rows.length > 0) hosts.push(name);
    for (const row of rows) {
      const rank = rowRank(row);
      const least = rankByApp.get(row.app);
      if (least === undefined || rank < least) rankByApp.set(row.app, rank);
    }
  }
  const apps = [...rankByApp]
    .sort(([a, rankA], [b, rankB]) => rankA - rankB || compareNames(a, b))
    .map(([app]) => app);
  return { hosts, apps };
}
