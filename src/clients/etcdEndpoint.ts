/**
 * One etcd endpoint: calls and streams on connections of its own.
 *
 * Uses the connection pool of the `etcd3` package and nothing above it: its watcher loses events
 * and its retries deadlock on an expired token. No fault handling here either; the pool's policies
 * are replaced by ones that do nothing. A connection that failed a call is retired, since a silent
 * one would otherwise be used until TCP notices, a quarter of an hour later: what comes next gets
 * another one, what still works on it goes on.
 */
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { type IOptions } from 'etcd3';
import { ConnectionPool } from 'etcd3/lib/connection-pool.js';
import { type GiveUpSignal } from '../domain/etcdCalls.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { createLines } from './etcdLines.ts';
import { type EtcdFailure, failure, failureFrom, isOfConnection } from './etcdErrors.ts';

export interface TlsFiles {
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

export interface EndpointOptions {
  /** `http://host:port`, `https://…` or `host:port`; port 2379 when there is none. */
  readonly url: string;
  readonly tls?: TlsFiles | undefined;
  /** Never below 5 s, which etcd would take for an attack, unless etcd is told otherwise. */
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
}

export interface UnaryCall {
  readonly service: 'KV' | 'Auth' | 'Maintenance' | 'Lease';
  readonly method: string;
  readonly request: unknown;
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly signal?: GiveUpSignal | undefined;
}

export interface RawStream {
  write(request: unknown): void;
  on(event: 'data', listener: (answer: unknown) => void): void;
  on(event: 'error', listener: (error: unknown) => void): void;
  on(event: 'end', listener: () => void): void;
  pause(): void;
  resume(): void;
  /** Because of a failure that lies with its connection, that one is retired. */
  cancel(because?: EtcdFailure): void;
}

export interface EtcdEndpoint {
  /** Never rejects. */
  call(call: UnaryCall): Promise<Result<unknown, EtcdFailure>>;
  openWatchStream(token: string | undefined): Promise<Result<RawStream, EtcdFailure>>;
  openLeaseStream(token: string | undefined): Promise<Result<RawStream, EtcdFailure>>;
  close(): void;
}

type WithClient = Parameters<Parameters<ConnectionPool['withConnection']>[1]>[0];
type UnaryMethod = (
  request: unknown,
  metadata: WithClient['metadata'],
  options: { deadline: number },
  done: (error: unknown, answer: unknown) => void,
) => { cancel(): void };

export function createEtcdEndpoint(options: EndpointOptions): EtcdEndpoint {
  let isClosed = false;
  /** Certificates are read for each new connection, so a renewed one is picked up. */
  const lines = createLines(() => new ConnectionPool(poolOptions(options)));

  async function onConnection<T>(
    service: UnaryCall['service'] | 'Watch',
    token: string | undefined,
    use: (connection: WithClient, line: Line) => Outcome<T> | Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    if (isClosed) return err(failure('Canceled', 'the client is closed', false));
    try {
      const line = lines.take();
      try {
        return await line.pool.withConnection(service, (connection) => {
          // A member without a quorum then says so, instead of leaving us deaf.
          connection.metadata.set('hasleader', 'true');
          if (token !== undefined) connection.metadata.set('token', token);
          return use(connection, line);
        });
      } finally {
        line.release();
      }
    } catch (thrown) {
      return err({ ...failureFrom(thrown), wasSent: false });
    }
  }

  return {
    call: (call) =>
      onConnection(call.service, call.token, async (connection, line) => {
        const outcome = (await isConnected(connection, call))
          ? await callUnary(connection, call)
          : err(failure('TimedOut', `no connection to ${options.url} in time`, false));
        if (!outcome.ok && isOfConnection(outcome.error)) line.retire();
        return outcome;
      }),
    openWatchStream: (token) =>
      onConnection('Watch', token, (connection, line) => openStream(connection, 'watch', line)),
    openLeaseStream: (token) =>
      onConnection('Lease', token, (connection, line) =>
        openStream(connection, 'leaseKeepAlive', line),
      ),
    close: () => {
      isClosed = true;
      lines.close();
    },
  };
}

type Outcome<T> = Result<T, EtcdFailure>;
type Line = ReturnType<ReturnType<typeof createLines<ConnectionPool>>['take']>;

type OwnStream = Omit<RawStream, 'cancel'> & {
  on(event: 'status', listener: () => void): void;
  cancel(): void;
};

function openStream(
  { client, metadata }: WithClient,
  method: 'watch' | 'leaseKeepAlive',
  line: Line,
): Result<RawStream, EtcdFailure> {
  const streams = client as unknown as Readonly<
    Record<typeof method, (given: typeof metadata) => OwnStream>
  >;
  const stream = streams[method](metadata);
  const use = line.use();
  stream.on('status', use.release);
  return ok({
    write: (request) => {
      stream.write(request);
    },
    on: stream.on.bind(stream),
    pause: () => {
      stream.pause();
    },
    resume: () => {
      stream.resume();
    },
    cancel: (because) => {
      if (because !== undefined && isOfConnection(because)) line.retire();
      stream.cancel();
      use.release();
    },
  });
}

interface Channel {
  getConnectivityState(isToConnect: boolean): number;
  watchConnectivityState(from: number, deadline: number, done: (error?: Error) => void): void;
}

/** Of a gRPC channel. */
const connectivity = { idle: 0, connecting: 1 } as const;

/**
 * Resolves when there is a connection, or none is to be had, or the call was given up, which it
 * then says; false when that took too long. Otherwise a connection that takes a second or two to
 * be made would leave a call too little of its time, be given up for it, and be made anew for ever.
 */
function isConnected({ client }: WithClient, { timeoutMs, signal }: UnaryCall): Promise<boolean> {
  const channel = (client as unknown as { getChannel(): Channel }).getChannel();
  const deadline = Date.now() + timeoutMs;
  return new Promise((resolve) => {
    const abort = (): void => {
      resolve(true);
    };
    const look = (error?: Error): void => {
      const state = channel.getConnectivityState(true);
      const isOpen = state !== connectivity.idle && state !== connectivity.connecting;
      if (isOpen || error !== undefined || signal?.aborted === true) {
        signal?.removeEventListener('abort', abort);
        resolve(isOpen || error === undefined);
      } else channel.watchConnectivityState(state, deadline, look);
    };
    signal?.addEventListener('abort', abort, { once: true });
    look();
  });
}

function callUnary(
  { client, metadata }: WithClient,
  { method, request, timeoutMs, signal }: UnaryCall,
): Promise<Result<unknown, EtcdFailure>> {
  return new Promise((resolve) => {
    const run = (client as unknown as Readonly<Record<string, UnaryMethod>>)[method];
    if (run === undefined || signal?.aborted === true) {
      resolve(err(failure('Canceled', `${method} was not called`, false)));
      return;
    }
    const abort = (): void => {
      call.cancel();
    };
    const call = run.call(
      client,
      request,
      metadata,
      { deadline: Date.now() + timeoutMs },
      (error, answer) => {
        signal?.removeEventListener('abort', abort);
        resolve(error === null || error === undefined ? ok(answer) : err(failureFrom(error)));
      },
    );
    signal?.addEventListener('abort', abort, { once: true });
  });
}

function poolOptions({ url, tls, keepaliveTimeMs, keepaliveTimeoutMs }: EndpointOptions): IOptions {
  const host = withPort(url.replace(/\/+$/, ''));
  return {
    hosts: host,
    ...(host.startsWith('https:') ? { credentials: credentialsFrom(tls ?? {}) } : {}),
    faultHandling: { host: () => noPolicy, global: noPolicy },
    grpcOptions: {
      'grpc.keepalive_time_ms': keepaliveTimeMs,
      'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
      // The default of 4 MiB is less than one etcd revision may hold.
      'grpc.max_receive_message_length': -1,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 500,
      // Otherwise a new connection to the same address is the old one.
      'grpc.use_local_subchannel_pool': 1,
    },
  };
}

function withPort(url: string): string {
  return /:\d+$/.test(url) ? url : `${url}:2379`;
}

function credentialsFrom({
  caFile,
  certFile,
  keyFile,
}: TlsFiles): NonNullable<IOptions['credentials']> {
  return {
    rootCertificate:
      caFile === undefined ? Buffer.from(rootCertificates.join('\n')) : readFileSync(caFile),
    ...(certFile === undefined ? {} : { certChain: readFileSync(certFile) }),
    ...(keyFile === undefined ? {} : { privateKey: readFileSync(keyFile) }),
  };
}

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

const nothing = { dispose: () => undefined };
const noPolicy: Policy = {
  _altReturn: undefined as never,
  onSuccess: () => nothing,
  onFailure: () => nothing,
  execute: async (run) => run({ signal: new AbortController().signal }),
};
