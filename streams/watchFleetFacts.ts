/**
 * What templates are made from, followed in etcd: placements of all apps, without their contents, what
 * all hosts report, and who drains.
 *
 * Never completes, never errors. `Known` once everything has been listed, then after each change;
 * `Stale` from when any part of it is in doubt until all of it has been listed again. Unsubscribing
 * ends everything.
 */
import { Observable, Subscription } from 'rxjs';
import { keyStart, parseKey } from '../src/domain/keys.ts';
import { compareRevisions, type Revision } from '../src/domain/types.ts';
import { decodeKey } from './etcdBytes.ts';
import { createFleetFacts, type FactSource, factSources, type FleetFacts } from './fleetFacts.ts';
import { followKeys, type FollowKeysDeps, type KeysEvent } from './followKeys.ts';

export interface FleetFactsOptions {
  readonly appsPrefix: string;
  readonly fleetPrefix: string;
  /** In keys. */
  readonly pageSize?: number;
}

export type FleetFactsEvent =
  | Readonly<{
      type: 'Known';
      facts: FleetFacts['facts'];
      /** All drains until here are in it. */
      drainsRevision: Revision;
      newestDrain: Revision | undefined;
      /** So many apps are as they were before etcd was emptied, restored or replaced. */
      doubted: number;
      /** A listing has found no app at all, and none is known from before. */
      isBare: boolean;
    }>
  | Readonly<{ type: 'Stale'; detail: string }>;

export interface FleetFactsDeps extends FollowKeysDeps {
  /** Somebody says that what is gone from etcd is to be gone. */
  readonly believe$: Observable<unknown>;
}

export function watchFleetFacts(
  deps: FleetFactsDeps,
  { appsPrefix, fleetPrefix, pageSize = 250 }: FleetFactsOptions,
): Observable<FleetFactsEvent> {
  return new Observable((subscriber) => {
    const store = createFleetFacts({ apps: appsPrefix, fleet: fleetPrefix });
    const current = new Set<FactSource>();
    let drainsRevision: Revision | undefined;
    const heard = new Map<FactSource, Heard>();
    /** Their next listing is of an etcd that is known to be doubtful. */
    const doubtful = new Set<FactSource>();
    let isBare = false;

    const tell = (): void => {
      if (current.size < factSources.length || drainsRevision === undefined) return;
      const { facts } = store;
      const [newestDrain, doubted] = [store.newestDrain(), store.doubted()];
      subscriber.next({ type: 'Known', facts, drainsRevision, newestDrain, doubted, isBare });
    };
    const doubtFleet = (source: FactSource, { revision }: Heard): void => {
      // What was made of the etcd before is no longer to be spoken of.
      subscriber.next({ type: 'Stale', detail: 'etcd was restored, or is another' });
      if (doubtful.has(source)) return;
      store.doubtHosts(revision);
      for (const other of factSources) if (other !== 'apps') doubtful.add(other);
    };
    const list = (source: FactSource, event: Extract<KeysEvent, { type: 'Listed' }>): void => {
      const isApps = source === 'apps';
      const isInDoubt = isDoubtful(heard.get(source), event);
      heard.set(source, event);
      if (!isApps && isInDoubt) doubtFleet(source, event);
      doubtful.delete(source);
      store.replace(source, event.kvs, isApps && isInDoubt);
      if (isApps) isBare = event.kvs.length === 0 && store.doubted() === 0;
      current.add(source);
    };
    const note = (source: FactSource, event: KeysEvent): void => {
      if (event.type === 'Lost') {
        current.delete(source);
        subscriber.next({ type: 'Stale', detail: event.detail });
        return;
      }
      if (source === 'rollouts') drainsRevision = event.revision;
      if (event.type === 'Listed') list(source, event);
      else {
        const last = heard.get(source);
        if (last !== undefined) heard.set(source, { ...last, revision: event.revision });
        if (!store.change(source, event.changes)) return;
        if (source === 'apps') isBare = false;
      }
      tell();
    };

    const following = new Subscription();
    const error = (fault: unknown): void => subscriber.error(fault);
    for (const source of factSources) {
      const prefix = source === 'apps' ? appsPrefix : `${keyStart(fleetPrefix)}${source}`;
      const options = source === 'apps' ? placementsOnly(appsPrefix) : {};
      const keys$ = followKeys(deps, { prefix, pageSize, ...options });
      following.add(keys$.subscribe({ next: (event) => note(source, event), error }));
    }
    const next = (): void => {
      store.believe();
      isBare = false;
      tell();
    };
    following.add(deps.believe$.subscribe({ next, error }));
    return following;
  });
}

interface Heard {
  readonly clusterId: string;
  readonly revision: Revision;
}

function isDoubtful(before: Heard | undefined, now: Heard): boolean {
  if (before === undefined) return false;
  return before.clusterId !== now.clusterId || compareRevisions(now.revision, before.revision) < 0;
}

const nothing = new Uint8Array();

function placementsOnly(appsPrefix: string) {
  const leafOf = (key: Uint8Array): string | undefined => {
    const name = decodeKey(key);
    const place = name === undefined ? undefined : parseKey(appsPrefix, name);
    return place?.type === 'Leaf' ? place.leaf : undefined;
  };
  return {
    pageSize: 1_000,
    isValueWanted: (key: Uint8Array): boolean => leafOf(key) === 'ips',
    // What a watch tells of contents is forgotten at once.
    keep: <Item extends { readonly key: Uint8Array; readonly value: Uint8Array }>(item: Item) =>
      leafOf(item.key) === 'ips' ? item : { ...item, value: nothing },
  };
}
