/**
 * Leases: granted and revoked by calls, kept alive on one raw stream each.
 *
 * The stream is given up when an answer is overdue, since a lease that etcd no longer renews is as
 * good as lost. A token found stale before the first answer is replaced, once, without anybody
 * noticing. Opening it anew after it ended is for whoever asked for it.
 */
import {
  type CallLimits,
  type EtcdError,
  type EtcdLeases,
  type KeepAlive,
  type Lease,
  type LeaseSignal,
} from '../domain/etcdCalls.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { grantRequest, leaseRequest, readLease, readTtl } from './etcdCodec.ts';
import { type RawStream, type UnaryCall } from './etcdEndpoint.ts';
import { type EtcdFailure, failure, failureFrom, publicError } from './etcdErrors.ts';
import { type EtcdAccess } from './etcdWatch.ts';

/** One call to whichever endpoint answers, with a login where one is needed. */
type Call = <T>(
  request: Pick<UnaryCall, 'service' | 'method' | 'request'>,
  read: (answer: unknown) => T | undefined,
  limits?: CallLimits,
) => Promise<Result<T, EtcdError>>;

interface LeaseOptions {
  /** Until the first answer on a stream, and from each request to its answer. */
  readonly callTimeoutMs: number;
}

export function createEtcdLeases(
  access: EtcdAccess,
  call: Call,
  options: LeaseOptions,
): EtcdLeases {
  return {
    grant: (ttlSec, limits) =>
      call(
        { service: 'Lease', method: 'leaseGrant', request: grantRequest(ttlSec) },
        readLease,
        limits,
      ),
    revoke: async (id, limits) => {
      const request = leaseRequest(id);
      const outcome = await call(
        { service: 'Lease', method: 'leaseRevoke', request },
        () => true,
        limits,
      );
      return outcome.ok || outcome.error.type === 'NoLease' ? ok(undefined) : err(outcome.error);
    },
    keepAlive: createKeepAlive(access, options),
  };
}

/** What `cancel` does to whichever stream is open now. */
interface Life {
  isCanceled: boolean;
  stream: RawStream | undefined;
}

function createKeepAlive(access: EtcdAccess, options: LeaseOptions): KeepAlive {
  return (lease, onSignal) => {
    const life: Life = { isCanceled: false, stream: undefined };
    const signal = (one: LeaseSignal): void => {
      if (!life.isCanceled) onSignal(one);
    };
    void run(access, { lease, life, signal, ...options });
    return {
      cancel: () => {
        life.isCanceled = true;
        life.stream?.cancel();
      },
    };
  };
}

interface Renewal extends LeaseOptions {
  readonly lease: Lease;
  readonly life: Life;
  readonly signal: (one: LeaseSignal) => void;
}

async function run(access: EtcdAccess, renewal: Renewal): Promise<void> {
  const { life, signal } = renewal;
  let isRenewed = false;
  const onAnswer = (one: LeaseSignal): void => {
    isRenewed = true;
    signal(one);
  };
  for (let login = 1; ; login += 1) {
    const token = await access.token();
    if (life.isCanceled) return;
    const end = token.ok
      ? await runStream(access, token.value, { ...renewal, signal: onAnswer })
      : token.error;
    if (life.isCanceled) return;
    if (end === 'Lost') {
      signal({ type: 'Lost' });
      return;
    }
    if (!end.isTokenStale || !token.ok || !access.hasLogin || login > 1 || isRenewed) {
      signal({ type: 'Failed', error: publicError(end) });
      return;
    }
    access.forgetToken(token.value);
  }
}

/** Resolves with what ended it. */
async function runStream(
  { endpoint: current, blame }: EtcdAccess,
  token: string | undefined,
  renewal: Renewal,
): Promise<EtcdFailure | 'Lost'> {
  const endpoint = current();
  const opened = await endpoint.openLeaseStream(token);
  const end = opened.ok ? await renew(opened.value, renewal) : opened.error;
  if (!renewal.life.isCanceled && end !== 'Lost') blame(endpoint, end);
  return end;
}

/** How often within its time to live a lease is renewed. */
const renewals = 3;

function renew(
  stream: RawStream,
  { lease, life, signal, callTimeoutMs }: Renewal,
): Promise<EtcdFailure | 'Lost'> {
  return new Promise((resolve) => {
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;
    const end = (how: EtcdFailure | 'Lost'): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      life.stream = undefined;
      stream.cancel(how === 'Lost' ? undefined : how);
      resolve(how);
    };
    const ask = (): void => {
      timer = setTimeout(() => {
        end(failure('TimedOut', `no answer to a renewal within ${String(callTimeoutMs)} ms`));
      }, callTimeoutMs);
      stream.write(leaseRequest(lease.id));
    };
    // Stays attached: an 'error' that nobody hears ends the process.
    stream.on('error', (thrown) => {
      end(failureFrom(thrown));
    });
    stream.on('end', () => {
      end(failure('Unreachable', 'etcd ended the stream of renewals'));
    });
    stream.on('data', (message) => {
      if (isOver) return;
      const ttlSec = readTtl(message);
      if (ttlSec === undefined) end(failure('Malformed', 'etcd sent nonsense for a renewal'));
      else if (ttlSec === 0) end('Lost');
      else {
        clearTimeout(timer);
        signal({ type: 'Renewed' });
        timer = setTimeout(ask, (ttlSec * 1_000) / renewals);
      }
    });
    life.stream = stream;
    if (life.isCanceled) end(failure('Canceled', 'the renewal was cancelled', false));
    else ask();
  });
}
