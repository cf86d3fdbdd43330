/** etcd's messages as `etcd3`'s protobuf loader shapes them, from and to our words. */
import {
  type ILeaseGrantRequest,
  type ILeaseKeepAliveRequest,
  type ILeaseRevokeRequest,
  type IRangeRequest,
  type ITxnRequest,
  type IWatchRequest,
} from 'etcd3';
import {
  type EtcdKeyValue,
  type KeyChange,
  type Lease,
  type LeaseId,
  type RangeAnswer,
  type RangeQuery,
  type TxnAnswer,
  type TxnQuery,
  type WatchQuery,
} from '../domain/etcdCalls.ts';
import { parseRevision, type Revision } from '../domain/types.ts';

export function rangeRequest(query: RangeQuery): IRangeRequest {
  return {
    key: Buffer.from(query.key),
    ...(query.rangeEnd === undefined ? {} : { range_end: Buffer.from(query.rangeEnd) }),
    ...(query.limit === undefined ? {} : { limit: query.limit }),
    ...(query.revision === undefined ? {} : { revision: query.revision }),
    keys_only: query.keysOnly ?? false,
    count_only: query.countOnly ?? false,
    ...(query.changedAfter === undefined
      ? {}
      : { min_mod_revision: String(BigInt(query.changedAfter) + 1n) }),
  };
}

export function txnRequest({ compares, writes }: TxnQuery): ITxnRequest {
  return {
    compare: compares.map(({ key, modRevision }) => ({
      result: 'Equal',
      target: 'Mod',
      key: Buffer.from(key),
      mod_revision: modRevision,
    })),
    success: writes.map(({ key, value, lease }) =>
      value === undefined
        ? { request_delete_range: { key: Buffer.from(key) } }
        : {
            request_put: {
              key: Buffer.from(key),
              value: Buffer.from(value),
              ...(lease === undefined ? {} : { lease }),
            },
          },
    ),
  };
}

export function watchRequest({ key, rangeEnd, startRevision }: WatchQuery): IWatchRequest {
  return {
    create_request: {
      key: Buffer.from(key),
      range_end: Buffer.from(rangeEnd),
      start_revision: startRevision,
      fragment: true,
    },
  };
}

export function grantRequest(ttlSec: number): ILeaseGrantRequest {
  return { TTL: ttlSec };
}

/** A revocation and a renewal name no more than the lease. */
export function leaseRequest(id: LeaseId): ILeaseRevokeRequest & ILeaseKeepAliveRequest {
  return { ID: id };
}

/** These give undefined for an answer that makes no sense. */
export function readRange(answer: unknown): RangeAnswer | undefined {
  const header = readHeader(answer);
  const kvs = readKeyValues(field(answer, 'kvs'));
  const count = Number(field(answer, 'count'));
  if (header === undefined || kvs === undefined || !Number.isSafeInteger(count)) return undefined;
  return { ...header, kvs, hasMore: field(answer, 'more') === true, count };
}

export function readTxn(answer: unknown): TxnAnswer | undefined {
  const header = readHeader(answer);
  return header && { ...header, isDone: field(answer, 'succeeded') === true };
}

export function readToken(answer: unknown): string | undefined {
  const token = field(answer, 'token');
  return typeof token === 'string' && token !== '' ? token : undefined;
}

export function readVersion(answer: unknown): string | undefined {
  const version = field(answer, 'version');
  return typeof version === 'string' && version !== '' ? version : undefined;
}

export function readLease(answer: unknown): Lease | undefined {
  const id = field(answer, 'ID');
  const ttlSec = readTtl(answer);
  const isId = typeof id === 'string' && /^[1-9]\d*$/.test(id);
  return isId && ttlSec !== undefined && ttlSec > 0 ? { id, ttlSec } : undefined;
}

/** In seconds; 0 for a lease that is gone. */
export function readTtl(answer: unknown): number | undefined {
  const text = field(answer, 'TTL');
  const ttlSec = typeof text === 'string' && text !== '' ? Number(text) : NaN;
  return Number.isSafeInteger(ttlSec) ? Math.max(0, ttlSec) : undefined;
}

export interface WatchAnswer {
  readonly clusterId: string;
  readonly revision: Revision;
  readonly changes: readonly KeyChange[];
  readonly isCreated: boolean;
  readonly isCanceled: boolean;
  readonly isFragment: boolean;
  readonly cancelReason: string;
  readonly compactRevision: string;
}

export function readWatch(answer: unknown): WatchAnswer | undefined {
  const header = readHeader(answer);
  const changes = readChanges(field(answer, 'events'));
  if (header === undefined || changes === undefined) return undefined;
  return {
    ...header,
    changes,
    isCreated: field(answer, 'created') === true,
    isCanceled: field(answer, 'canceled') === true,
    isFragment: field(answer, 'fragment') === true,
    cancelReason: String(field(answer, 'cancel_reason') ?? ''),
    compactRevision: String(field(answer, 'compact_revision') ?? ''),
  };
}

function readHeader(answer: unknown): { clusterId: string; revision: Revision } | undefined {
  const header = field(answer, 'header');
  const clusterId = field(header, 'cluster_id');
  const revision = readRevision(field(header, 'revision'));
  if (typeof clusterId !== 'string' || revision === undefined) return undefined;
  return { clusterId, revision };
}

function readKeyValues(items: unknown): readonly EtcdKeyValue[] | undefined {
  if (!Array.isArray(items)) return undefined;
  const kvs = items.map(readKeyValue).filter((kv) => kv !== undefined);
  return kvs.length === items.length ? kvs : undefined;
}

function readChanges(items: unknown): readonly KeyChange[] | undefined {
  if (!Array.isArray(items)) return undefined;
  const changes: KeyChange[] = [];
  for (const item of items) {
    const raw = field(item, 'kv');
    const kv = readKeyValue(raw);
    if (kv === undefined) return undefined;
    const type = field(item, 'type') === 'Delete' ? 'Delete' : 'Put';
    changes.push({ type, ...kv, isNew: field(raw, 'version') === '1' });
  }
  return changes;
}

function readKeyValue(kv: unknown): EtcdKeyValue | undefined {
  const key = field(kv, 'key');
  const value = field(kv, 'value');
  const modRevision = readRevision(field(kv, 'mod_revision'));
  if (!(key instanceof Uint8Array) || !(value instanceof Uint8Array)) return undefined;
  if (modRevision === undefined) return undefined;
  const lease = field(kv, 'lease');
  const isLeased = typeof lease === 'string' && lease !== '' && lease !== '0';
  return { key, value, modRevision, ...(isLeased ? { lease } : {}) };
}

function readRevision(value: unknown): Revision | undefined {
  return typeof value === 'string' ? parseRevision(value) : undefined;
}

function field(message: unknown, name: string): unknown {
  return typeof message === 'object' && message !== null
    ? (message as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
