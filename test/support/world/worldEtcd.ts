/** What the model etcd holds, and the events that tell of it. */
import type { DesiredEntry, Event, LeafValue } from '../../../src/domain/event.ts';
import type { Revision } from '../../../src/domain/types.ts';

export interface Leaves {
  readonly ips?: string;
  readonly content?: string;
  readonly rollout?: string;
}

/** An etcd that is another one, or the same from a backup. */
export interface OtherEtcd {
  readonly clusterId?: string;
  readonly revision?: number;
  /** By app; what is not here is gone. */
  readonly apps?: Readonly<Record<string, Leaves & { readonly revision?: number }>>;
  readonly elsewhere?: number;
}

export interface WorldEtcd {
  put(app: string, leaves: Leaves): void;
  remove(app: string): void;
  /** Begins the next revision. */
  next(): void;
  replace(other: OtherEtcd): void;
  listed(): Event;
  changed(apps: readonly string[]): Event;
}

const text = (value: string): LeafValue => ({ type: 'Text', text: value });

export function createWorldEtcd(): WorldEtcd {
  let clusterId = '1';
  let revision = 10;
  let elsewhere = 3;
  const pairs = new Map<string, Leaves & { readonly revision: number }>();
  const entry = (app: string): DesiredEntry => {
    const pair = pairs.get(app);
    if (pair === undefined) return { app };
    const { ips, content, rollout } = pair;
    const modRevision = String(pair.revision) as Revision;
    return {
      app,
      ...(ips === undefined ? {} : { ips: { modRevision, value: text(ips) } }),
      ...(content === undefined ? {} : { content: { modRevision, value: text(content) } }),
      ...(rollout === undefined ? {} : { rollout: { modRevision, value: text(rollout) } }),
    };
  };
  return {
    put: (app, leaves) => {
      pairs.set(app, { ...leaves, revision });
    },
    remove: (app) => {
      pairs.delete(app);
    },
    next: () => {
      revision++;
    },
    replace: (other) => {
      clusterId = other.clusterId ?? clusterId;
      revision = other.revision ?? revision;
      elsewhere = other.elsewhere ?? elsewhere;
      pairs.clear();
      for (const [app, pair] of Object.entries(other.apps ?? {})) {
        pairs.set(app, { ...pair, revision: pair.revision ?? revision });
      }
    },
    listed: () => ({
      type: 'DesiredListed',
      clusterId,
      revision: String(revision) as Revision,
      reason: 'Initial',
      entries: [...pairs.keys()].sort().map(entry),
      elsewhere,
      ignoredKeys: 0,
    }),
    changed: (apps) => ({
      type: 'DesiredChanged',
      revision: String(revision) as Revision,
      entries: apps.map(entry),
    }),
  };
}
