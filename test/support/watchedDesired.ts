/** `watchDesired` on a real etcd, with everything it emitted at hand and deadlines for tests. */
import { asyncScheduler, Subject } from 'rxjs';
import { createEtcdClient, type EtcdClientOptions } from '../../src/clients/etcd.ts';
import {
  type DesiredEvent,
  watchDesired,
  type WatchDesiredDeps,
  type WatchDesiredOptions,
} from '../../streams/watchDesired.ts';
import { waitFor } from './waitFor.ts';

export interface WatchedDesired {
  readonly events: readonly DesiredEvent[];
  /** The newest picture of each app that was told of, by name. */
  readonly pictures: () => ReadonlyMap<string, DesiredEntry>;
  readonly listings: () => readonly Extract<DesiredEvent, { type: 'DesiredListed' }>[];
  /** `DesiredChanged`s since the last listing. */
  readonly changes: () => readonly Extract<DesiredEvent, { type: 'DesiredChanged' }>[];
  readonly lost: () => readonly string[];
  readonly waitForListing: (count?: number) => Promise<Listed>;
  readonly waitForRevision: (revision: string) => Promise<void>;
  readonly relist: () => void;
  readonly stop: () => Promise<void>;
}

type Listed = Extract<DesiredEvent, { type: 'DesiredListed' }>;
type DesiredEntry = Listed['entries'][number];

export interface WatchedOptions {
  readonly client: Partial<EtcdClientOptions> & Pick<EtcdClientOptions, 'endpoints'>;
  readonly watch?: Partial<WatchDesiredOptions>;
  readonly deps?: Partial<WatchDesiredDeps>;
}

/** Apps whose `ips` has the item `h1` concern this host. */
export function concernsH1(_app: string, ips: string | undefined): boolean {
  return ips?.split(',').includes('h1') ?? false;
}

export function watchForTest({ client: given, watch, deps }: WatchedOptions): WatchedDesired {
  const client = createEtcdClient({ callTimeoutMs: 1_000, ...given });
  const relist$ = new Subject<void>();
  const events: DesiredEvent[] = [];
  const desired$ = watchDesired(
    {
      range: client.range,
      openWatch: client.openWatch,
      scheduler: asyncScheduler,
      random: Math.random,
      concernsHost: concernsH1,
      relist$,
      ...deps,
    },
    { prefix: '/p', callTimeoutMs: 1_000, backoffMaxMs: 200, auditGraceMs: 200, ...watch },
  );
  const subscription = desired$.subscribe({
    next: (event) => events.push(event),
    error: (error) => {
      throw new Error('the source died', { cause: error });
    },
  });

  const listings = (): readonly Listed[] =>
    events.filter((event) => event.type === 'DesiredListed');
  const lastRevision = (): bigint =>
    BigInt(events.findLast((event) => event.type !== 'DesiredLost')?.revision ?? 0);
  return {
    events,
    listings,
    pictures: () => {
      const pictures = new Map<string, DesiredEntry>();
      for (const event of events) {
        if (event.type === 'DesiredListed') pictures.clear();
        if (event.type === 'DesiredLost') continue;
        for (const entry of event.entries) pictures.set(entry.app, entry);
      }
      return pictures;
    },
    changes: () => {
      const at = events.findLastIndex((event) => event.type === 'DesiredListed');
      return events.slice(at + 1).filter((event) => event.type === 'DesiredChanged');
    },
    lost: () => events.filter((event) => event.type === 'DesiredLost').map((e) => e.reason),
    waitForListing: (count = 1) =>
      waitFor(`listing ${String(count)}`, () => listings()[count - 1], { intervalMs: 5 }),
    waitForRevision: async (revision) => {
      await waitFor(`revision ${revision}`, () => lastRevision() >= BigInt(revision), {
        intervalMs: 2,
      });
    },
    relist: () => {
      relist$.next();
    },
    stop: () => {
      subscription.unsubscribe();
      client.close();
      return Promise.resolve();
    },
  };
}
