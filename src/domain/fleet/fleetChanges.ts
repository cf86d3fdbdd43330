/** What of a fleet is other than when somebody asked last, for those who follow it. */
import type { FleetHost, FleetRow } from './fleetRow.ts';
import type { WantedApp } from './wantedApp.ts';

/** What may be other than before; undefined: it is gone. */
export interface FleetChanges {
  readonly hosts: ReadonlyMap<string, FleetHost | undefined>;
  readonly apps: ReadonlyMap<string, WantedApp | undefined>;
  /** By app, and by what stands for the host in a row. */
  readonly rows: ReadonlyMap<string, ReadonlyMap<string | undefined, FleetRow | undefined>>;
}

/** By name alone: what is there is looked up when it is asked for. */
export interface Touched {
  readonly hosts: Set<string>;
  readonly apps: Set<string>;
  readonly rows: Map<string, Set<string | undefined>>;
}

export function nothingTouched(): Touched {
  return { hosts: new Set(), apps: new Set(), rows: new Map() };
}

/** Nobody follows: nothing is noted. */
export function touchRows(touched: Touched | undefined, rows: readonly FleetRow[]): void {
  if (touched === undefined) return;
  for (const { app, host } of rows) {
    const there = touched.rows.get(app);
    if (there === undefined) touched.rows.set(app, new Set([host]));
    else there.add(host);
  }
}

export function changesOf(
  touched: Touched,
  now: {
    readonly host: (name: string) => FleetHost | undefined;
    readonly app: (app: string) => WantedApp | undefined;
    readonly row: (app: string, host: string | undefined) => FleetRow | undefined;
  },
): FleetChanges {
  const rowsOf = (app: string, names: ReadonlySet<string | undefined>) =>
    new Map([...names].map((host) => [host, now.row(app, host)]));
  return {
    hosts: new Map([...touched.hosts].map((name) => [name, now.host(name)])),
    apps: new Map([...touched.apps].map((app) => [app, now.app(app)])),
    rows: new Map([...touched.rows].map(([app, names]) => [app, rowsOf(app, names)])),
  };
}
