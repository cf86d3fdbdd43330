/**
 * Watches over a wire: message after message in order, until one fails, the connection breaks or
 * nobody listens any more. A connection that breaks takes with it what had not arrived.
 */
import { Subscription } from 'rxjs';
import {
  type EtcdError,
  type OpenWatch,
  type WatchHandle,
  type WatchQuery,
  type WatchSignal,
} from '../../domain/etcdCalls.ts';
import { type ModelEtcd } from './etcd.ts';
import { type CallsDeps, latency, lostConnection, refusalOf } from './etcdModelCalls.ts';
import { createWatchServer, failed, type WatchServer } from './etcdWatchServer.ts';
import { type EtcdWireState } from './etcdWire.ts';

export interface ModelWatches {
  readonly open: OpenWatch;
  readonly onChange: (state: EtcdWireState) => void;
  readonly breakAll: () => void;
  readonly close: () => void;
  readonly kill: () => void;
  readonly count: () => number;
}

interface Stream extends WatchHandle {
  readonly onChange: (state: EtcdWireState) => void;
  readonly break: (error: EtcdError) => void;
}

export function createModelWatches(etcd: ModelEtcd, deps: CallsDeps): ModelWatches {
  const streams = new Set<Stream>();
  let isKilled = false;
  const breakAll = (error: EtcdError): void => {
    for (const stream of [...streams]) stream.break(error);
  };
  return {
    open: (query, onSignal) => {
      if (isKilled) return { pause: nothing, resume: nothing, cancel: nothing };
      const stream = createStream(etcd, deps, query, {
        onSignal,
        onEnd: () => streams.delete(stream),
      });
      streams.add(stream);
      return stream;
    },
    onChange: (state) => {
      for (const stream of [...streams]) stream.onChange(state);
    },
    breakAll: () => {
      breakAll(lostConnection);
    },
    close: () => {
      breakAll({ type: 'Canceled', wasSent: true, detail: 'the client is closed' });
    },
    kill: () => {
      isKilled = true;
      for (const stream of [...streams]) stream.cancel();
    },
    count: () => streams.size,
  };
}

interface StreamHooks {
  readonly onSignal: (signal: WatchSignal) => void;
  /** The last was signalled, or nobody wants it. */
  readonly onEnd: () => void;
}

function createStream(
  etcd: ModelEtcd,
  deps: CallsDeps,
  query: WatchQuery,
  { onSignal, onEnd }: StreamHooks,
): Stream {
  const { scheduler, rng, wire } = deps;
  let state: 'Standing' | 'Broken' | 'Over' = 'Standing';
  let silence = Subscription.EMPTY;

  const server = createWatchServer(etcd, deps, query, {
    onSent: () => {
      line.move();
    },
    onRestart: () => {
      breakOff(lostConnection);
    },
  });
  const line = createLine(deps, server, {
    breakOff,
    deliver: (signal) => {
      if (signal.type === 'Failed') end();
      onSignal(signal);
    },
  });

  function end(): void {
    state = 'Over';
    server.close();
    line.close();
    silence.unsubscribe();
    onEnd();
  }

  function breakOff(error: EtcdError): void {
    if (state !== 'Standing') return;
    state = 'Broken';
    server.close();
    line.close();
    scheduler.schedule(() => {
      if (state === 'Over') return;
      end();
      onSignal(failed(error));
    }, rng.next());
  }

  function onChange(now: EtcdWireState): void {
    silence.unsubscribe();
    if (now.link === 'Cut') breakOff(lostConnection);
    else if (now.link === 'Silent') {
      if (now.keepaliveMs === undefined) return;
      silence = scheduler.schedule(() => {
        breakOff(lostConnection);
      }, now.keepaliveMs);
    } else {
      const refusal = refusalOf(now);
      if (refusal?.type === 'NoLeader' && line.isOpen()) server.fail(failed(refusal));
      line.move();
    }
  }

  // A connection that was cut before is found out by trying.
  if (wire.state().link === 'Silent') onChange(wire.state());
  line.move();
  return {
    pause: line.pause,
    resume: line.resume,
    cancel: () => {
      if (state !== 'Over') end();
    },
    break: breakOff,
    onChange,
  };
}

interface LineHooks {
  readonly deliver: (signal: WatchSignal) => void;
  readonly breakOff: (error: EtcdError) => void;
}

/** First the request to watch, then one message after the other. */
function createLine(deps: CallsDeps, server: WatchServer, { deliver, breakOff }: LineHooks) {
  const { scheduler, rng, wire } = deps;
  let state: 'Opening' | 'Open' | 'Closed' = 'Opening';
  let isPaused = false;
  let isMoving = false;

  function move(delayMs = latency(deps)): void {
    if (isMoving || state === 'Closed' || (state === 'Open' && server.isEmpty())) return;
    isMoving = true;
    scheduler.schedule(arrive, delayMs);
  }

  function arrive(): void {
    isMoving = false;
    if (wire.state().link === 'Silent') return;
    if (state === 'Opening') open();
    else if (state === 'Open') take();
  }

  function open(): void {
    const refusal = refusalOf(wire.state());
    if (refusal?.type === 'Unreachable') {
      breakOff(refusal);
      return;
    }
    state = 'Open';
    server.begin();
  }

  function take(): void {
    // One that was read already may come although reading has stopped.
    if (isPaused && !rng.chance(0.1)) return;
    const signal = server.take();
    if (signal === undefined) return;
    deliver(signal);
    // What was sent together arrives together, each for itself all the same.
    move(rng.chance(0.8) ? 0 : latency(deps));
  }

  return {
    move,
    isOpen: () => state === 'Open',
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
      move();
    },
    close: () => {
      state = 'Closed';
    },
  };
}

function nothing(): void {
  // Of a client that is no more.
}
