/**
 * What is asked of etcd and what it answers, as types: the words that the client, the streams and
 * the commands share. Revisions are text throughout; keys and values are bytes, as in etcd.
 */
import { type Result } from './result.ts';
import { type Revision } from './types.ts';

/** Why etcd did not do what was asked. `detail` is text for a person; nothing may branch on it. */
export interface EtcdError {
  readonly type: EtcdErrorType;
  /** False when the request certainly never left; true when it may have taken effect. */
  readonly wasSent: boolean;
  readonly detail: string;
}

export type EtcdErrorType =
  /** No connection, or it broke. */
  | 'Unreachable'
  | 'TimedOut'
  /** Wrong or missing credentials, or no permission. */
  | 'Unauthorised'
  /** The member lost its quorum. */
  | 'NoLeader'
  /** The revision asked for is no longer kept. */
  | 'Compacted'
  /** The lease that a key is to be put under is gone. */
  | 'NoLease'
  /** Cancelled by etcd, or by us. */
  | 'Canceled'
  /** An answer that makes no sense. */
  | 'Malformed'
  /** etcd refused, with a reason in `detail`. */
  | 'Failed';

export interface RangeQuery {
  readonly key: Uint8Array;
  /** Exclusive; undefined for the one key. */
  readonly rangeEnd?: Uint8Array;
  readonly limit?: number;
  /** As of this revision instead of now. */
  readonly revision?: Revision;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  /** Only keys that were put after this revision; `count` is of all keys nevertheless. */
  readonly changedAfter?: Revision;
}

export interface RangeAnswer {
  readonly clusterId: string;
  /** Of the store when it answered, not of what was asked for. */
  readonly revision: Revision;
  readonly kvs: readonly EtcdKeyValue[];
  readonly hasMore: boolean;
  /** All keys of the range, however many are in `kvs`. */
  readonly count: number;
}

export interface EtcdKeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly modRevision: Revision;
  /** The key goes when this lease does; undefined: it stays. */
  readonly lease?: LeaseId;
}

export interface CallLimits {
  readonly timeoutMs?: number;
  /** Gives up early; the call then answers `Canceled`. */
  readonly signal?: GiveUpSignal;
}

/** An `AbortSignal`, as far as a call needs it. */
export interface GiveUpSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { once: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Never rejects; settles within the time-out. */
export type Range = (
  query: RangeQuery,
  limits?: CallLimits,
) => Promise<Result<RangeAnswer, EtcdError>>;

export interface WatchQuery {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly startRevision: Revision;
}

export type WatchSignal =
  /** The watch stands. `revision` is the member's current one: not a cursor. */
  | Readonly<{ type: 'Created'; clusterId: string; revision: Revision }>
  | Readonly<{
      type: 'Changed';
      clusterId: string;
      revision: Revision;
      /** In order of revision; empty in a progress notice. */
      changes: readonly KeyChange[];
      /** More changes of the last revision in here may follow. */
      isFragment: boolean;
    }>
  /** The last signal of a watch. */
  | Readonly<{ type: 'Failed'; error: EtcdError }>;

export interface KeyChange {
  readonly type: 'Put' | 'Delete';
  readonly key: Uint8Array;
  /** Empty for a deletion. */
  readonly value: Uint8Array;
  /** The key did not exist before. */
  readonly isNew: boolean;
  readonly modRevision: Revision;
  /** As of a key; undefined for a deletion. */
  readonly lease?: LeaseId;
}

/** Never throws; failures come as the last signal. Nothing is signalled after `cancel`. */
export type OpenWatch = (query: WatchQuery, onSignal: (signal: WatchSignal) => void) => WatchHandle;

export interface WatchHandle {
  /** Stops reading, so that etcd stops sending; signals already read may still come. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly cancel: () => void;
}

export interface TxnQuery {
  /** All must hold: the key was last modified at this revision; `0`: it does not exist. */
  readonly compares: readonly { readonly key: Uint8Array; readonly modRevision: Revision }[];
  /** Done together when they hold. */
  readonly writes: readonly TxnWrite[];
}

export interface TxnWrite {
  readonly key: Uint8Array;
  /** Undefined deletes. */
  readonly value: Uint8Array | undefined;
  /** The key goes when this lease does; undefined: it stays. */
  readonly lease?: LeaseId;
}

/** Of a lease, as decimal text. */
export type LeaseId = string;

export interface TxnAnswer {
  readonly clusterId: string;
  readonly revision: Revision;
  readonly isDone: boolean;
}

export interface Lease {
  readonly id: LeaseId;
  /** As etcd granted it, which may be longer than was asked for. */
  readonly ttlSec: number;
}

/** None rejects. Keys are put under a lease by `TxnWrite.lease`; they go when it does. */
export interface EtcdLeases {
  readonly grant: (ttlSec: number, limits?: CallLimits) => Promise<Result<Lease, EtcdError>>;
  /** Also fine when the lease is gone already. */
  readonly revoke: (id: LeaseId, limits?: CallLimits) => Promise<Result<void, EtcdError>>;
  readonly keepAlive: KeepAlive;
}

/**
 * Renews the lease on one stream until that ends, three times within its time to live. Never
 * throws; nothing is signalled after `cancel`, which leaves the lease as it is.
 */
export type KeepAlive = (
  lease: Lease,
  onSignal: (signal: LeaseSignal) => void,
) => { readonly cancel: () => void };

export type LeaseSignal =
  | Readonly<{ type: 'Renewed' }>
  /** etcd has no such lease: it ran out or was revoked. The last signal. */
  | Readonly<{ type: 'Lost' }>
  /** The stream ended, the lease perhaps not: it may be kept alive again. The last signal. */
  | Readonly<{ type: 'Failed'; error: EtcdError }>;
