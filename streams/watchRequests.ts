/**
 * What is asked of this host through etcd, the oldest first, as it stands there: whether it is a
 * request at all is for whoever acts on it to say.
 *
 * After a listing what still stands there is told again. Whoever may write there may write a lot:
 * of what is too large to be a request, or is none, no more is kept than says so. Never completes,
 * never errors.
 */
import { concatMap, from, map, type Observable } from 'rxjs';
import { type EtcdKeyValue } from '../src/domain/etcdCalls.ts';
import { type LostReason } from '../src/domain/event.ts';
import { parseFleetKey, requestsStart } from '../src/domain/fleet/fleetKeys.ts';
import { requestMaxBytes } from '../src/domain/fleet/requestCodec.ts';
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
  let isStrangeKept = false;
  /** One key that is none is enough to say that there are some. */
  const keep = (item: EtcdKeyValue): EtcdKeyValue | undefined => {
    const { key, value, modRevision } = item;
    if (describe(item).type === 'Asked') {
      const [keyCopy, start] = [cut(key, key.length), cut(value, requestMaxBytes + 1)];
      return { key: keyCopy, value: start, modRevision };
    }
    if (isStrangeKept) return undefined;
    isStrangeKept = true;
    return { key: cut(key, strangeMaxBytes), value: new Uint8Array(), modRevision };
  };
  const prefix = requestsStart(fleetPrefix, host);
  return followKeys(deps, { prefix, pageSize, keysMax, keep }).pipe(
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

/** A value may have 1.5 MB, and a page is held as a whole. */
const pageSize = 16;
/** Of a listing; what is more is told by a later one. */
const keysMax = 2_000;
const strangeMaxBytes = 512;

/** A copy, which does not hold on to the answer that it came in. */
function cut(bytes: Uint8Array, maxBytes: number): Uint8Array {
  return Uint8Array.from(bytes.subarray(0, maxBytes));
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
