/**
 * Keys of etcd, listed and changed, made into what templates are made from: where apps are placed, what
 * hosts report, and which of them drain. No I/O.
 */
import { type EtcdKeyValue, type KeyChange } from '../src/domain/etcdCalls.ts';
import { parseFleetKey, type ReportKind } from '../src/domain/fleet/fleetKeys.ts';
import { decodeReport } from '../src/domain/fleet/reportCodec.ts';
import { parseKey } from '../src/domain/keys.ts';
import { parsePlacement } from '../src/domain/placement.ts';
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
  readonly placed?: Pick<PlacedApp, 'placement'>;
  readonly contentRevision?: Revision;
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
  const apps = new Map<string, AppLeaves>();
  const hosts = new Map<string, HostParts>();
  const drains = new Map<string, { app: string; host: string; revision: Revision }>();

  const noteApp = (name: string, { value, modRevision }: EtcdKeyValue, isThere: boolean) => {
    const place = parseKey(prefixes.apps, name);
    if (place.type !== 'Leaf') return false;
    const { app, leaf } = place;
    if (leaf !== 'ips' && leaf !== 'content') return false;
    const { placed, contentRevision } = apps.get(app) ?? { app };
    const now = leaf === 'ips' ? { placed: isThere ? readPlaced(value) : undefined } : {};
    const content =
      leaf === 'content' ? { contentRevision: isThere ? modRevision : undefined } : {};
    const leaves = withoutNothing({ app, placed, contentRevision, ...now, ...content });
    if (leaves.placed === undefined && leaves.contentRevision === undefined) apps.delete(app);
    else apps.set(app, leaves);
    return true;
  };
  const noteHost = (kind: ReportKind, name: string, kv: EtcdKeyValue, isThere: boolean) => {
    const key = parseFleetKey(prefixes.fleet, name);
    if (key?.type !== 'Report' || key.kind !== kind) return false;
    const host: HostParts = hosts.get(key.host) ?? {
      ...{ hosts: new Map(), known: new Map(), fact: undefined },
    };
    // Only what goes with a lease says that somebody is alive.
    const isWord = isThere && (kind === 'known' || kv.lease !== undefined);
    if (isWord) host[kind].set(key.part, kv.value);
    else host[kind].delete(key.part);
    host.fact = undefined;
    if (host.hosts.size === 0 && host.known.size === 0) hosts.delete(key.host);
    else hosts.set(key.host, host);
    return true;
  };
  const noteDrain = (name: string, { modRevision }: EtcdKeyValue, isThere: boolean) => {
    const key = parseFleetKey(prefixes.fleet, name);
    if (key?.type !== 'Rollout' || key.place.type !== 'Drain') return false;
    const { app, place } = key;
    if (isThere) drains.set(name, { app, host: place.host, revision: modRevision });
    else drains.delete(name);
    return true;
  };
  const note = (source: FactSource, kv: EtcdKeyValue, isThere: boolean): boolean => {
    const name = decodeKey(kv.key);
    if (name === undefined) return false;
    if (source === 'apps') return noteApp(name, kv, isThere);
    if (source === 'rollouts') return noteDrain(name, kv, isThere);
    return noteHost(source, name, kv, isThere);
  };
  const clear = (source: FactSource): void => {
    if (source === 'apps') apps.clear();
    else if (source === 'rollouts') drains.clear();
    else {
      for (const [name, host] of hosts) {
        host[source].clear();
        host.fact = undefined;
        if (host.hosts.size === 0 && host.known.size === 0) hosts.delete(name);
      }
    }
  };

  const doubted = (): readonly string[] =>
    [...apps.values()].flatMap(({ app, isDoubted }) => (isDoubted === true ? [app] : []));
  const keep = (before: ReadonlyMap<string, AppLeaves>): void => {
    for (const [app, leaves] of before) {
      if (!apps.has(app)) apps.set(app, { ...leaves, isDoubted: true });
    }
  };

  return {
    replace: (source, kvs, isDoubtful) => {
      const before = source === 'apps' ? new Map(apps) : new Map<string, AppLeaves>();
      clear(source);
      for (const kv of kvs) note(source, kv, true);
      const isEmptied = source === 'apps' && apps.size === 0;
      if (isDoubtful || isEmptied) keep(before);
    },
    change: (source, changes) => {
      const mayEmpty = source === 'apps' && changes.some(({ type }) => type === 'Delete');
      const before = mayEmpty ? new Map(apps) : undefined;
      const isNews = changes.filter((one) => note(source, one, one.type === 'Put')).length > 0;
      // Nobody unpublishes everything at one stroke on purpose.
      if (before !== undefined && before.size > 1 && apps.size === 0) keep(before);
      return isNews;
    },
    believe: () => {
      for (const app of doubted()) apps.delete(app);
    },
    doubted: () => doubted().length,
    facts: () => ({
      apps: [...apps.values()].flatMap(({ app, placed, contentRevision: revision }) =>
        placed === undefined ? [] : [{ app, ...placed, revision }],
      ),
      hosts: [...hosts].map(([name, host]) => (host.fact ??= factOf(name, host))),
      drains: [...drains.values()],
    }),
    newestDrain: () => newest([...drains.values()].map(({ revision }) => revision)),
  };
}

/** Of an app only what says where it is; undefined for a placement that is no text. */
function readPlaced(value: Uint8Array): Pick<PlacedApp, 'placement'> | undefined {
  const leaf = decodeLeafValue(value);
  return leaf.type === 'Text' ? { placement: parsePlacement(leaf.text) } : undefined;
}

function withoutNothing({
  app,
  placed,
  contentRevision,
}: {
  readonly app: string;
  readonly placed: AppLeaves['placed'] | undefined;
  readonly contentRevision: Revision | undefined;
}): AppLeaves {
  return {
    app,
    ...(placed === undefined ? {} : { placed }),
    ...(contentRevision === undefined ? {} : { contentRevision }),
  };
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
