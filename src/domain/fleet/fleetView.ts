/**
 * The fleet as it stands: every app on every host it concerns, kept up to date change by change, so
 * that looking at a thousand hosts all day costs what has changed and no more.
 *
 * What changed is looked at when somebody looks: a thousand changes in between are one.
 * Whatever the order of the changes, it is the same as made at once from what they came to.
 */
import type { DesiredEntry } from '../event.ts';
import type { Result } from '../result.ts';
import type { Identity } from '../types.ts';
import {
  changesOf,
  type FleetChanges,
  nothingTouched,
  type Touched,
  touchRows,
} from './fleetChanges.ts';
import { compareText, type FleetHost, type FleetRow, rowWithoutHost } from './fleetRow.ts';
import { createHostIndex, type HostIndex } from './hostIndex.ts';
import { assess, assessWord, type HostState, rowOf } from './hostRows.ts';
import type { DecodedReport } from './reportCodec.ts';
import { isSameWanted, wantedApp, type WantedApp } from './wantedApp.ts';

/** What stands under the keys of one host; the errors say why it cannot be read. */
export interface HostWords {
  /** Under the lease of its agent. */
  readonly live: Result<DecodedReport, string> | undefined;
  /** What stays of it. */
  readonly known: Result<DecodedReport, string> | undefined;
}

export interface FleetView {
  /** Sorted by id. */
  readonly hosts: readonly FleetHost[];
  /** Of one host after the other; those without a host at the end. */
  readonly rows: readonly FleetRow[];
  /** Sorted; names of all apps that etcd has or a host reports. */
  readonly apps: readonly string[];
  readonly wantedByApp: ReadonlyMap<string, WantedApp>;
}

export interface FleetViewStore {
  /** Without leaves: it is gone. */
  readonly setApp: (entry: DesiredEntry) => void;
  /** Undefined: it is gone. */
  readonly setWanted: (app: string, wanted: WantedApp | undefined) => void;
  /** Without words: there is no such host. */
  readonly setHost: (host: string, words: HostWords) => void;
  /** The same object as long as nothing has changed. */
  readonly view: () => FleetView;
  /** Since it was asked for last; for the first time everything there is. */
  readonly takeChanges: () => FleetChanges;
}

/** Everything that is known, and what of it has changed since somebody looked. */
interface Fleet {
  readonly wantedByApp: Map<string, WantedApp>;
  readonly hosts: Map<string, HostState>;
  /** Where etcd places each app. */
  readonly hostsByApp: Map<string, ReadonlySet<string>>;
  /** Rows of apps that no host answers for. */
  readonly hostlessByApp: Map<string, readonly FleetRow[]>;
  readonly changedApps: Set<string>;
  readonly changedHosts: Set<string>;
  /** Those that said something else, and nothing more. */
  readonly spokenHosts: Set<string>;
  /** Undefined when it is no longer of these hosts. */
  index: HostIndex | undefined;
  /** Undefined: nobody follows. */
  touched: Touched | undefined;
}

export function createFleetView(): FleetViewStore {
  const fleet: Fleet = {
    wantedByApp: new Map(),
    hosts: new Map(),
    hostsByApp: new Map(),
    hostlessByApp: new Map(),
    changedApps: new Set(),
    changedHosts: new Set(),
    spokenHosts: new Set(),
    index: undefined,
    touched: undefined,
  };
  let view: FleetView | undefined;

  const set = (app: string, wanted: WantedApp | undefined): void => {
    if (setWanted(fleet, app, wanted)) view = undefined;
  };
  return {
    setApp: (entry) => {
      set(entry.app, wantedApp(entry));
    },
    setWanted: set,
    setHost: (host, words) => {
      setHost(fleet, host, words);
      view = undefined;
    },
    view: () => {
      view ??= look(fleet);
      return view;
    },
    takeChanges: () => takeChanges(fleet),
  };
}

/** Whether that is any news. */
function setWanted(fleet: Fleet, app: string, wanted: WantedApp | undefined): boolean {
  const { wantedByApp, changedApps, touched } = fleet;
  const before = wantedByApp.get(app);
  if (wanted === undefined && before === undefined) return false;
  if (wanted !== undefined && before !== undefined && isSameWanted(wanted, before)) return false;
  if (wanted === undefined) wantedByApp.delete(app);
  else wantedByApp.set(app, wanted);
  changedApps.add(app);
  touched?.apps.add(app);
  return true;
}

function setHost(fleet: Fleet, name: string, words: HostWords): void {
  const before = fleet.hosts.get(name);
  const host = readHost(name, words);
  fleet.spokenHosts.add(name);
  fleet.touched?.hosts.add(name);
  const identity = host === undefined ? undefined : identityOf(host);
  if (!isSameIdentity(before?.identity, identity)) fleet.index = undefined;
  if (host === undefined) {
    touchRows(fleet.touched, before?.rows ?? []);
    fleet.hosts.delete(name);
    return;
  }
  const { placed = new Set<string>(), rows = [], assessed } = before ?? {};
  fleet.hosts.set(name, { host, identity, placed, rows, assessed });
}

function takeChanges(fleet: Fleet): FleetChanges {
  const { hosts, wantedByApp, hostlessByApp } = fleet;
  refresh(fleet);
  const touched = fleet.touched ?? touchAll(fleet);
  fleet.touched = nothingTouched();
  return changesOf(touched, {
    host: (name) => hosts.get(name)?.host,
    app: (app) => wantedByApp.get(app),
    row: (app, host) =>
      (host === undefined ? undefined : rowOf(hosts.get(host)?.rows ?? [], app)) ??
      hostlessByApp.get(app)?.find((row) => row.host === host),
  });
}

function touchAll({ hosts, wantedByApp, hostlessByApp }: Fleet): Touched {
  const all = {
    ...nothingTouched(),
    hosts: new Set(hosts.keys()),
    apps: new Set(wantedByApp.keys()),
  };
  for (const { rows } of hosts.values()) touchRows(all, rows);
  for (const rows of hostlessByApp.values()) touchRows(all, rows);
  return all;
}

function look(fleet: Fleet): FleetView {
  refresh(fleet);
  const { wantedByApp, hostlessByApp } = fleet;
  const hosts = [...fleet.hosts.values()].sort((a, b) => compareText(a.host.host, b.host.host));
  const hostless = [...hostlessByApp.keys()].sort(compareText);
  const rows: FleetRow[] = [];
  for (const state of hosts) rows.push(...state.rows);
  for (const app of hostless) rows.push(...(hostlessByApp.get(app) ?? []));
  const unwanted = rows.filter(({ app }) => !wantedByApp.has(app)).map(({ app }) => app);
  const apps = new Set([...wantedByApp.keys(), ...unwanted]);
  return {
    hosts: hosts.map(({ host }) => host),
    rows,
    apps: [...apps].sort(compareText),
    wantedByApp: new Map(wantedByApp),
  };
}

function refresh(fleet: Fleet): void {
  const { wantedByApp, hosts, hostsByApp, changedApps, changedHosts, spokenHosts } = fleet;
  if (fleet.index === undefined) {
    fleet.index = createHostIndex([...hosts.values()].flatMap(({ identity }) => identity ?? []));
    for (const app of new Set([...hostsByApp.keys(), ...wantedByApp.keys()])) {
      if (!changedApps.has(app)) place(fleet, app, fleet.index, false);
    }
  }
  for (const app of changedApps) place(fleet, app, fleet.index, true);
  // Whoever reports an app has a row of it, placed there or not.
  for (const [name, { host }] of changedApps.size === 0 ? [] : hosts) {
    if (host.report?.apps.some(({ app }) => changedApps.has(app)) === true) changedHosts.add(name);
  }
  for (const name of changedHosts) {
    const state = hosts.get(name);
    if (state !== undefined) assess(fleet, state);
  }
  for (const name of spokenHosts) {
    const state = hosts.get(name);
    if (state !== undefined && !changedHosts.has(name)) assessWord(fleet, state);
  }
  changedApps.clear();
  changedHosts.clear();
  spokenHosts.clear();
}

/** Where an app is to be, by its placement and the hosts there are. */
function place(fleet: Fleet, app: string, index: HostIndex, isChanged: boolean): void {
  const { hosts, hostsByApp, hostlessByApp, changedHosts } = fleet;
  const wanted = fleet.wantedByApp.get(app);
  const placement = wanted?.placement;
  const names = new Set(placement === undefined ? [] : index.hostsOf(placement));
  for (const name of hostsByApp.get(app) ?? []) {
    if (isChanged || !names.has(name)) changedHosts.add(name);
    if (!names.has(name)) hosts.get(name)?.placed.delete(app);
  }
  for (const name of names) {
    const placed = hosts.get(name)?.placed;
    if (isChanged || placed?.has(app) === false) changedHosts.add(name);
    placed?.add(app);
  }
  if (wanted === undefined) hostsByApp.delete(app);
  else hostsByApp.set(app, names);
  const rows = wanted === undefined ? [] : hostlessRows(wanted, names.size, index);
  touchRows(fleet.touched, hostlessByApp.get(app) ?? []);
  touchRows(fleet.touched, rows);
  if (rows.length === 0) hostlessByApp.delete(app);
  else hostlessByApp.set(app, rows);
}

/** The live word first; what is under no lease is of a host that is lost. */
function readHost(host: string, { live, known }: HostWords): FleetHost | undefined {
  const word = live ?? known;
  if (word === undefined) return undefined;
  const isAlive = live !== undefined;
  if (word.ok) return { host, isAlive, ...word.value };
  const last = known?.ok === true ? known.value.report : undefined;
  return { host, isAlive, report: last, faults: [word.error] };
}

/** Its key says which host it is: whatever else a report may claim. */
function identityOf({ host, report }: FleetHost): Identity | undefined {
  if (report === undefined) return undefined;
  return { hostId: host, hostNames: report.hostNames, addresses: report.addresses };
}

function isSameIdentity(a: Identity | undefined, b: Identity | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.hostId === b.hostId &&
    a.hostNames.join() === b.hostNames.join() &&
    a.addresses.join() === b.addresses.join()
  );
}

function hostlessRows(wanted: WantedApp, hostCount: number, index: HostIndex): readonly FleetRow[] {
  const { placement, fault } = wanted;
  if (placement !== undefined) {
    const items = index.unanswered(placement);
    if (items.length > 0) return items.map((item) => rowWithoutHost(wanted, item));
  }
  return fault !== undefined && hostCount === 0 ? [rowWithoutHost(wanted, undefined)] : [];
}
