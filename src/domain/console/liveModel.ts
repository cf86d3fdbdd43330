/**
 * The fleet as the console shows it, in versions: what changed is folded in, and whoever knows an
 * older version is told what is other since, within what may be seen. Whatever the order: what was
 * known with what is told is what there is now. Pure.
 *
 * No version is kept but the newest; of the last 2,000 changes it is kept what they touched.
 */
import type { FleetChanges } from '../fleet/fleetChanges.ts';
import { compareText, type FleetRow, isSameRow } from '../fleet/fleetRow.ts';
import type { RolloutRecords } from '../fleet/rolloutRecords.ts';
import { isOpen, isRolledOut, rolloutOfOpen } from '../fleet/rolloutView.ts';
import type { WantedApp } from '../fleet/wantedApp.ts';
import {
  type FleetSnapshot,
  type LiveApp,
  type LiveChange,
  type LiveHost,
  type LiveRollout,
  rowKey,
} from './live.ts';
import { liveApp, liveHost, liveRollout } from './liveRecords.ts';
import { createLiveRing, type Touched } from './liveRing.ts';
import type { LiveScope } from './liveScope.ts';

export interface LiveNews extends FleetChanges {
  /** Apps of whose rollout other words stand in etcd. */
  readonly rollouts: ReadonlySet<string>;
}

/** A snapshot that is not written down yet; nobody changes what is in there. */
export type LiveState = Pick<
  FleetSnapshot,
  'version' | 'atMs' | 'hosts' | 'apps' | 'rows' | 'rollouts'
>;

export interface LiveModel {
  /** 0: nothing was ever told. */
  readonly version: () => number;
  /** Whether anything is other than before: then it is one version more. */
  readonly fold: (
    news: LiveNews,
    recordsByApp: ReadonlyMap<string, RolloutRecords>,
    atMs: number,
  ) => boolean;
  /** What there is now. */
  readonly stateOf: (scope: LiveScope) => LiveState;
  /** Undefined: nothing that may be seen; `'Again'`: too much, or nobody knows any more. */
  readonly changeSince: (version: number, scope: LiveScope) => LiveChange | 'Again' | undefined;
  /** How many records are other since; undefined: nobody knows any more. */
  readonly touchedSince: (version: number) => number | undefined;
}

/** More records than that are quicker told all at once, and compressed. */
export const changeMax = 2_500;

/** Of one app, by host. */
interface AppRows {
  readonly all: Map<string | undefined, FleetRow>;
  /** Those that its rollout is about: most of a thousand need nobody to look at them. */
  readonly open: Map<string | undefined, FleetRow>;
  total: number;
}

export function createLiveModel({ ringMax = 2_000 } = {}): LiveModel {
  const records = createRecords();
  const ring = createLiveRing(ringMax);
  let atMs = 0;
  return {
    version: ring.version,
    fold: (news, recordsByApp, nowMs) => {
      const isNews = ring.add(records.fold(news, recordsByApp));
      if (isNews) atMs = nowMs;
      return isNews;
    },
    stateOf: (scope) => ({ version: ring.version(), atMs, ...allIn(records, scope) }),
    changeSince: (version, scope) => {
      const touched = ring.since(version, changeMax);
      if (touched === undefined) return 'Again';
      const others = othersIn(records, touched, scope);
      if (Object.keys(others).length === 0) return undefined;
      return { type: 'Change', version: ring.version(), atMs, ...others };
    },
    touchedSince: ring.countSince,
  };
}

type Records = ReturnType<typeof createRecords>;

function createRecords() {
  const hosts = new Map<string, LiveHost>();
  const apps = new Map<string, { readonly wanted: WantedApp; readonly live: LiveApp }>();
  const rowsByApp = new Map<string, AppRows>();
  const rollouts = new Map<string, LiveRollout>();

  const foldHosts = (news: LiveNews): readonly string[] =>
    [...news.hosts].flatMap(([name, host]) =>
      put(hosts, name, host === undefined ? undefined : liveHost(host), isSameJson) ? [name] : [],
    );
  const foldApps = (news: LiveNews): readonly string[] =>
    [...news.apps].flatMap(([app, wanted]) => {
      const folded = wanted === undefined ? undefined : { wanted, live: liveApp(wanted) };
      return put(apps, app, folded, (a, b) => isSameJson(a.live, b.live)) ? [app] : [];
    });
  const foldRows = (news: LiveNews): Touched['rows'] =>
    [...news.rows].flatMap(([app, changed]) => {
      const rows = rowsByApp.get(app) ?? { all: new Map(), open: new Map(), total: 0 };
      const others = [...changed].filter(([host, row]) => putRow(rows, host, row));
      if (rows.all.size === 0) rowsByApp.delete(app);
      else rowsByApp.set(app, rows);
      return others.map(([host]) => ({ app, host }));
    });
  const foldRollout = (app: string, said: RolloutRecords | undefined): boolean => {
    const rows = rowsByApp.get(app);
    const open = [...(rows?.open.values() ?? [])];
    const { wanted } = apps.get(app) ?? {};
    const rollout = rolloutOfOpen(app, { open, total: rows?.total ?? 0 }, wanted, said);
    const live = rollout.state === 'Idle' ? undefined : liveRollout(rollout);
    return put(rollouts, app, live, isSameJson);
  };
  return {
    ...{ hosts, apps, rowsByApp, rollouts },
    fold: (news: LiveNews, recordsByApp: ReadonlyMap<string, RolloutRecords>): Touched => {
      const touched = { hosts: foldHosts(news), apps: foldApps(news), rows: foldRows(news) };
      const rowApps = touched.rows.map(({ app }) => app);
      const moved = new Set([...news.rollouts, ...touched.apps, ...rowApps]);
      const others = [...moved].filter((app) => foldRollout(app, recordsByApp.get(app)));
      return { ...touched, rollouts: others };
    },
  };
}

function allIn({ hosts, apps, rowsByApp, rollouts }: Records, scope: LiveScope) {
  const rows: FleetRow[] = [];
  for (const [app, { all }] of rowsByApp) {
    if (!scope.hasApp(app)) continue;
    for (const row of all.values()) if (scope.hasRow(row)) rows.push(scope.row(row));
  }
  const shown = [...hosts.values()].filter(({ host }) => scope.hasHost(host)).map(scope.host);
  const live = [...apps.values()].map((one) => one.live).filter(({ app }) => scope.hasApp(app));
  const shownApps = live.map(scope.app);
  return {
    hosts: shown.sort((a, b) => compareText(a.host, b.host)),
    apps: shownApps.sort((a, b) => compareText(a.app, b.app)),
    rows,
    rollouts: rolloutsIn(rollouts, scope),
  };
}

function othersIn(
  { hosts, apps, rowsByApp, rollouts }: Records,
  touched: Touched,
  scope: LiveScope,
): Pick<LiveChange, 'hosts' | 'apps' | 'rows' | 'rollouts'> {
  const hostOf = (name: string): LiveHost | null => {
    const host = hosts.get(name);
    return host === undefined ? null : scope.host(host);
  };
  const appOf = (name: string): LiveApp | null => {
    const app = apps.get(name);
    return app === undefined ? null : scope.app(app.live);
  };
  const rowOf = ({ app, host }: Pick<FleetRow, 'app' | 'host'>): FleetRow | null => {
    const row = rowsByApp.get(app)?.all.get(host);
    return row === undefined ? null : scope.row(row);
  };
  const hostsThere = touched.hosts.filter(scope.hasHost);
  const appsThere = touched.apps.filter(scope.hasApp);
  const rowsThere = touched.rows.filter(scope.hasRow);
  return {
    ...(hostsThere.length > 0 && { hosts: record(hostsThere, (name) => [name, hostOf(name)]) }),
    ...(appsThere.length > 0 && { apps: record(appsThere, (app) => [app, appOf(app)]) }),
    ...(rowsThere.length > 0 && { rows: record(rowsThere, (row) => [rowKey(row), rowOf(row)]) }),
    ...(touched.rollouts.some(scope.hasApp) && { rollouts: rolloutsIn(rollouts, scope) }),
  };
}

function rolloutsIn(
  rollouts: ReadonlyMap<string, LiveRollout>,
  scope: LiveScope,
): readonly LiveRollout[] {
  const shown = [...rollouts.values()].filter(({ app }) => scope.hasApp(app));
  return shown.sort((a, b) => compareText(a.app, b.app)).map(scope.rollout);
}

/** Whether it is another one than before. */
function put<Key, Value>(
  map: Map<Key, Value>,
  key: Key,
  value: Value | undefined,
  isSame: (a: Value, b: Value) => boolean,
): boolean {
  const before = map.get(key);
  if (value === undefined) return map.delete(key);
  if (before !== undefined && isSame(before, value)) return false;
  map.set(key, value);
  return true;
}

function putRow(rows: AppRows, host: string | undefined, row: FleetRow | undefined): boolean {
  const before = rows.all.get(host);
  if (!put(rows.all, host, row, isSameRow)) return false;
  if (before !== undefined && isRolledOut(before)) rows.total -= 1;
  if (row !== undefined && isRolledOut(row)) rows.total += 1;
  if (row !== undefined && isRolledOut(row) && isOpen(row)) rows.open.set(host, row);
  else rows.open.delete(host);
  return true;
}

/** Of records of one kind, whose fields are always in the same order. */
function isSameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Names come from outside: `fromEntries` makes a field of `__proto__` too. */
function record<Item, Value>(
  items: readonly Item[],
  entryOf: (item: Item) => readonly [string, Value],
): Readonly<Record<string, Value>> {
  return Object.fromEntries(items.map(entryOf));
}
