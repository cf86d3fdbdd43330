/**
 * Keys of etcd, listed and changed, made into a fleet to look at: apps, what hosts report under their
 * leases, what is known of them without, and whose turn it is in rollouts.
 */
import { decodeKey, decodeLeafValue } from '../../../streams/etcdBytes.ts';
import type { KeyChange } from '../../domain/etcdCalls.ts';
import type { DesiredEntry } from '../../domain/event.ts';
import { type FleetKey, parseFleetKey, type ReportKind } from '../../domain/fleet/fleetKeys.ts';
import { createFleetView, type FleetView } from '../../domain/fleet/fleetView.ts';
import { decodeReport } from '../../domain/fleet/reportCodec.ts';
import {
  type RolloutFact,
  type RolloutRecords,
  rolloutRecords,
} from '../../domain/fleet/rolloutRecords.ts';
import { type KeyPlace, parseKey } from '../../domain/keys.ts';
import type { Revision } from '../../domain/types.ts';

export type FeedSource = 'apps' | 'rollouts' | ReportKind;

export type KeyFact = Pick<KeyChange, 'key' | 'value' | 'modRevision' | 'lease'>;

export interface FleetFeed {
  /** Everything there is of it. */
  readonly replace: (source: FeedSource, kvs: readonly KeyFact[]) => void;
  readonly change: (source: FeedSource, changes: readonly KeyChange[]) => void;
  readonly view: () => FleetView;
  /** By app. */
  readonly rollouts: () => ReadonlyMap<string, RolloutRecords>;
}

/** By number; the head is 0. */
type Parts = Map<number, Uint8Array>;

export function createFleetFeed(prefixes: {
  readonly apps: string;
  readonly fleet: string;
}): FleetFeed {
  const store = createFleetView();
  const entries = new Map<string, DesiredEntry>();
  const reports: Readonly<Record<ReportKind, Map<string, Parts>>> = {
    hosts: new Map(),
    known: new Map(),
  };

  /** By key. */
  const rollouts = new Map<string, RolloutFact>();

  const note = (source: FeedSource, fact: KeyFact, isThere: boolean) => {
    const { key, value, modRevision, lease } = fact;
    const name = decodeKey(key);
    if (name === undefined) return undefined;
    if (source === 'rollouts') {
      const isLeased = lease !== undefined;
      if (isThere) rollouts.set(name, { key: name, value, modRevision, isLeased });
      else rollouts.delete(name);
      return undefined;
    }
    const now = isThere && isWord(source, fact) ? value : undefined;
    return source === 'apps'
      ? noteLeaf(entries, parseKey(prefixes.apps, name), now, modRevision)
      : notePart(reports[source], source, parseFleetKey(prefixes.fleet, name), now);
  };
  const tell = (source: FeedSource, names: Iterable<string | undefined>): void => {
    for (const name of new Set(names)) {
      if (name === undefined) continue;
      if (source === 'apps') tellApp(name);
      else tellHost(name);
    }
  };
  const tellApp = (app: string): void => {
    const entry = entries.get(app) ?? { app };
    store.setApp(entry);
    if (Object.keys(entry).length === 1) entries.delete(app);
  };
  const tellHost = (host: string): void => {
    store.setHost(host, {
      live: readParts(reports.hosts.get(host)),
      known: readParts(reports.known.get(host)),
    });
    for (const byHost of Object.values(reports)) {
      if (byHost.get(host)?.size === 0) byHost.delete(host);
    }
  };

  return {
    replace: (source, kvs) => {
      const kept = { apps: entries, rollouts, ...reports }[source];
      const before = source === 'rollouts' ? [] : [...kept.keys()];
      kept.clear();
      tell(source, [...before, ...kvs.map((kv) => note(source, kv, true))]);
    },
    change: (source, changes) => {
      tell(
        source,
        changes.map((change) => note(source, change, change.type === 'Put')),
      );
    },
    view: store.view,
    rollouts: () => rolloutRecords(prefixes.fleet, rollouts.values()),
  };
}

/** Only what goes with a lease says that somebody is alive; whatever else stands there is junk. */
function isWord(source: FeedSource, { lease }: KeyFact): boolean {
  return source !== 'hosts' || lease !== undefined;
}

/** Gives the app, when it is a leaf of one; undefined deletes. */
function noteLeaf(
  entries: Map<string, DesiredEntry>,
  place: KeyPlace,
  value: Uint8Array | undefined,
  modRevision: Revision,
): string | undefined {
  if (place.type !== 'Leaf') return undefined;
  const { app, leaf } = place;
  const { [leaf]: _before, ...others } = entries.get(app) ?? { app };
  const now = value === undefined ? {} : { [leaf]: { modRevision, value: decodeLeafValue(value) } };
  entries.set(app, { ...others, app, ...now });
  return app;
}

/** Gives the host, when it is a part of its report; undefined deletes. */
function notePart(
  reports: Map<string, Parts>,
  kind: ReportKind,
  key: FleetKey | undefined,
  value: Uint8Array | undefined,
): string | undefined {
  if (key?.type !== 'Report' || key.kind !== kind) return undefined;
  const parts: Parts = reports.get(key.host) ?? new Map();
  reports.set(key.host, parts);
  if (value === undefined) parts.delete(key.part);
  else parts.set(key.part, value);
  return key.host;
}

/** Parts without a head are what somebody left behind: no word of any host. */
function readParts(parts: Parts | undefined): ReturnType<typeof decodeReport> | undefined {
  const head = parts?.get(0);
  return parts === undefined || head === undefined ? undefined : decodeReport(head, parts);
}
