/** What is looked at of a fleet, how many are in which condition, and whether all is well. Pure. */
import type { FleetView } from './fleetView.ts';
import { haltedCode } from './fleetWait.ts';
import {
  compareRows,
  compareText,
  conditions,
  type FleetCondition,
  type FleetHost,
  type FleetRow,
} from './fleetRow.ts';

/** Empty lists select everything. */
export interface FleetSelection {
  readonly apps: readonly string[];
  readonly hosts: readonly string[];
  readonly conditions: readonly FleetCondition[];
}

export const everything: FleetSelection = { apps: [], hosts: [], conditions: [] };

export interface HostSummary extends FleetHost {
  /** The most urgent of its apps', and of its own. */
  readonly condition: FleetCondition;
  readonly problems: readonly string[];
  readonly counts: ConditionCounts;
}

export type ConditionCounts = Readonly<Record<FleetCondition, number>>;

export interface FleetSummary {
  /** Sorted by id. */
  readonly hosts: readonly HostSummary[];
  /** The most urgent first. */
  readonly rows: readonly FleetRow[];
  readonly counts: ConditionCounts;
  readonly appCount: number;
  /** Apps of which some host says that their rollout is halted. */
  readonly haltedCount: number;
  /** What is asked for beside conditions, in whatever condition it is. */
  readonly all: { readonly hostCount: number; readonly appCount: number };
  /** Empty: all. */
  readonly conditions: readonly FleetCondition[];
  /** Of everything that is selected. */
  readonly isConverged: boolean;
}

export function summarise(view: FleetView, selection: FleetSelection): FleetSummary {
  const isSelected = rowFilter(selection);
  const rows = sortRows(view.rows.filter(isSelected));
  const inAny = rowFilter({ ...selection, conditions: [] });
  const rowsByHost = new Map<string, FleetRow[]>();
  for (const row of rows) {
    if (row.host === undefined) continue;
    const there = rowsByHost.get(row.host);
    if (there === undefined) rowsByHost.set(row.host, [row]);
    else there.push(row);
  }
  // Who asks for apps or conditions asks for the hosts that have them, not what else ails these.
  const isOfHosts = selection.apps.length === 0 && selection.conditions.length === 0;
  const hosts = view.hosts
    .filter(({ host }) => isAmong(selection.hosts, host))
    .filter(({ host }) => isOfHosts || rowsByHost.has(host))
    .map((host) => summariseHost(host, rowsByHost.get(host.host) ?? []));
  const areRowsFine = rows.every(({ condition }) => condition === 'converged');
  const areHostsFine = hosts.every(({ condition }) => condition === 'converged');
  return {
    hosts,
    rows,
    counts: countConditions(rows),
    appCount: new Set(rows.map(({ app }) => app)).size,
    haltedCount: new Set(rows.filter(isHalted).map(({ app }) => app)).size,
    all: countAll(selection.conditions.length === 0 ? rows : view.rows.filter(inAny)),
    conditions: selection.conditions,
    isConverged: areRowsFine && (!isOfHosts || areHostsFine),
  };
}

/** Of a host that is lost the code says that it is. */
function isHalted({ code }: FleetRow): boolean {
  return code === haltedCode;
}

function countAll(rows: readonly FleetRow[]): FleetSummary['all'] {
  const hosts = new Set(rows.flatMap(({ host }) => host ?? []));
  return { hostCount: hosts.size, appCount: new Set(rows.map(({ app }) => app)).size };
}

export function rowFilter(selection: FleetSelection): (row: FleetRow) => boolean {
  const [apps, hosts] = [new Set(selection.apps), new Set(selection.hosts)];
  const among = new Set(selection.conditions);
  return ({ app, host, condition }) =>
    (apps.size === 0 || apps.has(app)) &&
    (hosts.size === 0 || (host !== undefined && hosts.has(host))) &&
    (among.size === 0 || among.has(condition));
}

/**
 * As `compareRows` has it, for rows that are sorted by host and app already: tens of thousands, with
 * hardly a comparison.
 */
function sortRows(rows: readonly FleetRow[]): readonly FleetRow[] {
  const byCondition = new Map<FleetCondition, Map<string, FleetRow[]>>();
  for (const row of rows) {
    const byApp = byCondition.get(row.condition) ?? new Map<string, FleetRow[]>();
    byCondition.set(row.condition, byApp);
    const there = byApp.get(row.app);
    if (there === undefined) byApp.set(row.app, [row]);
    else there.push(row);
  }
  const sorted: FleetRow[] = [];
  for (const condition of conditions) {
    const byApp = byCondition.get(condition);
    for (const app of [...(byApp?.keys() ?? [])].sort(compareText)) {
      sorted.push(...(byApp?.get(app) ?? []).sort(compareRows));
    }
  }
  return sorted;
}

function isAmong(list: readonly string[], name: string): boolean {
  return list.length === 0 || list.includes(name);
}

function summariseHost(host: FleetHost, rows: readonly FleetRow[]): HostSummary {
  const problems = [...host.faults, ...(host.isAlive ? (host.report?.problems ?? []) : [])];
  const own: FleetCondition = !host.isAlive ? 'lost' : problems.length > 0 ? 'held' : 'converged';
  const worst = [own, ...rows.map(({ condition }) => condition)].reduce(moreUrgent);
  return { ...host, condition: worst, problems, counts: countConditions(rows) };
}

export function moreUrgent(a: FleetCondition, b: FleetCondition): FleetCondition {
  return conditions.indexOf(a) <= conditions.indexOf(b) ? a : b;
}

function countConditions(rows: readonly FleetRow[]): ConditionCounts {
  const counts: Record<FleetCondition, number> = {
    ...{ quarantined: 0, 'rolled-back': 0, lost: 0 },
    ...{ held: 0, converging: 0, converged: 0 },
  };
  for (const { condition } of rows) counts[condition] += 1;
  return counts;
}
