/**
 * gRPC statuses and etcd's texts as `EtcdError`. etcd 3.4 says much only in its texts (one code
 * for several things), so these are matched here and nowhere else.
 */
import { type EtcdError, type EtcdErrorType } from '../domain/etcdCalls.ts';

export interface EtcdFailure extends EtcdError {
  /** The token is no longer good; a new login may help. */
  readonly isTokenStale: boolean;
  /** etcd knows no accounts: a login is neither possible nor needed. */
  readonly isAuthDisabled: boolean;
}

const grpc = {
  cancelled: 1,
  deadlineExceeded: 4,
  permissionDenied: 7,
  outOfRange: 11,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** First match wins. */
const typesByText: readonly (readonly [RegExp, EtcdErrorType])[] = [
  [/no leader|leader changed/, 'NoLeader'],
  [/has been compacted/, 'Compacted'],
  [/requested lease not found/, 'NoLease'],
  [/authentication failed|permission denied|invalid auth token/, 'Unauthorised'],
  [/auth store is old|user name is empty|user name not found/, 'Unauthorised'],
  [/etcdserver: request timed out/, 'TimedOut'],
];

// The last one: there was no token, since there were no accounts when it was asked for.
const stalePattern = /invalid auth token|auth store is old|user name is empty/;

const authDisabledPattern = /authentication is not enabled/;

const neverSentPattern =
  /No connection established|failed to connect|Name resolution failed|ECONNREFUSED|ENOTFOUND/i;

/** For whatever a gRPC call can end with. */
export function failureFrom(thrown: unknown): EtcdFailure {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return {
    type: typesByText.find(([pattern]) => pattern.test(detail))?.[1] ?? typeOfCode(code),
    wasSent: !neverSentPattern.test(detail),
    isTokenStale: stalePattern.test(detail),
    isAuthDisabled: authDisabledPattern.test(detail),
    detail,
  };
}

/** For the reason etcd gives when it cancels a watch; often none. */
export function failureFromCancel(reason: string, compactRevision: string): EtcdFailure {
  if (compactRevision !== '0' && compactRevision !== '') {
    return failure('Compacted', `the history before revision ${compactRevision} is gone`);
  }
  const known = failureFrom(new Error(reason));
  const type = known.type === 'Failed' ? 'Canceled' : known.type;
  return { ...known, type, detail: `etcd cancelled the watch: ${reason || 'no reason given'}` };
}

export function failure(type: EtcdErrorType, detail: string, wasSent = true): EtcdFailure {
  return { type, wasSent, isTokenStale: false, isAuthDisabled: false, detail };
}

/** Another connection, or another member, may do better. */
export function isOfConnection({ type }: EtcdError): boolean {
  return type === 'Unreachable' || type === 'TimedOut' || type === 'NoLeader';
}

/** Without what only the client needs to know. */
export function publicError({ type, wasSent, detail }: EtcdFailure): EtcdError {
  return { type, wasSent, detail };
}

function typeOfCode(code: unknown): EtcdErrorType {
  switch (code) {
    case grpc.cancelled:
      return 'Canceled';
    case grpc.deadlineExceeded:
      return 'TimedOut';
    case grpc.permissionDenied:
    case grpc.unauthenticated:
      return 'Unauthorised';
    case grpc.internal:
    case grpc.unavailable:
      return 'Unreachable';
    default:
      return 'Failed';
  }
}
