/**
 * The etcd client: ranges, transactions, leases and raw watches, each with a deadline, over one
 * endpoint at a time.
 *
 * It retries nothing that may have taken effect. It only tries the next endpoint when a request
 * never left for the first, and logs in again when the token is stale. After a failure the next
 * call uses the next endpoint, on a new connection. Loading this file loads gRPC (0.2 s):
 * commands that may not need etcd import it when they do.
 */
import {
  type CallLimits,
  type EtcdError,
  type EtcdLeases,
  type OpenWatch,
  type Range,
  type TxnAnswer,
  type TxnQuery,
} from '../domain/etcdCalls.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { createAuth } from './etcdAuth.ts';
import { rangeRequest, readRange, readTxn, readVersion, txnRequest } from './etcdCodec.ts';
import {
  createEtcdEndpoint,
  type EtcdEndpoint,
  type TlsFiles,
  type UnaryCall,
} from './etcdEndpoint.ts';
import { type EtcdFailure, isOfConnection, publicError } from './etcdErrors.ts';
import { createEtcdLeases } from './etcdLease.ts';
import { createOpenWatch } from './etcdWatch.ts';

export interface EtcdClientOptions {
  readonly endpoints: readonly string[];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Asked when etcd refuses the password it was given; undefined when there is none to be had. */
  readonly renewPassword?: (() => string | undefined) | undefined;
  readonly tls?: TlsFiles | undefined;
  /** Of a whole call, login and other endpoints not included; 3 s by default. */
  readonly callTimeoutMs?: number;
  /** A silent connection is noticed after the sum of both; 6 s and 4 s by default. */
  readonly keepaliveTimeMs?: number;
  readonly keepaliveTimeoutMs?: number;
  /** Which endpoint comes first; from [0, 1). */
  readonly random?: () => number;
}

export interface EtcdClient {
  readonly range: Range;
  readonly txn: (query: TxnQuery, limits?: CallLimits) => Promise<Result<TxnAnswer, EtcdError>>;
  readonly openWatch: OpenWatch;
  readonly leases: EtcdLeases;
  /** As the server tells it that is asked now: `3.4.23`. */
  readonly serverVersion: (limits?: CallLimits) => Promise<Result<string, EtcdError>>;
  /** Log in again before the next call. */
  readonly invalidateAuth: () => void;
  readonly close: () => void;
}

export function createEtcdClient(options: EtcdClientOptions): EtcdClient {
  const timeoutMs = options.callTimeoutMs ?? 3_000;
  const endpoints = createEndpoints(options);
  const auth = createAuth(options, (request) =>
    onAnyEndpoint((endpoint) =>
      endpoint.call({
        service: 'Auth',
        method: 'authenticate',
        request,
        token: undefined,
        timeoutMs,
      }),
    ),
  );

  async function onAnyEndpoint(
    run: (endpoint: EtcdEndpoint) => Promise<Result<unknown, EtcdFailure>>,
  ): Promise<Result<unknown, EtcdFailure>> {
    for (let tried = 1; ; tried += 1) {
      const endpoint = endpoints.current();
      const outcome = await run(endpoint);
      if (outcome.ok) return outcome;
      endpoints.blame(endpoint, outcome.error);
      if (outcome.error.wasSent || tried >= endpoints.count) return outcome;
    }
  }

  async function call<T>(
    { service, method, request }: Pick<UnaryCall, 'service' | 'method' | 'request'>,
    read: (answer: unknown) => T | undefined,
    limits: CallLimits = {},
  ): Promise<Result<T, EtcdError>> {
    for (let login = 1; ; login += 1) {
      const token = await auth.token();
      if (!token.ok) return err(publicError({ ...token.error, wasSent: false }));
      const outcome = await onAnyEndpoint((endpoint) =>
        endpoint.call({ service, method, request, token: token.value, timeoutMs, ...limits }),
      );
      if (outcome.ok) {
        const value = read(outcome.value);
        return value === undefined
          ? err({ type: 'Malformed', wasSent: true, detail: `etcd answered nonsense to ${method}` })
          : ok(value);
      }
      const canLogIn = outcome.error.isTokenStale && auth.hasLogin && login === 1;
      if (!canLogIn) return err(publicError(outcome.error));
      auth.forget(token.value);
    }
  }

  const access = {
    endpoint: endpoints.current,
    token: auth.token,
    hasLogin: auth.hasLogin,
    forgetToken: auth.forget,
    blame: endpoints.blame,
  };
  return {
    range: (query, limits) =>
      call({ service: 'KV', method: 'range', request: rangeRequest(query) }, readRange, limits),
    txn: (query, limits) =>
      call({ service: 'KV', method: 'txn', request: txnRequest(query) }, readTxn, limits),
    serverVersion: (limits) =>
      call({ service: 'Maintenance', method: 'status', request: {} }, readVersion, limits),
    openWatch: createOpenWatch(access),
    leases: createEtcdLeases(access, call, { callTimeoutMs: timeoutMs }),
    invalidateAuth: () => {
      auth.forget(undefined);
    },
    close: endpoints.close,
  };
}

function createEndpoints(options: EtcdClientOptions) {
  const all = options.endpoints.map((url) =>
    createEtcdEndpoint({
      url,
      tls: options.tls,
      keepaliveTimeMs: options.keepaliveTimeMs ?? 6_000,
      keepaliveTimeoutMs: options.keepaliveTimeoutMs ?? 4_000,
    }),
  );
  const none = createEtcdEndpoint({ url: '', keepaliveTimeMs: 6_000, keepaliveTimeoutMs: 4_000 });
  if (all.length === 0) none.close();
  let index = Math.floor((options.random ?? Math.random)() * all.length);
  const current = (): EtcdEndpoint => all[index] ?? none;

  return {
    count: all.length,
    current,
    /** Others may have moved on already. */
    blame: (endpoint: EtcdEndpoint, error: EtcdError): void => {
      if (isOfConnection(error) && endpoint === current()) index = (index + 1) % all.length;
    },
    close: (): void => {
      for (const endpoint of all) endpoint.close();
    },
  };
}
