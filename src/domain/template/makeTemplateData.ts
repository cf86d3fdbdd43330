/**
 * From the keys in etcd, as they were read, to the data of templates. Pure, and the one place that
 * decides what of a report may get into a text.
 */
import { blockContains, canonicalAddress, parseAddress, parseBlock } from '../address.ts';
import { parseAppName } from '../appName.ts';
import type { AppReport, HostReport } from '../fleet/hostReport.ts';
import { isBlind } from '../fleet/doubt.ts';
import { createHostIndex, type HostIndex, placementItemTexts } from '../fleet/hostIndex.ts';
import type { DecodedReport } from '../fleet/reportCodec.ts';
import { foldHostName, isHostName, type Placement } from '../placement.ts';
import type { Result } from '../result.ts';
import type { Identity, ProcessState, Revision } from '../types.ts';
import {
  once,
  type OwnHost,
  type TemplateApp,
  type TemplateData,
  templateDataOf,
  type TemplateHostAlone,
  type TemplateInstance,
  type TemplateSource,
} from './templateData.ts';

/** As read; nothing of it is believed. */
export interface TemplateFacts {
  readonly own: Identity;
  readonly apps: Iterable<PlacedApp>;
  readonly hosts: Iterable<HostFact>;
  /** Of `drain-<host>` keys. */
  readonly drains: Iterable<{ readonly app: string; readonly host: string }>;
}

/** An app with a placement. */
export interface PlacedApp {
  readonly app: string;
  readonly placement: Placement;
  /** Of its content; undefined without. */
  readonly revision: Revision | undefined;
}

export interface HostFact {
  /** The name in its key. */
  readonly host: string;
  /** Under the lease of its agent. */
  readonly live: Result<DecodedReport, string> | undefined;
  /** What stays of it. */
  readonly known: Result<DecodedReport, string> | undefined;
}

interface Host {
  readonly id: string;
  readonly isLost: boolean;
  readonly identity: Identity;
  readonly problems: readonly string[];
  readonly reportsByApp: ReadonlyMap<string, AppReport>;
}

export function makeTemplateData(facts: TemplateFacts): TemplateData {
  const source = makeTemplateSource(facts);
  const { host, appNamed } = source;
  return templateDataOf({
    ...{ host, appNamed, hosts: () => source.hosts },
    apps: () => source.appNames.flatMap((name) => appNamed(name) ?? []),
  });
}

export function makeTemplateSource({ own, apps, hosts, drains }: TemplateFacts): TemplateSource {
  const known = [...hosts].flatMap((fact) => readHost(fact) ?? []).sort(by(({ id }) => id));
  const hostsById = new Map(known.map((host) => [host.id, host]));
  const index = createHostIndex(known.map(({ identity }) => identity));
  const draining = new Set([...drains].map(({ app, host }) => `${app}/${host}`));
  const placedByName = new Map([...apps].map((placed) => [placed.app, placed]));
  const reporters = reportersByApp(known);
  const make = (placed: PlacedApp): TemplateApp => {
    const instances = hostsOf(placed, index, hostsById, reporters).map(([host, isPlaced]) =>
      instanceOf(host, placed, isPlaced, draining.has(`${placed.app}/${host.id}`)),
    );
    return appOf(placed, instances);
  };
  const appNames = once(() =>
    [...placedByName.keys()].filter((app) => parseAppName(app).ok).sort(),
  );
  const allHosts = once(() => known.map((host) => hostOf(host, own)));
  return {
    get appNames() {
      return appNames();
    },
    get hosts() {
      return allHosts();
    },
    host: ownHost(own),
    appNamed: (name) => {
      const placed = parseAppName(name).ok ? placedByName.get(name) : undefined;
      return placed && make(placed);
    },
  };
}

function by<T>(key: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (key(a) === key(b) ? 0 : key(a) < key(b) ? -1 : 1);
}

/** Undefined for what is no host, or has never said a word that can be read. */
function readHost({ host, live, known }: HostFact): Host | undefined {
  if (!isHostName(host) || (live ?? known) === undefined) return undefined;
  const report = reportIn(live) ?? reportIn(known);
  return {
    id: host,
    isLost: live === undefined,
    identity: {
      hostId: host,
      hostNames: (report?.hostNames ?? []).filter(isHostName),
      addresses: checkedAddresses(report?.addresses ?? []),
    },
    problems: report?.problems ?? [],
    reportsByApp: new Map(report?.apps.map((app) => [app.app, app])),
  };
}

function reportIn(word: Result<DecodedReport, string> | undefined): HostReport | undefined {
  return word?.ok === true ? word.value.report : undefined;
}

/** In the order told, each once; only those by which another host can be reached. */
function checkedAddresses(told: readonly string[]): readonly string[] {
  const addresses = told.flatMap((text) => canonicalAddress(text) ?? []);
  return [...new Set(addresses.filter(isOfOneHost))];
}

/** This host in general, loopback, multicast, and what is reserved, with the broadcast address. */
const nobodysBlocks = [
  ...['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4'],
  ...['::/128', '::1/128', 'ff00::/8'],
].flatMap((text) => parseBlock(text) ?? []);

function isOfOneHost(text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && !nobodysBlocks.some((block) => blockContains(block, address));
}

function reportersByApp(hosts: readonly Host[]): ReadonlyMap<string, readonly Host[]> {
  const reporters = new Map<string, Host[]>();
  for (const host of hosts) {
    for (const app of host.reportsByApp.keys()) {
      const some = reporters.get(app);
      if (some === undefined) reporters.set(app, [host]);
      else some.push(host);
    }
  }
  return reporters;
}

/** Sorted; with whether etcd wants the app there. */
function hostsOf(
  { app, placement }: PlacedApp,
  index: HostIndex,
  hostsById: ReadonlyMap<string, Host>,
  reporters: ReadonlyMap<string, readonly Host[]>,
): readonly (readonly [Host, boolean])[] {
  const placed = new Set(index.hostsOf(placement));
  const ids = new Set([...placed, ...(reporters.get(app) ?? []).map(({ id }) => id)]);
  return [...ids].sort().flatMap((id) => {
    const host = hostsById.get(id);
    return host === undefined ? [] : [[host, placed.has(id)] as const];
  });
}

function instanceOf(
  { id, isLost, identity, problems, reportsByApp }: Host,
  { app, placement }: PlacedApp,
  isPlaced: boolean,
  isDraining: boolean,
): TemplateInstance {
  const report = reportsByApp.get(app);
  const { addresses } = identity;
  const address = namedAddress(placement, addresses) ?? addresses[0];
  const state = report === undefined ? undefined : stateOf(report);
  const blind = report !== undefined && isBlind({ problems }, report);
  return {
    host: id,
    address,
    urlAddress: urlAddress(address),
    addresses,
    state,
    condition: report?.condition,
    isLost,
    isBlind: blind,
    isDraining,
    isPlaced,
    isAvailable: false,
    wantedRevision: report?.wantedRevision,
    appliedRevision: report?.appliedRevision,
    sinceMs: wholeMs(report?.sinceMs),
  };
}

/** The first item that names one of them, so that a host is asked where its placement says. */
function namedAddress(placement: Placement, addresses: readonly string[]): string | undefined {
  for (const { isExclusion, target } of placement.items) {
    if (isExclusion) continue;
    if (target.type === 'Address' && addresses.includes(target.address)) return target.address;
    if (target.type !== 'Block') continue;
    const inBlock = addresses.find((text) => {
      const address = parseAddress(text);
      return address !== undefined && blockContains(target.block, address);
    });
    if (inBlock !== undefined) return inBlock;
  }
  return undefined;
}

/** The first that any of its processes is in; RUNNING is left when it is of all of them. */
const worstFirst: readonly ProcessState[] = [
  ...(['FATAL', 'BACKOFF', 'UNKNOWN', 'EXITED'] as const),
  ...(['STOPPED', 'STOPPING', 'STARTING', 'RUNNING'] as const),
];

function stateOf({ processes }: AppReport): ProcessState | undefined {
  return worstFirst.find((state) => processes.some((process) => process.state === state));
}

function appOf(
  { app: name, placement, revision }: PlacedApp,
  reported: readonly TemplateInstance[],
): TemplateApp {
  const chosen = whoServes(reported);
  const instances = reported.map((one) => (chosen.has(one) ? { ...one, isAvailable: true } : one));
  return {
    ...{ name, isPublished: true, revision, items: placementItemTexts(placement), instances },
    available: instances.filter(({ isAvailable }) => isAvailable),
  };
}

function whoServes(reported: readonly TemplateInstance[]): ReadonlySet<TemplateInstance> {
  const running = reported.filter(
    ({ isPlaced, state, address }) => isPlaced && state === 'RUNNING' && address !== undefined,
  );
  const staying = running.filter(({ isDraining }) => !isDraining);
  // Where all of them drain at once, traffic has nowhere else to go: until it stops, it serves.
  return new Set(knownToRun(staying.length > 0 ? staying : running));
}

/**
 * Agents that died are no reason to send traffic nowhere, nor all of it to the few that are back: what
 * runs, runs on without them, and without supervisord. So those of whom only that is known what they told
 * last count as well while fewer are known to run than there are of them.
 */
function knownToRun(running: readonly TemplateInstance[]): readonly TemplateInstance[] {
  const known = running.filter((one) => !one.isLost && !one.isBlind);
  return 2 * known.length < running.length ? running : known;
}

function hostOf({ id, isLost, identity: { addresses } }: Host, own: Identity): TemplateHostAlone {
  const address = addresses[0];
  const isHere = foldHostName(id) === foldHostName(own.hostId);
  return { id, address, urlAddress: urlAddress(address), addresses, isLost, isHere };
}

function ownHost({ hostId, addresses: told }: Identity): OwnHost {
  const addresses = checkedAddresses(told);
  const address = addresses[0];
  return { id: hostId, address, urlAddress: urlAddress(address), addresses };
}

function urlAddress(address: string | undefined): string | undefined {
  return address?.includes(':') === true ? `[${address}]` : address;
}

function wholeMs(ms: number | undefined): number | undefined {
  return ms !== undefined && Number.isSafeInteger(ms) && ms > 0 ? ms : undefined;
}
