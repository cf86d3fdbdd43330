/**
 * One raw watch stream as signals: `Created`, then `Changed`…, and one `Failed` at the end.
 * A token found stale before the watch stood is replaced, once, without anybody noticing.
 */
import {
  type EtcdError,
  type OpenWatch,
  type WatchQuery,
  type WatchSignal,
} from '../domain/etcdCalls.ts';
import { type Result } from '../domain/result.ts';
import { readWatch, watchRequest } from './etcdCodec.ts';
import { type EtcdEndpoint, type RawStream } from './etcdEndpoint.ts';
import {
  type EtcdFailure,
  failure,
  failureFrom,
  failureFromCancel,
  publicError,
} from './etcdErrors.ts';

/** What a watch needs of the client. */
export interface EtcdAccess {
  readonly endpoint: () => EtcdEndpoint;
  readonly token: () => Promise<Result<string | undefined, EtcdFailure>>;
  readonly hasLogin: boolean;
  readonly forgetToken: (stale: string | undefined) => void;
  readonly blame: (endpoint: EtcdEndpoint, error: EtcdError) => void;
}

/** What the handle does to whichever stream is open now. */
interface Valve {
  isPaused: boolean;
  isCanceled: boolean;
  stream: RawStream | undefined;
}

export function createOpenWatch(access: EtcdAccess): OpenWatch {
  return (query, onSignal) => {
    const valve: Valve = { isPaused: false, isCanceled: false, stream: undefined };
    const signal = (one: WatchSignal): void => {
      if (!valve.isCanceled) onSignal(one);
    };
    void run(access, query, valve, signal);
    return {
      pause: () => {
        valve.isPaused = true;
        valve.stream?.pause();
      },
      resume: () => {
        valve.isPaused = false;
        valve.stream?.resume();
      },
      cancel: () => {
        valve.isCanceled = true;
        valve.stream?.cancel();
      },
    };
  };
}

async function run(
  access: EtcdAccess,
  query: WatchQuery,
  valve: Valve,
  signal: (one: WatchSignal) => void,
): Promise<void> {
  let hasStood = false;
  const onAnswer = (one: WatchSignal): void => {
    hasStood = true;
    signal(one);
  };
  for (let login = 1; ; login += 1) {
    const token = await access.token();
    const error = token.ok
      ? await runStream(access, token.value, query, valve, onAnswer)
      : token.error;
    if (valve.isCanceled) return;
    if (!error.isTokenStale || !token.ok || !access.hasLogin || login > 1 || hasStood) {
      signal({ type: 'Failed', error: publicError(error) });
      return;
    }
    access.forgetToken(token.value);
  }
}

/** Resolves with what ended it. */
async function runStream(
  { endpoint: current, blame }: EtcdAccess,
  token: string | undefined,
  query: WatchQuery,
  valve: Valve,
  signal: (one: WatchSignal) => void,
): Promise<EtcdFailure> {
  const endpoint = current();
  const opened = await endpoint.openWatchStream(token);
  const error = opened.ok ? await follow(opened.value, query, valve, signal) : opened.error;
  if (!valve.isCanceled) blame(endpoint, error);
  return error;
}

function follow(
  stream: RawStream,
  query: WatchQuery,
  valve: Valve,
  signal: (one: WatchSignal) => void,
): Promise<EtcdFailure> {
  return new Promise((resolve) => {
    let isOver = false;
    const end = (error: EtcdFailure): void => {
      if (isOver) return;
      isOver = true;
      valve.stream = undefined;
      stream.cancel(error);
      resolve(error);
    };
    // Stays attached: an 'error' that nobody hears ends the process.
    stream.on('error', (thrown) => {
      end(failureFrom(thrown));
    });
    stream.on('end', () => {
      end(failure('Unreachable', 'etcd ended the watch stream'));
    });
    stream.on('data', (message) => {
      if (isOver) return;
      const answer = readWatch(message);
      if (answer === undefined) end(failure('Malformed', 'etcd sent nonsense in a watch'));
      else if (answer.isCanceled)
        end(failureFromCancel(answer.cancelReason, answer.compactRevision));
      else if (answer.isCreated) signal({ ...pick(answer), type: 'Created' });
      else {
        const { changes, isFragment } = answer;
        signal({ ...pick(answer), type: 'Changed', changes, isFragment });
      }
    });
    valve.stream = stream;
    if (valve.isCanceled) {
      end(failure('Canceled', 'the watch was cancelled', false));
      return;
    }
    if (valve.isPaused) stream.pause();
    stream.write(watchRequest(query));
  });
}

function pick<T extends Pick<Extract<WatchSignal, { type: 'Created' }>, 'clusterId' | 'revision'>>({
  clusterId,
  revision,
}: T) {
  return { clusterId, revision };
}
