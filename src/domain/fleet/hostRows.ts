/**
 * The rows of one host, made from what it says and what is wanted of it. Another word of a host that
 * lives is mostly about one app: then no other row is looked at. Pure.
 */
import type { Identity } from '../types.ts';
import { doubtOf } from './doubt.ts';
import { type Touched, touchRows } from './fleetChanges.ts';
import { assessRow, compareText, type FleetHost, type FleetRow, isSameRow } from './fleetRow.ts';
import type { AppReport } from './hostReport.ts';
import type { WantedApp } from './wantedApp.ts';

export interface HostState {
  readonly host: FleetHost;
  readonly identity: Identity | undefined;
  /** Apps that etcd places there. */
  readonly placed: Set<string>;
  /** Sorted by app. */
  rows: readonly FleetRow[];
  /** The word that they were made from. */
  assessed: FleetHost | undefined;
}

export interface Assessing {
  readonly wantedByApp: ReadonlyMap<string, WantedApp>;
  /** Undefined: nobody follows. */
  readonly touched: Touched | undefined;
}

/** Rows that are as they were stay the same objects. */
export function assess(fleet: Assessing, state: HostState): void {
  const { rows: before } = state;
  const beforeByApp = new Map(before.map((row) => [row.app, row]));
  const rows = rowsOf(state, fleet.wantedByApp).map((row) => {
    const known = beforeByApp.get(row.app);
    if (known === undefined || !isSameRow(known, row)) return row;
    beforeByApp.delete(row.app);
    return known;
  });
  state.rows = rows;
  state.assessed = state.host;
  if (fleet.touched === undefined) return;
  const kept = new Set(before);
  touchRows(
    fleet.touched,
    rows.filter((row) => !kept.has(row)),
  );
  touchRows(fleet.touched, [...beforeByApp.values()]);
}

/** Another word of the same host, about the same apps: mostly of one of them something else. */
export function assessWord(fleet: Assessing, state: HostState): void {
  const { host, rows: before, placed } = state;
  const others = saidOtherwise(state.assessed, host);
  if (others === undefined) return assess(fleet, state);
  state.assessed = host;
  let rows: FleetRow[] | undefined;
  for (const said of others) {
    const at = indexOfApp(before, said.app);
    const known = before[at];
    const wanted = fleet.wantedByApp.get(said.app);
    const row = assessRow(host, said.app, wanted, placed.has(said.app), said);
    if (known === undefined || row === undefined) return assess(fleet, state);
    if (isSameRow(known, row)) continue;
    rows ??= [...before];
    rows[at] = row;
    touchRows(fleet.touched, [row]);
  }
  if (rows !== undefined) state.rows = rows;
}

/**
 * What it says of its apps that may make another row of any; undefined: all of its rows may be others.
 * What is wanted of it is as before.
 */
function saidOtherwise(
  before: FleetHost | undefined,
  now: FleetHost,
): readonly AppReport[] | undefined {
  const [old, report] = [before?.report, now.report];
  if (before?.isAlive !== true || !now.isAlive) return undefined;
  if (old === undefined || report === undefined) return undefined;
  if (old.apps.length !== report.apps.length) return undefined;
  if (doubtOf(true, old) !== doubtOf(true, report)) return undefined;
  const hasSeenMore = old.observedRevision !== report.observedRevision;
  const others: AppReport[] = [];
  for (const [index, said] of report.apps.entries()) {
    const was = old.apps[index];
    if (was?.app !== said.app) return undefined;
    // Converged is one or not by its own `wantedRevision`, whatever its host has seen.
    if (was !== said || (hasSeenMore && said.condition !== 'converged')) others.push(said);
  }
  return others;
}

function rowsOf(
  { host, placed }: HostState,
  wantedByApp: ReadonlyMap<string, WantedApp>,
): readonly FleetRow[] {
  const saidByApp = new Map((host.report?.apps ?? []).map((said) => [said.app as string, said]));
  return [...new Set([...placed, ...saidByApp.keys()])].sort(compareText).flatMap((app) => {
    const wanted = wantedByApp.get(app);
    return assessRow(host, app, wanted, placed.has(app), saidByApp.get(app)) ?? [];
  });
}

export function rowOf(rows: readonly FleetRow[], app: string): FleetRow | undefined {
  return rows[indexOfApp(rows, app)];
}

/** They are sorted by app; -1 when there is none. */
function indexOfApp(rows: readonly FleetRow[], app: string): number {
  let [from, to] = [0, rows.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((rows[middle]?.app ?? '') < app) from = middle + 1;
    else to = middle;
  }
  return rows[from]?.app === app ? from : -1;
}
