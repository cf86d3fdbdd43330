/**
 * The fleet as it is looked at: grouped, filtered, sorted, counted. `createFleetIndex` remembers the
 * fleet it saw last and derives anew only the groups that something changed in, so that one change
 * among 50,000 rows costs a millisecond or two. Same fleet and query: same answer. Pure but for that.
 */
import type { LiveHost } from '../../../domain/console/live.ts';
import type { ConditionCounts } from '../../../domain/fleet/fleetSummary.ts';
import { conditions, type FleetCondition, type FleetRow } from '../../../domain/fleet/fleetRow.ts';
import { matchesAny } from '../../../domain/wildcard.ts';
import type { Fleet } from '../core/pageState.ts';
import type { FleetQuery } from './fleetQuery.ts';
import { mapChanges } from './mapChanges.ts';
import { calm, conditionRank, hostCondition, rowRank, sortByUrgency, worse } from './urgency.ts';

export interface FleetGroup {
  /** A host or an app; `''` for rows of which nobody knows the host. */
  readonly name: string;
  readonly kind: 'host' | 'app';
  /** The most urgent of what is shown, and of the host itself. */
  readonly condition: FleetCondition;
  readonly rank: number;
  /** Shown; the most urgent first, then by name. */
  readonly rows: readonly FleetRow[];
  /** Of those that fit but for their condition. */
  readonly counts: ConditionCounts;
}

export interface FleetIndex {
  /** The most urgent first, then by name. */
  readonly groups: readonly FleetGroup[];
  readonly shown: number;
  /** In whatever condition they are. */
  readonly counts: ConditionCounts;
  readonly urgent: number;
}

export type DeriveFleet = (fleet: Pick<Fleet, 'hosts' | 'rows'>, query: FleetQuery) => FleetIndex;

type Members = Map<string, FleetRow>;

interface Memory {
  readonly fleet: Pick<Fleet, 'hosts' | 'rows'>;
  readonly query: FleetQuery;
  readonly members: Map<string, Members>;
  readonly groups: Map<string, Derived>;
  readonly index: FleetIndex;
}

interface Derived {
  /** Undefined: nothing of it is shown. */
  readonly group: FleetGroup | undefined;
  readonly counts: ConditionCounts;
  readonly urgent: number;
}

export function createFleetIndex(): DeriveFleet {
  let memory: Memory | undefined;
  return (fleet, query) => {
    if (memory?.fleet.rows === fleet.rows && memory.fleet.hosts === fleet.hosts) {
      if (isSameFilter(memory.query, query)) return memory.index;
    }
    memory = remember(memory, fleet, query);
    return memory.index;
  };
}

function isSameFilter(a: FleetQuery, b: FleetQuery): boolean {
  return filterKey(a) === filterKey(b);
}

function filterKey({ by, open: _, ...filter }: FleetQuery): string {
  return JSON.stringify([by === 'app', filter]);
}

function remember(memory: Memory | undefined, fleet: Memory['fleet'], query: FleetQuery): Memory {
  const kind = query.by === 'app' ? 'app' : 'host';
  const isFresh = memory === undefined || (memory.query.by === 'app') !== (kind === 'app');
  const members = isFresh ? new Map<string, Members>() : memory.members;
  const groups = isFresh ? new Map<string, Derived>() : memory.groups;
  const touched = new Set<string>();
  const before = isFresh ? new Map<string, FleetRow>() : memory.fleet.rows;
  for (const { key, before: was, after } of mapChanges(before, fleet.rows)) {
    const row = after ?? was;
    if (row === undefined) continue;
    const name = kind === 'app' ? row.app : (row.host ?? '');
    touched.add(name);
    const there = members.get(name) ?? new Map<string, FleetRow>();
    members.set(name, there);
    if (after === undefined) there.delete(key);
    else there.set(key, after);
  }
  const isRefiltered = isFresh || !isSameFilter(memory.query, query);
  touchHosts(isFresh ? undefined : memory.fleet.hosts, fleet.hosts, kind, query, touched, members);
  const names = isRefiltered
    ? new Set([...members.keys(), ...(kind === 'host' ? fleet.hosts.keys() : [])])
    : touched;
  if (isRefiltered) groups.clear();
  const isShown = rowFilter(query, fleet.hosts);
  for (const name of names) {
    const rows = members.get(name);
    if (rows?.size === 0) members.delete(name);
    const host = kind === 'host' ? fleet.hosts.get(name) : undefined;
    if ((rows === undefined || rows.size === 0) && host === undefined) groups.delete(name);
    else groups.set(name, derive(name, kind, rows, host, query, isShown));
  }
  return { fleet, query, members, groups, index: indexOf(groups) };
}

/** A host that changed is another head of its group, and its addresses are searched. */
function touchHosts(
  before: ReadonlyMap<string, LiveHost> | undefined,
  after: ReadonlyMap<string, LiveHost>,
  kind: 'host' | 'app',
  query: FleetQuery,
  touched: Set<string>,
  members: ReadonlyMap<string, Members>,
): void {
  const changes = mapChanges(before ?? new Map<string, LiveHost>(), after);
  if (kind === 'host') for (const { key } of changes) touched.add(key);
  else if (query.text !== '' && changes.length > 0) {
    for (const name of members.keys()) touched.add(name);
  }
}

function derive(
  name: string,
  kind: 'host' | 'app',
  members: Members | undefined,
  host: LiveHost | undefined,
  query: FleetQuery,
  isShown: (row: FleetRow) => boolean,
): Derived {
  const counts = noCounts();
  const fitting: FleetRow[] = [];
  let urgent = 0;
  for (const row of members?.values() ?? []) {
    if (!isShown(row)) continue;
    counts[row.condition] += 1;
    const isUrgent = rowRank(row) < calm;
    if (isUrgent) urgent += 1;
    if (query.isUrgentOnly && !isUrgent) continue;
    if (query.conditions.length > 0 && !query.conditions.includes(row.condition)) continue;
    fitting.push(row);
  }
  const own = host === undefined ? undefined : hostCondition(host);
  const isOwn = own !== undefined && host !== undefined && isHostShown(host, own, query);
  if (fitting.length === 0 && !isOwn) return { group: undefined, counts, urgent };
  const other = kind === 'app' ? (row: FleetRow) => row.host ?? '' : (row: FleetRow) => row.app;
  const rows = sortByUrgency(fitting, rowRank, other);
  const condition = rows.reduce((worst, row) => worse(worst, row.condition), own ?? 'converged');
  const rank = rows.reduce(
    (least, row) => Math.min(least, rowRank(row)),
    own === undefined ? calm : conditionRank(own),
  );
  return { group: { name, kind, condition, rank, rows, counts }, counts, urgent };
}

/** A host that has no app that fits: for what it is itself. */
function isHostShown(host: LiveHost, own: FleetCondition, query: FleetQuery): boolean {
  if (query.apps.length > 0) return false;
  if (query.hosts.length > 0 && !matchesAny(host.host, query.hosts)) return false;
  if (query.isUrgentOnly && conditionRank(own) >= calm) return false;
  if (query.conditions.length > 0 && !query.conditions.includes(own)) return false;
  const text = `${hostText(host)} ${host.problems.join(' ')}`.toLowerCase();
  return wordsOf(query.text).every((word) => text.includes(word));
}

/** But for condition and urgency. */
function rowFilter(
  { text, hosts, apps }: FleetQuery,
  hostsById: ReadonlyMap<string, LiveHost>,
): (row: FleetRow) => boolean {
  const words = wordsOf(text);
  return (row) => {
    if (apps.length > 0 && !matchesAny(row.app, apps)) return false;
    if (hosts.length > 0 && !matchesAny(row.host ?? '', hosts)) return false;
    if (words.length === 0) return true;
    const own = rowText(row);
    const host = row.host === undefined ? undefined : hostsById.get(row.host);
    return words.every(
      (word) => own.includes(word) || (host !== undefined && hostText(host).includes(word)),
    );
  };
}

function wordsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

const rowTexts = new WeakMap<FleetRow, string>();

function rowText(row: FleetRow): string {
  const known = rowTexts.get(row);
  if (known !== undefined) return known;
  const states = row.processes.map(({ id, state }) => `${id} ${state}`);
  const parts = [row.app, row.host ?? '', row.condition, row.code ?? '', row.reason ?? ''];
  const text = [...parts, ...states].join('\n').toLowerCase();
  rowTexts.set(row, text);
  return text;
}

const hostTexts = new WeakMap<LiveHost, string>();

function hostText(host: LiveHost): string {
  const known = hostTexts.get(host);
  if (known !== undefined) return known;
  const text = [host.host, ...host.addresses, ...host.hostNames].join('\n').toLowerCase();
  hostTexts.set(host, text);
  return text;
}

function indexOf(derived: ReadonlyMap<string, Derived>): FleetIndex {
  const groups: FleetGroup[] = [];
  const counts = noCounts();
  let [shown, urgent] = [0, 0];
  for (const one of derived.values()) {
    for (const condition of conditions) counts[condition] += one.counts[condition];
    urgent += one.urgent;
    if (one.group === undefined) continue;
    shown += one.group.rows.length;
    groups.push(one.group);
  }
  const sorted = sortByUrgency(
    groups,
    ({ rank }) => rank,
    ({ name }) => name,
  );
  return { groups: sorted, shown, counts, urgent };
}

function noCounts(): Record<FleetCondition, number> {
  return {
    ...{ quarantined: 0, 'rolled-back': 0, lost: 0 },
    ...{ held: 0, converging: 0, converged: 0 },
  };
}
