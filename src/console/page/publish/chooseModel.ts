/** Apps to choose from, with how they are. Pure. */
import type { LiveApp } from '../../../domain/console/live.ts';
import {
  compareText,
  conditions,
  type FleetCondition,
  type FleetRow,
} from '../../../domain/fleet/fleetRow.ts';

export interface ChoosableApp {
  readonly app: string;
  readonly live: LiveApp;
  /** The most urgent of its places; undefined when it has none. */
  readonly worst: FleetCondition | undefined;
  readonly places: number;
}

/** Those that have all the words in their name or placement; names that begin so first. */
export function chooseApps(
  fleet: {
    readonly apps: ReadonlyMap<string, LiveApp>;
    readonly rows: ReadonlyMap<string, FleetRow>;
  },
  search: string,
): readonly ChoosableApp[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const rowsByApp = new Map<string, FleetRow[]>();
  for (const row of fleet.rows.values()) {
    const there = rowsByApp.get(row.app);
    if (there === undefined) rowsByApp.set(row.app, [row]);
    else there.push(row);
  }
  const [first = ''] = words;
  const beginsSo = (app: string): number => Number(!app.toLowerCase().startsWith(first));
  return [...fleet.apps.values()]
    .filter(({ app, ips }) => {
      const text = `${app} ${ips ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .map((live) => {
      const rows = rowsByApp.get(live.app) ?? [];
      const worst = conditions.find((condition) => rows.some((row) => row.condition === condition));
      return { app: live.app, live, worst, places: rows.length };
    })
    .sort((a, b) => beginsSo(a.app) - beginsSo(b.app) || compareText(a.app, b.app));
}
