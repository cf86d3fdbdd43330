/**
 * Keys of etcd, listed and changed, made into a fleet to look at: apps, what hosts report under their
 * leases, what is known of them without, and whose turn it is in rollouts.
 */
import { decodeKey, decodeLeafValue } from '../../../streams/etcdBytes.ts';
import type { KeyChange } from '../../domain/etcdCalls.ts';
import type { Leaf } from '../../domain/event.ts';
import type { FleetChanges } from '../../domain/fleet/fleetChanges.ts';
import { parseFleetKey, type ReportKind } from '../../domain/fleet/fleetKeys.ts';
import { createFleetView, type FleetView } from '../../domain/fleet/fleetView.ts';
import {
  type RolloutFact,
  type RolloutRecords,
  rolloutRecords,
} from '../../domain/fleet/rolloutRecords.ts';
import { type AppFacts, judgeContent, wantedOf } from '../../domain/fleet/wantedApp.ts';
import { type KeyPlace, type LeafName, parseKey } from '../../domain/keys.ts';
import { createReportFeed, type KeyFact } from './reportFeed.ts';

export type FeedSource = 'apps' | 'rollouts' | ReportKind;

export interface FleetFeed {
  /** Everything there is of it. */
  readonly replace: (source: FeedSource, kvs: readonly KeyFact[]) => void;
  readonly change: (source: FeedSource, changes: readonly KeyChange[]) => void;
  readonly view: () => FleetView;
  /** By app. */
  readonly rollouts: () => ReadonlyMap<string, RolloutRecords>;
  /** Since it was asked for last; for the first time everything there is. */
  readonly takeChanges: () => FeedChanges;
}

export interface FeedChanges extends FleetChanges {
  /** Apps of which other words stand below `rollouts`. */
  readonly rollouts: ReadonlySet<string>;
}

export function createFleetFeed(prefixes: {
  readonly apps: string;
  readonly fleet: string;
}): FleetFeed {
  const store = createFleetView();
  const facts = new Map<string, AppFacts>();
  const reports = createReportFeed(prefixes.fleet);
  const rollouts = createRollouts(prefixes.fleet);

  const changeLeaf = (fact: KeyFact, isThere: boolean): string | undefined => {
    const name = decodeKey(fact.key);
    if (name === undefined) return undefined;
    return noteLeaf(facts, parseKey(prefixes.apps, name), fact, isThere);
  };
  const tellApps = (apps: Iterable<string | undefined>): void => {
    for (const app of new Set(apps)) {
      if (app === undefined) continue;
      const known = facts.get(app) ?? { app };
      store.setWanted(app, wantedOf(known));
      if (Object.keys(known).length === 1) facts.delete(app);
    }
  };
  const tellHosts = (): void => {
    for (const [host, words] of reports.takeWords()) store.setHost(host, words);
  };

  return {
    replace: (source, kvs) => {
      if (source === 'rollouts') rollouts.replace(kvs);
      else if (source === 'apps') {
        const before = [...facts.keys()];
        facts.clear();
        tellApps([...before, ...kvs.map((kv) => changeLeaf(kv, true))]);
      } else reports.replace(source, kvs);
    },
    change: (source, changes) => {
      if (source === 'rollouts') rollouts.change(changes);
      else if (source === 'apps') {
        tellApps(changes.map((change) => changeLeaf(change, change.type === 'Put')));
      } else reports.change(source, changes);
    },
    view: () => {
      tellHosts();
      return store.view();
    },
    rollouts: rollouts.records,
    takeChanges: () => {
      tellHosts();
      return { ...store.takeChanges(), rollouts: rollouts.takeChanges() };
    },
  };
}

/** What stands below `rollouts`, and of which apps it has changed. */
function createRollouts(fleetPrefix: string) {
  const byKey = new Map<string, RolloutFact>();
  const changed = new Set<string>();
  /** Undefined when it is no longer of what is there. */
  let records: ReadonlyMap<string, RolloutRecords> | undefined;
  const touch = (name: string): void => {
    records = undefined;
    const key = parseFleetKey(fleetPrefix, name);
    if (key?.type === 'Rollout') changed.add(key.app);
  };
  const put = ({ key, value, modRevision, lease }: KeyFact, isThere: boolean): void => {
    const name = decodeKey(key);
    if (name === undefined) return;
    touch(name);
    const isLeased = lease !== undefined;
    if (isThere) byKey.set(name, { key: name, value, modRevision, isLeased });
    else byKey.delete(name);
  };
  return {
    replace: (kvs: readonly KeyFact[]): void => {
      for (const name of byKey.keys()) touch(name);
      byKey.clear();
      for (const kv of kvs) put(kv, true);
    },
    change: (changes: readonly KeyChange[]): void => {
      for (const change of changes) put(change, change.type === 'Put');
    },
    records: (): ReadonlyMap<string, RolloutRecords> => {
      records ??= rolloutRecords(fleetPrefix, byKey.values());
      return records;
    },
    takeChanges: (): ReadonlySet<string> => {
      const taken = new Set(changed);
      changed.clear();
      return taken;
    },
  };
}

/** Gives the app, when it is a leaf of one. Of its content no more is kept than what ails it. */
function noteLeaf(
  facts: Map<string, AppFacts>,
  place: KeyPlace,
  { value, modRevision }: KeyFact,
  isThere: boolean,
): string | undefined {
  if (place.type !== 'Leaf') return undefined;
  const { app, leaf } = place;
  const { [leaf]: _before, ...others } = facts.get(app) ?? { app };
  const kept = isThere ? keptOf(app, leaf, { modRevision, value: decodeLeafValue(value) }) : {};
  facts.set(app, { ...others, app, ...kept });
  return app;
}

function keptOf(app: string, leaf: LeafName, said: Leaf): Partial<AppFacts> {
  if (leaf === 'content') return { content: judgeContent(app, said) };
  return leaf === 'signature'
    ? { signature: { modRevision: said.modRevision, value: { type: 'Elsewhere' } } }
    : { [leaf]: said };
}
