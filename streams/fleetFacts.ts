/**
 * Keys of etcd, listed and changed, made into what templates are made from: where apps are placed, what
 * hosts report, and which of them drain. No I/O.
 */
import { type EtcdKeyValue, type KeyChange } from '../src/domain/etcdCalls.ts';
import { parseFleetKey, type ReportKind } from '../src/domain/fleet/fleetKeys.ts';
import { decodeReport } from '../src/domain/fleet/reportCodec.ts';
import { parseKey } from '../src/domain/keys.ts';
import { parsePlacement, type Placement } from '../src/domain/placement.ts';
import type {
  HostFact,
  PlacedApp,
  TemplateFacts,
} from '../src/domain/template/makeTemplateData.ts';
import { compareRevisions, type Revision } from '../src/domain/types.ts';
import { decodeKey, decodeLeafValue } from './etcdBytes.ts';

export type FactSource = 'apps' | ReportKind | 'rollouts';

export const factSources: readonly FactSource[] = ['apps', 'hosts', 'known', 'rollouts'];

export interface FleetFacts {
  /** Everything there is of it; `isDoubtful`: of an etcd that was perhaps restored, or is another. */
  readonly replace: (source: FactSource, kvs: readonly EtcdKeyValue[], isDoubtful: boolean) => void;
  /** One revision; gives whether any of it is news. */
  readonly change: (source: FactSource, changes: readonly KeyChange[]) => boolean;
  readonly facts: () => Omit<TemplateFacts, 'own'>;
  /** Apps that a doubtful etcd lacks are as they were; from here on they are gone. */
  readonly believe: () => void;
  /** How many these are. */
  readonly doubted: () => number;
  /** When the newest drain was put that is in there; undefined for none. */
  readonly newestDrain: () => Revision | undefined;
}

interface AppLeaves {
  readonly app: string;
  /** It is known from before only. */
  readonly isDoubted?: boolean;
  /** Undefined where there is none, or none that can be read. */
  readonly placed: Placement | undefined;
  readonly contentRevision: Revision | undefined;
}

/** By number; the head is 0. */
type Parts = Map<number, Uint8Array>;

interface HostParts {
  readonly hosts: Parts;
  readonly known: Parts;
  /** Made when somebody looks. */
  fact: HostFact | undefined;
}

export function createFleetFacts(prefixes: {
  readonly apps: string;
  readonly fleet: string;
}): FleetFacts {
  const apps = createApps(prefixes.apps);
  const hosts = createHosts(prefixes.fleet);
  const drains = createDrains(prefixes.fleet);
  const note = (source: FactSource, kv: EtcdKeyValue, isThere: boolean): boolean => {
    const name = decodeKey(kv.key);
    if (name === undefined) return false;
    if (source === 'apps') return apps.note(name, kv, isThere);
    if (source === 'rollouts') return drains.note(name, kv, isThere);
    return hosts.note(source, name, kv, isThere);
  };
  return {
    replace: (source, kvs, isDoubtful) => {
      const before = source === 'apps' ? apps.copy() : undefined;
      if (source === 'apps') apps.clear();
      else if (source === 'rollouts') drains.clear();
      else hosts.clear(source);
      for (const kv of kvs) note(source, kv, true);
      if (before !== undefined && (isDoubtful || apps.count() === 0)) apps.keep(before);
    },
    change: (source, changes) => {
      const mayEmpty = source === 'apps' && changes.some(({ type }) => type === 'Delete');
      const before = mayEmpty ? apps.copy() : undefined;
      const isNews = changes.filter((one) => note(source, one, one.type === 'Put')).length > 0;
      // Nobody unpublishes everything at one stroke on purpose.
      if (before !== undefined && before.size > 1 && apps.count() === 0) apps.keep(before);
      return isNews;
    },
    believe: apps.believe,
    doubted: apps.doubted,
    facts: () => ({ apps: apps.placed(), hosts: hosts.facts(), drains: drains.all() }),
    newestDrain: drains.newest,
  };
}

function createApps(prefix: string) {
  const apps = new Map<string, AppLeaves>();
  const doubted = (): readonly string[] =>
    [...apps.values()].flatMap(({ app, isDoubted }) => (isDoubted === true ? [app] : []));
  return {
    note: (name: string, { value, modRevision }: EtcdKeyValue, isThere: boolean): boolean => {
      const place = parseKey(prefix, name);
      if (place.type !== 'Leaf') return false;
      const { app, leaf } = place;
      const before = apps.get(app);
      let { placed, contentRevision } = before ?? {};
      if (leaf === 'ips') placed = isThere ? readPlaced(value) : undefined;
      else if (leaf === 'content') contentRevision = isThere ? modRevision : undefined;
      else return false;
      if (placed === undefined && contentRevision === undefined) apps.delete(app);
      else apps.set(app, { app, placed, contentRevision });
      return true;
    },
    copy: (): ReadonlyMap<string, AppLeaves> => new Map(apps),
    clear: (): void => apps.clear(),
    count: (): number => apps.size,
    keep: (before: ReadonlyMap<string, AppLeaves>): void => {
      for (const [app, leaves] of before) {
        if (!apps.has(app)) apps.set(app, { ...leaves, isDoubted: true });
      }
    },
    believe: (): void => {
      for (const app of doubted()) apps.delete(app);
    },
    doubted: (): number => doubted().length,
    placed: (): readonly PlacedApp[] =>
      [...apps.values()].flatMap(({ app, placed, contentRevision: revision }) =>
        placed === undefined ? [] : [{ app, placement: placed, revision }],
      ),
  };
}

function createHosts(prefix: string) {
  const hosts = new Map<string, HostParts>();
  const settle = (name: string, host: HostParts): void => {
    host.fact = undefined;
    if (host.hosts.size === 0 && host.known.size === 0) hosts.delete(name);
    else hosts.set(name, host);
  };
  return {
    note: (kind: ReportKind, name: string, kv: EtcdKeyValue, isThere: boolean): boolean => {
      const key = parseFleetKey(prefix, name);
      if (key?.type !== 'Report' || key.kind !== kind) return false;
      const host: HostParts = hosts.get(key.host) ?? {
        ...{ hosts: new Map(), known: new Map(), fact: undefined },
      };
      // Only what goes with a lease says that somebody is alive.
      const isWord = isThere && (kind === 'known' || kv.lease !== undefined);
      if (isWord) host[kind].set(key.part, kv.value);
      else host[kind].delete(key.part);
      settle(key.host, host);
      return true;
    },
    clear: (kind: ReportKind): void => {
      for (const [name, host] of hosts) {
        host[kind].clear();
        settle(name, host);
      }
    },
    facts: (): readonly HostFact[] =>
      [...hosts].map(([name, host]) => (host.fact ??= factOf(name, host))),
  };
}

function createDrains(prefix: string) {
  const drains = new Map<string, { app: string; host: string; revision: Revision }>();
  return {
    note: (name: string, { modRevision }: EtcdKeyValue, isThere: boolean): boolean => {
      const key = parseFleetKey(prefix, name);
      if (key?.type !== 'Rollout' || key.place.type !== 'Drain') return false;
      const { app, place } = key;
      if (isThere) drains.set(name, { app, host: place.host, revision: modRevision });
      else drains.delete(name);
      return true;
    },
    clear: (): void => drains.clear(),
    all: () => [...drains.values()],
    newest: (): Revision | undefined =>
      newest([...drains.values()].map(({ revision }) => revision)),
  };
}

/** Of an app only what says where it is; undefined for a placement that is no text. */
function readPlaced(value: Uint8Array): Placement | undefined {
  const leaf = decodeLeafValue(value);
  return leaf.type === 'Text' ? parsePlacement(leaf.text) : undefined;
}

function factOf(host: string, { hosts, known }: HostParts): HostFact {
  return { host, live: readParts(hosts), known: readParts(known) };
}

/** Parts without a head are what somebody left behind: no word of any host. */
function readParts(parts: Parts): HostFact['live'] {
  const head = parts.get(0);
  return head === undefined ? undefined : decodeReport(head, parts);
}

function newest(revisions: readonly Revision[]): Revision | undefined {
  return revisions.reduce<Revision | undefined>(
    (best, one) => (best === undefined || compareRevisions(one, best) > 0 ? one : best),
    undefined,
  );
}
