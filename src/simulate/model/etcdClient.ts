/**
 * The client of a model etcd, for one life of an agent: what `createEtcdClient` answers over a
 * real connection, over a wire that fails as it is told to. After `kill` nothing settles and
 * nothing is signalled any more.
 */
import { type SchedulerLike } from 'rxjs';
import { type EtcdClient } from '../../clients/etcd.ts';
import { type Rng } from '../kernel/rng.ts';
import { type ModelEtcd } from './etcd.ts';
import { createCalls } from './etcdModelCalls.ts';
import { createModelWatches } from './etcdModelWatch.ts';
import { type EtcdWire } from './etcdWire.ts';

export interface ModelEtcdClientDeps {
  readonly scheduler: SchedulerLike;
  readonly rng: Rng;
  readonly wire: EtcdWire;
}

export interface ModelEtcdClientOptions {
  /** 3 s by default. */
  readonly callTimeoutMs?: number;
}

/** All but `close` and `kill` as in production; both end the client, `close` with errors. */
export interface ModelEtcdClient extends Omit<EtcdClient, 'serverVersion' | 'leases'> {
  /** The agent is gone. */
  readonly kill: () => void;
  /** Calls that have not settled, and watches that have not ended. */
  readonly open: () => { readonly calls: number; readonly watches: number };
}

export function createModelEtcdClient(
  etcd: ModelEtcd,
  deps: ModelEtcdClientDeps,
  { callTimeoutMs = 3_000 }: ModelEtcdClientOptions = {},
): ModelEtcdClient {
  const calls = createCalls(deps, callTimeoutMs);
  const watches = createModelWatches(etcd, deps);
  const stopListening = deps.wire.listen({
    onChange: (state) => {
      calls.onChange(state);
      watches.onChange(state);
    },
    onBreak: () => {
      calls.breakAll();
      watches.breakAll();
    },
  });
  return {
    range: (query, limits) => calls.read(() => etcd.range(query), limits),
    txn: (query, limits) => calls.write(() => etcd.txn(query), limits),
    openWatch: watches.open,
    invalidateAuth: () => undefined,
    close: () => {
      calls.close();
      watches.close();
      stopListening();
    },
    kill: () => {
      calls.kill();
      watches.kill();
      stopListening();
    },
    open: () => ({ calls: calls.count(), watches: watches.count() }),
  };
}
