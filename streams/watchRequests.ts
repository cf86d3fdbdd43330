/**
 * What is asked of this host through etcd, the oldest first, as it stands there: whether it is a
 * request at all is for whoever acts on it to say.
 *
 * After a listing what still stands there is told again. Never completes, never errors.
 */
import { concatMap, from, map, type Observable } from 'rxjs';
import { type EtcdKeyValue } from '../src/domain/etcdCalls.ts';
import { type LostReason } from '../src/domain/event.ts';
import { parseFleetKey, requestsStart } from '../src/domain/fleet/fleetKeys.ts';
import { compareRevisions, type Revision } from '../src/domain/types.ts';
import { decodeKey } from './etcdBytes.ts';
import { followKeys, type FollowKeysDeps } from './followKeys.ts';

export interface WatchRequestsOptions {
  readonly fleetPrefix: string;
  readonly host: string;
}

export type RequestsEvent =
  | Readonly<{ type: 'Asked'; id: string; modRevision: Revision; value: Uint8Array }>
  /** Below the requests of this host, and no request. */
  | Readonly<{ type: 'Strange'; key: string }>
  /** All that stands there follows. */
  | Readonly<{ type: 'Listed' }>
  | Readonly<{ type: 'Lost'; reason: LostReason; detail: string }>;

export function watchRequests(
  deps: FollowKeysDeps,
  { fleetPrefix, host }: WatchRequestsOptions,
): Observable<RequestsEvent> {
  const describe = (item: EtcdKeyValue): RequestsEvent => describeKey(fleetPrefix, host, item);
  return followKeys(deps, { prefix: requestsStart(fleetPrefix, host) }).pipe(
    map((event): readonly RequestsEvent[] => {
      switch (event.type) {
        case 'Listed':
          return [{ type: 'Listed' }, ...[...event.kvs].sort(byAge).map(describe)];
        case 'Changed':
          return event.changes.filter(({ type }) => type === 'Put').map(describe);
        case 'Lost':
          return [event];
      }
    }),
    concatMap((events) => from(events)),
  );
}

function byAge(a: EtcdKeyValue, b: EtcdKeyValue): number {
  return compareRevisions(a.modRevision, b.modRevision);
}

function describeKey(
  fleetPrefix: string,
  host: string,
  { key: bytes, modRevision, value }: EtcdKeyValue,
): RequestsEvent {
  const key = decodeKey(bytes);
  const place = key === undefined ? undefined : parseFleetKey(fleetPrefix, key);
  return place?.type === 'Request' && place.host === host
    ? { type: 'Asked', id: place.id, modRevision, value }
    : { type: 'Strange', key: key ?? Buffer.from(bytes).toString('latin1') };
}
