/**
 * The fleet in etcd for a command: read at one revision, or followed as it changes.
 *
 * Loads the etcd client only here. Reads are tried on each server of etcd; following never ends by
 * itself, and says when etcd is away and when it is back.
 */
import { asyncScheduler, Subscription } from 'rxjs';
import { followKeys, type KeysEvent } from '../../../streams/followKeys.ts';
import { listPages } from '../../../streams/listPages.ts';
import type { EtcdClient } from '../../clients/etcd.ts';
import type { EtcdError, EtcdKeyValue, Range } from '../../domain/etcdCalls.ts';
import type { FleetView } from '../../domain/fleet/fleetView.ts';
import type { RolloutRecords } from '../../domain/fleet/rolloutRecords.ts';
import { keyStart } from '../../domain/keys.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { Revision } from '../../domain/types.ts';
import { etcdConnection } from '../../settings/connections.ts';
import { failLoudly } from '../../fault.ts';
import type { EtcdSettings, Settings } from '../../settings/settings.ts';
import type { WriteOutcome } from '../appStore.ts';
import type { Fault } from '../commandIo.ts';
import { listFault } from '../etcdFault.ts';
import { changeRollout, type RolloutChange } from '../rollout/changeRollout.ts';
import { triedOnEach } from '../triedOnEach.ts';
import { createFleetFeed, type FeedChanges, type FeedSource } from './fleetFeed.ts';
import { forgetHost, type ForgetOutcome } from './forgetHost.ts';

export interface FleetReading {
  readonly revision: Revision;
  readonly view: FleetView;
  /** By app; empty unless they were asked for. */
  readonly rollouts: ReadonlyMap<string, RolloutRecords>;
}

export interface FleetAccess {
  /** `'HostsOnly'`: what is to run where is not asked, and the view shows no row. */
  readonly read: (extent?: keyof typeof sourcesByExtent) => Promise<Result<FleetReading, Fault>>;
  /** `onNews` after everything that may have changed the view or the fault. */
  readonly follow: (onNews: () => void, extent?: keyof typeof sourcesByExtent) => FollowedFleet;
  /**
   * Removes what is known of a host, what stands below `hosts` without a lease, and the turns that
   * it was lost in.
   */
  readonly forget: (host: string) => Promise<Result<ForgetOutcome, Fault>>;
  /** Writes nothing when what it is about is no longer as it was read. */
  readonly changeRollout: (change: RolloutChange) => Promise<Result<WriteOutcome, Fault>>;
  readonly close: () => void;
}

export interface FollowedFleet {
  readonly view: () => FleetView;
  /** By app; empty unless they were asked for. */
  readonly rollouts: () => ReadonlyMap<string, RolloutRecords>;
  /** Since it was asked for last; for the first time everything there is. */
  readonly takeChanges: () => FeedChanges;
  /** Everything has been listed once: before that the view shows a part. */
  readonly isListed: () => boolean;
  /** Why nothing new is heard; undefined while all is well. */
  readonly fault: () => FollowFault | undefined;
  readonly stop: () => void;
}

export interface FollowFault extends Fault {
  /** Time alone does not mend it. */
  readonly isDenied: boolean;
}

/** The error: a password file that cannot be read. */
export async function openFleet(settings: Settings): Promise<Result<FleetAccess, Fault>> {
  const connection = etcdConnection(settings);
  if (!connection.ok) {
    const remedy = 'correct etcd.passwordFile, or make the file readable';
    return err({ message: connection.error, remedy });
  }
  const { createEtcdClient } = await import('../../clients/etcd.ts');
  return ok(createFleetAccess(createEtcdClient(connection.value), settings.etcd));
}

/** Of a client that somebody else may use too; `close` closes it. */
export function createFleetAccess(client: EtcdClient, etcd: EtcdSettings): FleetAccess {
  return {
    read: (extent = 'Fleet') => read(client, etcd, sourcesByExtent[extent]),
    follow: (onNews, extent = 'Fleet') =>
      followFleet(client, etcd, onNews, sourcesByExtent[extent]),
    forget: (host) => forgetHost(client, etcd, host, limits),
    changeRollout: (change) => changeRollout(client, etcd, change, limits),
    close: client.close,
  };
}

/** A person waits, and would rather wait than start again. */
const limits = { timeoutMs: 10_000 };
const pageSize = 250;

const hostSources: readonly FeedSource[] = ['hosts', 'known'];
const sources: readonly FeedSource[] = ['apps', ...hostSources];
const sourcesByExtent = {
  Fleet: sources,
  HostsOnly: hostSources,
  WithRollouts: [...sources, 'rollouts'],
} as const;

function prefixOf(source: FeedSource, etcd: EtcdSettings): string {
  return source === 'apps' ? etcd.prefix : `${keyStart(etcd.fleetPrefix)}${source}`;
}

function createFeed(etcd: EtcdSettings) {
  return createFleetFeed({ apps: etcd.prefix, fleet: etcd.fleetPrefix });
}

async function read(
  client: EtcdClient,
  etcd: EtcdSettings,
  wanted: readonly FeedSource[],
): Promise<Result<FleetReading, Fault>> {
  const feed = createFeed(etcd);
  let revision: Revision | undefined;
  for (const source of wanted) {
    const at = revision;
    const range: Range = (query, given) =>
      client.range({ ...query, ...(at === undefined ? {} : { revision: at }) }, given);
    const tried = triedOnEach(range, etcd.endpoints.length);
    const kvs: EtcdKeyValue[] = [];
    for await (const page of listPages(tried, {
      prefix: prefixOf(source, etcd),
      pageSize,
      ...limits,
    })) {
      if (!page.ok) return err(listFault(page.error, etcd, prefixOf(source, etcd)));
      revision ??= page.value.revision;
      kvs.push(...page.value.kvs);
    }
    feed.replace(source, kvs);
  }
  if (revision === undefined) return err({ message: 'etcd gave no page' });
  return ok({ revision, view: feed.view(), rollouts: feed.rollouts() });
}

function followFleet(
  client: EtcdClient,
  etcd: EtcdSettings,
  onNews: () => void,
  wanted: readonly FeedSource[],
): FollowedFleet {
  const feed = createFeed(etcd);
  const listed = new Set<FeedSource>();
  const faults = new Map<FeedSource, FollowFault>();
  const note = (source: FeedSource, event: KeysEvent): void => {
    if (event.type === 'Lost') {
      const error = { type: errorTypeOf(event), wasSent: true, detail: event.detail };
      const isDenied = error.type === 'Unauthorised';
      faults.set(source, { ...listFault(error, etcd, prefixOf(source, etcd)), isDenied });
    } else {
      faults.delete(source);
      if (event.type === 'Listed') listed.add(source);
      if (event.type === 'Listed') feed.replace(source, event.kvs);
      else feed.change(source, event.changes);
    }
    onNews();
  };
  const following = new Subscription();
  const deps = {
    range: client.range,
    openWatch: client.openWatch,
    scheduler: asyncScheduler,
    random: Math.random,
  };
  for (const source of wanted) {
    const changes$ = followKeys(deps, { prefix: prefixOf(source, etcd), pageSize });
    following.add(changes$.subscribe({ next: (event) => note(source, event), error: failLoudly }));
  }
  return {
    view: feed.view,
    rollouts: feed.rollouts,
    takeChanges: feed.takeChanges,
    isListed: () => listed.size === wanted.length,
    fault: () => [...faults.values()][0],
    stop: () => following.unsubscribe(),
  };
}

/** What a source calls a loss, as the client's words have it. */
function errorTypeOf({ reason }: Extract<KeysEvent, { type: 'Lost' }>): EtcdError['type'] {
  switch (reason) {
    case 'Unreachable':
    case 'TimedOut':
    case 'Unauthorised':
    case 'NoLeader':
    case 'Malformed':
      return reason;
    case 'Compacted':
    case 'ClusterChanged':
    case 'RevisionRegressed':
    case 'AuditMismatch':
    case 'Canceled':
      return 'Canceled';
    default:
      return reason satisfies never;
  }
}
