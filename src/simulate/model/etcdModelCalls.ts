/**
 * Calls over a wire: there, back, and every way in between to get lost. A write whose answer is
 * lost may have been done, may be done later, or never.
 */
import { type SchedulerLike } from 'rxjs';
import { assertNever } from '../../domain/assertNever.ts';
import { type CallLimits, type EtcdError } from '../../domain/etcdCalls.ts';
import { err, type Result } from '../../domain/result.ts';
import { type Rng } from '../kernel/rng.ts';
import { type EtcdWire, type EtcdWireState } from './etcdWire.ts';

export interface CallsDeps {
  readonly scheduler: SchedulerLike;
  readonly rng: Rng;
  readonly wire: EtcdWire;
}

type Serve<T> = () => Result<T, EtcdError>;
type Answered<T> = Promise<Result<T, EtcdError>>;

export interface ModelCalls {
  readonly read: <T>(serve: Serve<T>, limits?: CallLimits) => Answered<T>;
  readonly write: <T>(serve: Serve<T>, limits?: CallLimits) => Answered<T>;
  readonly onChange: (state: EtcdWireState) => void;
  readonly breakAll: () => void;
  readonly close: () => void;
  readonly kill: () => void;
  readonly count: () => number;
}

/** One call under way. */
interface Trip {
  /** What to do when the wire is no longer silent. */
  held: (() => void) | undefined;
  readonly fail: (error: EtcdError) => void;
}

export const lostConnection: EtcdError = {
  type: 'Unreachable',
  wasSent: true,
  detail: '14 UNAVAILABLE: Connection dropped',
};

const noConnection: EtcdError = {
  type: 'Unreachable',
  wasSent: false,
  detail: '14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED',
};

export function createCalls(deps: CallsDeps, callTimeoutMs: number): ModelCalls {
  const trips = new Set<Trip>();
  let end: 'Closed' | 'Killed' | undefined;

  function call<T>(serve: Serve<T>, isWrite: boolean, limits: CallLimits = {}): Answered<T> {
    if (end === 'Killed') return new Promise(() => undefined);
    if (end === 'Closed') return Promise.resolve(err(canceled('the client is closed', false)));
    if (limits.signal?.aborted === true) {
      return Promise.resolve(err(canceled('it was not called', false)));
    }
    return setOut(deps, trips, { timeoutMs: callTimeoutMs, ...limits, serve, isWrite });
  }

  const failAll = (error: EtcdError): void => {
    for (const trip of [...trips]) trip.fail(error);
  };

  return {
    read: (serve, limits) => call(serve, false, limits),
    write: (serve, limits) => call(serve, true, limits),
    onChange: ({ link }) => {
      if (link === 'Cut') failAll(lostConnection);
      if (link !== 'Up') return;
      for (const trip of [...trips]) {
        const { held } = trip;
        trip.held = undefined;
        held?.();
      }
    },
    breakAll: () => {
      failAll(lostConnection);
    },
    close: () => {
      end ??= 'Closed';
      failAll(canceled('the client is closed', true));
    },
    kill: () => {
      end = 'Killed';
      trips.clear();
    },
    count: () => trips.size,
  };
}

interface Call<T> extends CallLimits {
  readonly timeoutMs: number;
  readonly serve: Serve<T>;
  readonly isWrite: boolean;
}

function setOut<T>(deps: CallsDeps, trips: Set<Trip>, call: Call<T>): Answered<T> {
  const { timeoutMs, signal } = call;
  return new Promise((resolve) => {
    const onAbort = (): void => {
      trip.fail(canceled('1 CANCELLED: Cancelled on client', true));
    };
    const settle = (result: Result<T, EtcdError>): void => {
      if (!trips.delete(trip)) return;
      deadline.unsubscribe();
      signal?.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const trip: Trip = {
      held: undefined,
      fail: (error) => {
        settle(err(error));
      },
    };
    trips.add(trip);
    signal?.addEventListener('abort', onAbort, { once: true });
    const deadline = deps.scheduler.schedule(() => {
      trip.fail(timedOut(timeoutMs));
    }, timeoutMs);
    travel(deps, call, settle, (delayMs, run) => {
      moveOn(deps, trips, trip, delayMs, run);
    });
  });
}

/** There and back. */
function travel<T>(
  deps: CallsDeps,
  { serve, isWrite, timeoutMs }: Call<T>,
  settle: (result: Result<T, EtcdError>) => void,
  after: (delayMs: number, run: () => void) => void,
): void {
  const { wire } = deps;
  const refusal = refusalOf(wire.state());
  if (refusal?.wasSent === false) {
    after(latency(deps), () => {
      settle(err(refusal));
    });
  } else if (isWrite && wire.state().link === 'Silent') {
    loseWrite(deps, serve, timeoutMs);
  } else {
    after(latency(deps), () => {
      const found = refusalOf(wire.state());
      const answer = found === undefined ? serve() : err({ ...found, wasSent: true });
      after(latency(deps), () => {
        settle(answer);
      });
    });
  }
}

/** Never done; done, and the answer gets lost; done when whoever asked has long given up. */
function loseWrite(deps: CallsDeps, serve: Serve<unknown>, timeoutMs: number): void {
  const { scheduler, rng, wire } = deps;
  const fate = rng.below(3);
  if (fate === 0) return;
  const delayMs = fate === 1 ? latency(deps) : timeoutMs * (1 + rng.next());
  scheduler.schedule(() => {
    if (refusalOf(wire.state()) === undefined) serve();
  }, delayMs);
}

/** Unless the call is over by then; while the wire is silent, later. */
function moveOn(
  { scheduler, wire }: CallsDeps,
  trips: ReadonlySet<Trip>,
  trip: Trip,
  delayMs: number,
  run: () => void,
): void {
  const arrive = (): void => {
    if (!trips.has(trip)) return;
    if (wire.state().link === 'Silent') trip.held = arrive;
    else run();
  };
  scheduler.schedule(arrive, delayMs);
}

/** One way. */
export function latency({ rng, wire }: Pick<CallsDeps, 'rng' | 'wire'>): number {
  const { latencyMinMs, latencyMaxMs, slowMs } = wire.state();
  return slowMs + latencyMinMs + rng.next() * (latencyMaxMs - latencyMinMs);
}

/** What a new call or watch comes to at once, whatever it asks. */
export function refusalOf({ link, refusal }: EtcdWireState): EtcdError | undefined {
  if (link === 'Cut') return noConnection;
  switch (refusal) {
    case 'NoLeader':
      return { type: 'NoLeader', wasSent: true, detail: '14 UNAVAILABLE: etcdserver: no leader' };
    case 'WrongPassword':
      return { type: 'Unauthorised', wasSent: false, detail: authFailed };
    case 'NotPermitted':
      return { type: 'Unauthorised', wasSent: true, detail: notPermitted };
    case undefined:
      return undefined;
    default:
      return assertNever(refusal);
  }
}

const authFailed =
  '3 INVALID_ARGUMENT: etcdserver: authentication failed, invalid user ID or password';
const notPermitted = '7 PERMISSION_DENIED: etcdserver: permission denied';

function timedOut(timeoutMs: number): EtcdError {
  const detail = `4 DEADLINE_EXCEEDED: Deadline exceeded after ${String(timeoutMs / 1_000)}s`;
  return { type: 'TimedOut', wasSent: true, detail };
}

function canceled(detail: string, wasSent: boolean): EtcdError {
  return { type: 'Canceled', wasSent, detail };
}
