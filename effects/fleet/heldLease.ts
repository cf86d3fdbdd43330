/**
 * Keeps one lease alive for as long as etcd has it: where the stream of renewals ends, it is opened
 * again, since etcd may come back before the lease has run out. Only etcd says that it is lost.
 */
import { type SchedulerLike, Subscription } from 'rxjs';
import type { EtcdError, KeepAlive, Lease } from '../../src/domain/etcdCalls.ts';

export interface HeldLeaseDeps {
  readonly keepAlive: KeepAlive;
  readonly scheduler: SchedulerLike;
  /** From [0, 1). */
  readonly random: () => number;
}

export interface HeldLeaseEvents {
  readonly onRenewed: () => void;
  readonly onTrouble: (error: EtcdError) => void;
  readonly onLost: () => void;
}

const pauseMinMs = 200;
const pauseMaxMs = 3_000;

/** The function that is returned lets go of it, as it is. */
export function holdLease(deps: HeldLeaseDeps, lease: Lease, events: HeldLeaseEvents): () => void {
  const { keepAlive, scheduler, random } = deps;
  const pause = new Subscription();
  let failures = 0;
  let handle: { readonly cancel: () => void } | undefined;
  const open = (): void => {
    handle = keepAlive(lease, (signal) => {
      switch (signal.type) {
        case 'Renewed':
          failures = 0;
          return events.onRenewed();
        case 'Lost':
          return events.onLost();
        case 'Failed': {
          const limitMs = Math.min(pauseMaxMs, pauseMinMs * 2 ** Math.min(failures, 10));
          failures += 1;
          events.onTrouble(signal.error);
          pause.add(scheduler.schedule(open, limitMs * (0.5 + random() / 2)));
        }
      }
    });
  };
  open();
  return () => {
    pause.unsubscribe();
    handle?.cancel();
  };
}
