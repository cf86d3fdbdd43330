/**
 * What is below the prefix, as far as this host must know it: the `ips` of every app, content and
 * signature only of the apps that concern this host. No I/O; the order of the leaves does not matter.
 *
 * An app is *shown* when it concerns this host, is half a pair, or has an `ips` that cannot be
 * read. Changes of shown apps are told, and so is the one by which an app stops being shown.
 */
import { type EtcdKeyValue, type KeyChange } from '../src/domain/etcdCalls.ts';
import { type DesiredEntry } from '../src/domain/event.ts';
import {
  type Contents,
  createDesiredApps,
  type DesiredViewDeps,
  type KeptLeaf,
  type ViewDelta,
} from './desiredApps.ts';
import { createKeyRevisions, type KeyRevisions } from './keyRevisions.ts';

export interface RevisionExtent {
  /** It took several apps away at once, and none is left. */
  readonly isEmptied?: boolean;
}

export interface DesiredView {
  /** A page of a listing; keys sorted across pages. */
  readonly addPage: (kvs: readonly EtcdKeyValue[]) => void;
  /** After the last page. */
  readonly finish: () => ViewDelta;
  /** Everything one revision changed. */
  readonly apply: (changes: readonly KeyChange[]) => ViewDelta & RevisionExtent;
  /** What of a wanted app is to be supplied. */
  readonly missing: (app: string) => readonly KeptLeaf[];
  readonly supply: (app: string, leaf: KeptLeaf, kv: EtcdKeyValue) => boolean;
  readonly picture: (app: string) => DesiredEntry;
  /** All keys below the prefix, as etcd counts them, and when each was last changed. */
  readonly keys: Omit<KeyRevisions, 'note'>;
  readonly ignoredKeys: () => number;
  /** Apps that are not shown. */
  readonly elsewhere: () => number;
}

export function createDesiredView(deps: DesiredViewDeps): DesiredView {
  const apps = createDesiredApps(deps);
  const keys = createKeyRevisions();
  let ignored = 0;
  /** The app whose keys are being listed; its content and signature, until all are known. */
  let listing: { app: string; contents: Contents } | undefined;

  function settleListed(): void {
    if (listing !== undefined) apps.settle(listing.app, listing.contents);
    listing = undefined;
  }

  return {
    addPage: (kvs) => {
      for (const kv of kvs) {
        const step = keys.note(kv, true);
        const contents: Contents = listing?.contents ?? new Map();
        const app = apps.note(kv, true, contents);
        if (app === undefined) ignored += step;
        else if (app !== listing?.app) {
          settleListed();
          const own = contents.get(app);
          listing = { app, contents: new Map(own === undefined ? [] : [[app, own]]) };
        }
      }
    },
    finish: () => {
      settleListed();
      return apps.delta(apps.shown());
    },
    apply: (changes) => {
      const contents: Contents = new Map();
      const touched = new Set<string>();
      for (const change of changes) {
        const isPut = change.type === 'Put';
        const step = keys.note(change, isPut);
        const app = apps.note(change, isPut, contents);
        if (app === undefined) ignored += step;
        else touched.add(app);
      }
      const delta = apps.delta([...touched].filter((app) => apps.settle(app, contents)));
      return touched.size > 1 && apps.count() === 0 ? { ...delta, isEmptied: true } : delta;
    },
    missing: apps.missing,
    supply: apps.supply,
    picture: apps.picture,
    keys,
    ignoredKeys: () => ignored,
    elsewhere: apps.elsewhere,
  };
}
