/**
 * The fleet in etcd for a command: read at one revision, or followed as it changes.
 *
 * Loads the etcd client only here. Reads are tried on each server of etcd; following never ends by
 * itself, and says when etcd is away and when it is back.
 */
import { asyncScheduler, Subscription } from 'rxjs';
import { prefixRange } from '../../../streams/etcdBytes.ts';
import { followKeys, type KeysEvent } from '../../../streams/followKeys.ts';
import { listPages } from '../../../streams/listPages.ts';
import type { EtcdClient } from '../../clients/etcd.ts';
import type { EtcdError, EtcdKeyValue, Range } from '../../domain/etcdCalls.ts';
import { reportKey } from '../../domain/fleet/fleetKeys.ts';
import type { FleetView } from '../../domain/fleet/fleetView.ts';
import { keyStart } from '../../domain/keys.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { type Revision, revisionZero } from '../../domain/types.ts';
import { etcdConnection } from '../../settings/connections.ts';
import { failLoudly } from '../../fault.ts';
import type { EtcdSettings, Settings } from '../../settings/settings.ts';
import type { Fault } from '../commandIo.ts';
import { etcdFault, listFault, unknownOutcomeFault } from '../etcdFault.ts';
import { isWorthAnother, triedOnEach } from '../triedOnEach.ts';
import { createFleetFeed, type FeedSource } from './fleetFeed.ts';

export interface FleetReading {
  readonly revision: Revision;
  readonly view: FleetView;
}

export interface FleetAccess {
  /** `'HostsOnly'`: what is to run where is not asked, and the view shows no row. */
  readonly read: (extent?: 'HostsOnly') => Promise<Result<FleetReading, Fault>>;
  /** `onNews` after everything that may have changed the view or the fault. */
  readonly follow: (onNews: () => void) => FollowedFleet;
  /** Removes what is known of a host, and what stands below `hosts` without a lease. */
  readonly forget: (host: string) => Promise<Result<ForgetOutcome, Fault>>;
  readonly close: () => void;
}

export type ForgetOutcome =
  | 'Forgotten'
  /** There was nothing. */
  | 'Unknown'
  /** Its key has a lease, or changed meanwhile. */
  | 'Leased';

export interface FollowedFleet {
  readonly view: () => FleetView;
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
  const client = createEtcdClient(connection.value);
  const { etcd } = settings;
  return ok({
    read: (extent) => read(client, etcd, extent === undefined ? sources : hostSources),
    follow: (onNews) => follow(client, etcd, onNews),
    forget: (host) => forget(client, etcd, host),
    close: client.close,
  });
}

/** A person waits, and would rather wait than start again. */
const limits = { timeoutMs: 10_000 };
const pageSize = 250;
/** etcd takes 128 operations in one transaction. */
const writesMax = 100;

const hostSources: readonly FeedSource[] = ['hosts', 'known'];
const sources: readonly FeedSource[] = ['apps', ...hostSources];

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
  return ok({ revision, view: feed.view() });
}

function follow(client: EtcdClient, etcd: EtcdSettings, onNews: () => void): FollowedFleet {
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
  for (const source of sources) {
    const changes$ = followKeys(deps, { prefix: prefixOf(source, etcd), pageSize });
    following.add(changes$.subscribe({ next: (event) => note(source, event), error: failLoudly }));
  }
  return {
    view: feed.view,
    isListed: () => listed.size === sources.length,
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

async function forget(
  client: EtcdClient,
  etcd: EtcdSettings,
  host: string,
): Promise<Result<ForgetOutcome, Fault>> {
  const [live = '', known = ''] = (['hosts', 'known'] as const).map((kind) =>
    reportKey(etcd.fleetPrefix, kind, host, 0),
  );
  const found: EtcdKeyValue[] = [];
  for (const head of [live, known]) {
    for (const query of [{ key: Buffer.from(head) }, prefixRange(head)]) {
      const answer = await triedOnEach(client.range, etcd.endpoints.length)(query, limits);
      if (!answer.ok) return err(etcdFault(answer.error, etcd));
      found.push(...answer.value.kvs);
    }
  }
  if (found.length === 0) return ok('Unknown');
  const head = found.find(({ key }) => Buffer.from(key).toString() === live);
  if (head?.lease !== undefined) return ok('Leased');
  // Nobody became alive meanwhile; what else is there goes whoever wrote it last.
  const compares = [{ key: Buffer.from(live), modRevision: head?.modRevision ?? revisionZero }];
  // The heads last: until then it can be asked for again.
  const keys = found.map(({ key }) => key).reverse();
  for (let from = 0; from < keys.length; from += writesMax) {
    const isLast = from + writesMax >= keys.length;
    const writes = keys.slice(from, from + writesMax).map((key) => ({ key, value: undefined }));
    const outcome = await client.txn({ compares, writes }, limits);
    if (outcome.ok && !outcome.value.isDone) return ok('Leased');
    if (outcome.ok && isLast) return ok('Forgotten');
    if (outcome.ok) continue;
    const { error } = outcome;
    const isUnknown = error.wasSent && isWorthAnother(error);
    return err(isUnknown ? unknownOutcomeFault(error.detail, etcd) : etcdFault(error, etcd));
  }
  return ok('Forgotten');
}
