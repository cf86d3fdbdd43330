/** What each of the last changes of the fleet touched, by name alone. Pure. */
import type { FleetRow } from '../fleet/fleetRow.ts';

export interface Touched {
  readonly hosts: readonly string[];
  readonly apps: readonly string[];
  readonly rows: readonly Pick<FleetRow, 'app' | 'host'>[];
  /** Apps of which the rollout is another one. */
  readonly rollouts: readonly string[];
}

export interface LiveRing {
  readonly version: () => number;
  /** False, and no version more, when it touched nothing. */
  readonly add: (touched: Touched) => boolean;
  /** Each name once; undefined when that is too long ago, or nothing that ever was, or over `max`. */
  readonly since: (version: number, max: number) => Touched | undefined;
  /** Names that were touched several times count as often. */
  readonly countSince: (version: number) => number | undefined;
}

/** Names in all that are kept; one change may touch all of them. */
const namesMax = 100_000;

export function createLiveRing(max: number): LiveRing {
  const entries: Touched[] = [];
  let version = 0;
  let names = 0;

  const after = (known: number): readonly Touched[] | undefined => {
    const count = version - known;
    const isKnown = Number.isSafeInteger(known) && count >= 0 && count <= entries.length;
    return isKnown ? entries.slice(entries.length - count) : undefined;
  };
  return {
    version: () => version,
    add: (touched) => {
      const size = sizeOf(touched);
      if (size === 0) return false;
      version += 1;
      names += size;
      entries.push(touched);
      while (entries.length > max || names > namesMax) {
        const oldest = entries.shift();
        if (oldest === undefined) break;
        names -= sizeOf(oldest);
      }
      return true;
    },
    since: (known, sizeMax) => {
      const all = after(known);
      if (all === undefined) return undefined;
      const merged = mergeTouched(all);
      return sizeOf(merged) > sizeMax ? undefined : merged;
    },
    countSince: (known) => after(known)?.reduce((sum, touched) => sum + sizeOf(touched), 0),
  };
}

function sizeOf({ hosts, apps, rows, rollouts }: Touched): number {
  return hosts.length + apps.length + rows.length + rollouts.length;
}

function mergeTouched(all: readonly Touched[]): Touched {
  const [only] = all;
  if (all.length === 1 && only !== undefined) return only;
  const rows = new Map<string, Map<string | undefined, Touched['rows'][number]>>();
  for (const row of all.flatMap((touched) => touched.rows)) {
    const there = rows.get(row.app);
    if (there === undefined) rows.set(row.app, new Map([[row.host, row]]));
    else there.set(row.host, row);
  }
  return {
    hosts: [...new Set(all.flatMap(({ hosts }) => hosts))],
    apps: [...new Set(all.flatMap(({ apps }) => apps))],
    rows: [...rows.values()].flatMap((byHost) => [...byHost.values()]),
    rollouts: [...new Set(all.flatMap(({ rollouts }) => rollouts))],
  };
}
