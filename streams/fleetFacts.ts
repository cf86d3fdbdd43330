/**
 * Keys of etcd, listed and changed, made into what templates are made from: where apps are placed, what
 * hosts report, and which of them drain. No I/O.
 */
import { type EtcdKeyValue, type KeyChange } from '../src/domain/etcdCalls.ts';
import { parseFleetKey, type ReportKind } from '../src/domain/fleet/fleetKeys.ts';
import { parseKey } from '../src/domain/keys.ts';
import { parsePlacement, type Placement } from '../src/domain/placement.ts';
import type { PlacedApp, TemplateFacts } from '../src/domain/template/makeTemplateData.ts';
import { compareRevisions, type Revision } from '../src/domain/types.ts';
import { decodeKey, decodeLeafValue } from './etcdBytes.ts';
import { createHostFacts } from './hostFacts.ts';

export type FactSource = 'apps' | ReportKind | 'rollouts';

export const factSources: readonly FactSource[] = ['apps', 'hosts', 'known', 'rollouts'];

export interface FleetFacts {
  /** Everything there is of it; `isDoubtful`: of an etcd that was perhaps restored, or is another. */
  readonly replace: (source: FactSource, kvs: readonly EtcdKeyValue[], isDoubtful: boolean) => void;
  /** One revision; gives whether any of it is news. */
  readonly change: (source: FactSource, changes: readonly KeyChange[]) => boolean;
  readonly facts: () => Omit<TemplateFacts, 'own'>;
  /** A doubtful etcd says, as of `since`: all hosts stay as they are known, each until it reports again. */
  readonly doubtHosts: (since: Revision) => void;
  /** What a doubtful etcd lacks is as it was; from here on it is gone. */
  readonly believe: () => void;
  /** How many apps these are. */
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

export function createFleetFacts(prefixes: {
  readonly apps: string;
  readonly fleet: string;
}): FleetFacts {
  const apps = createApps(prefixes.apps);
  const hosts = createHostFacts(prefixes.fleet);
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
      const known = source === 'known' ? hosts.facts() : [];
      if (source === 'apps') apps.clear();
      else if (source === 'rollouts') drains.clear();
      else hosts.clear(source);
      for (const kv of kvs) note(source, kv, true);
      if (before !== undefined && (isDoubtful || apps.count() === 0)) apps.keep(before);
      if (kvs.length === 0) hosts.keep(hosts.missing(known));
    },
    change: (source, changes) => {
      const mayEmpty = changes.some(({ type }) => type === 'Delete');
      const before = mayEmpty && source === 'apps' ? apps.copy() : undefined;
      const known = mayEmpty && source === 'known' ? hosts.facts() : [];
      const isNews = changes.filter((one) => note(source, one, one.type === 'Put')).length > 0;
      // Nobody unpublishes everything at one stroke on purpose.
      if (before !== undefined && before.size > 1 && apps.count() === 0) apps.keep(before);
      // Who is forgotten is forgotten one by one.
      const missing = hosts.missing(known);
      if (missing.length > 1) hosts.keep(missing);
      return isNews;
    },
    doubtHosts: hosts.doubt,
    believe: () => {
      apps.believe();
      hosts.believe();
    },
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

function newest(revisions: readonly Revision[]): Revision | undefined {
  return revisions.reduce<Revision | undefined>(
    (best, one) => (best === undefined || compareRevisions(one, best) > 0 ? one : best),
    undefined,
  );
}
