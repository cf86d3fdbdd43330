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
  assessRow,
  compareText,
  type FleetHost,
  type FleetRow,
  rowWithoutHost,
  wantedApp,
  type WantedApp,
} from './fleetRow.ts';
import { createHostIndex, type HostIndex } from './hostIndex.ts';
import type { DecodedReport } from './reportCodec.ts';

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
  /** Without words: there is no such host. */
  readonly setHost: (host: string, words: HostWords) => void;
  /** The same object as long as nothing has changed. */
  readonly view: () => FleetView;
}

interface HostState {
  readonly host: FleetHost;
  readonly identity: Identity | undefined;
  /** Apps that etcd places there. */
  readonly placed: Set<string>;
  rows: readonly FleetRow[];
}

/** Everything that is known, and what of it has changed since somebody looked. */
interface Fleet {
  readonly wantedByApp: Map<string, WantedApp>;
  readonly hosts: Map<string, HostState>;
  /** Where etcd places each app. */
  readonly hostsByApp: Map<string, readonly string[]>;
  /** Rows of apps that no host answers for. */
  readonly hostlessByApp: Map<string, readonly FleetRow[]>;
  readonly changedApps: Set<string>;
  readonly changedHosts: Set<string>;
  /** Undefined when it is no longer of these hosts. */
  index: HostIndex | undefined;
}

export function createFleetView(): FleetViewStore {
  const fleet: Fleet = {
    wantedByApp: new Map(),
    hosts: new Map(),
    hostsByApp: new Map(),
    hostlessByApp: new Map(),
    changedApps: new Set(),
    changedHosts: new Set(),
    index: undefined,
  };
  let view: FleetView | undefined;

  return {
    setApp: (entry) => {
      if (setApp(fleet, entry)) view = undefined;
    },
    setHost: (host, words) => {
      setHost(fleet, host, words);
      view = undefined;
    },
    view: () => {
      view ??= look(fleet);
      return view;
    },
  };
}

/** Whether that is any news. */
function setApp({ wantedByApp, changedApps }: Fleet, entry: DesiredEntry): boolean {
  const wanted = wantedApp(entry);
  if (wanted === undefined && !wantedByApp.has(entry.app)) return false;
  if (wanted === undefined) wantedByApp.delete(entry.app);
  else wantedByApp.set(entry.app, wanted);
  changedApps.add(entry.app);
  return true;
}

function setHost(fleet: Fleet, name: string, words: HostWords): void {
  const before = fleet.hosts.get(name);
  const host = readHost(name, words);
  fleet.changedHosts.add(name);
  const identity = host === undefined ? undefined : identityOf(host);
  if (!isSameIdentity(before?.identity, identity)) fleet.index = undefined;
  if (host === undefined) fleet.hosts.delete(name);
  else fleet.hosts.set(name, { host, identity, placed: before?.placed ?? new Set(), rows: [] });
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
  const { wantedByApp, hosts, hostsByApp, changedApps, changedHosts } = fleet;
  if (fleet.index === undefined) {
    fleet.index = createHostIndex([...hosts.values()].flatMap(({ identity }) => identity ?? []));
    for (const app of [...hostsByApp.keys(), ...wantedByApp.keys()]) changedApps.add(app);
  }
  for (const app of changedApps) place(fleet, app, fleet.index);
  // Whoever reports an app has a row of it, placed there or not.
  for (const [name, { host }] of changedApps.size === 0 ? [] : hosts) {
    if (host.report?.apps.some(({ app }) => changedApps.has(app)) === true) changedHosts.add(name);
  }
  for (const name of changedHosts) {
    const state = hosts.get(name);
    if (state !== undefined) state.rows = rowsOf(state, wantedByApp);
  }
  changedApps.clear();
  changedHosts.clear();
}

/** Where an app is to be, by its placement and the hosts there are. */
function place(fleet: Fleet, app: string, index: HostIndex): void {
  const { hosts, hostsByApp, hostlessByApp, changedHosts } = fleet;
  for (const name of hostsByApp.get(app) ?? []) {
    hosts.get(name)?.placed.delete(app);
    changedHosts.add(name);
  }
  const wanted = fleet.wantedByApp.get(app);
  const placement = wanted?.placement;
  const names = placement === undefined ? [] : index.hostsOf(placement);
  if (wanted === undefined) hostsByApp.delete(app);
  else hostsByApp.set(app, names);
  for (const name of names) {
    hosts.get(name)?.placed.add(app);
    changedHosts.add(name);
  }
  const rows = wanted === undefined ? [] : hostlessRows(wanted, names, index);
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

function rowsOf(
  { host, placed }: HostState,
  wantedByApp: ReadonlyMap<string, WantedApp>,
): readonly FleetRow[] {
  const apps = new Set([...placed, ...(host.report?.apps ?? []).map(({ app }) => app)]);
  return [...apps]
    .sort(compareText)
    .flatMap((app) => assessRow(host, app, wantedByApp.get(app), placed.has(app)) ?? []);
}

function hostlessRows(
  wanted: WantedApp,
  hosts: readonly string[],
  index: HostIndex,
): readonly FleetRow[] {
  const { placement, fault } = wanted;
  if (placement !== undefined) {
    const items = index.unanswered(placement);
    if (items.length > 0) return items.map((item) => rowWithoutHost(wanted, item));
  }
  return fault !== undefined && hosts.length === 0 ? [rowWithoutHost(wanted, undefined)] : [];
}
