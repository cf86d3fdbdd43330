/**
 * The model of etcd with leases, which it does not know itself: keys put under a lease go when it
 * runs out, and writes under one that is gone are refused.
 */
import type { EtcdError, EtcdLeases, Lease, LeaseId } from '../../src/domain/etcdCalls.ts';
import { err, ok } from '../../src/domain/result.ts';
import type { ModelEtcd } from '../../src/simulate/model/etcd.ts';
import type { EtcdWire } from '../../src/simulate/model/etcdWire.ts';
import type { Kernel } from '../../src/simulate/kernel/kernel.ts';

export interface LeasedEtcd extends ModelEtcd {
  grantNow(ttlSec: number): Lease;
  /** False when it is gone. */
  renewNow(id: LeaseId): boolean;
  revokeNow(id: LeaseId): void;
  /** Of one host, over its wire, for one life of its agent. */
  leasesFor(wire: EtcdWire, isOver: () => boolean): EtcdLeases;
}

const latencyMs = 2;
const timeoutMs = 3_000;

export function createLeasedEtcd(etcd: ModelEtcd, kernel: Kernel): LeasedEtcd {
  const untilMsById = new Map<LeaseId, { ttlMs: number; untilMs: number }>();
  const leaseByKey = new Map<string, LeaseId>();
  let count = 0;

  const revokeNow = (id: LeaseId): void => {
    untilMsById.delete(id);
    const keys = [...leaseByKey].filter(([, lease]) => lease === id).map(([key]) => key);
    for (const key of keys) leaseByKey.delete(key);
    if (keys.length > 0) etcd.write(Object.fromEntries(keys.map((key) => [key, undefined])));
  };
  const expire = (id: LeaseId): void => {
    const lease = untilMsById.get(id);
    if (lease === undefined) return;
    if (lease.untilMs <= kernel.now()) revokeNow(id);
    else kernel.after(lease.untilMs - kernel.now(), () => expire(id));
  };
  const grantNow = (ttlSec: number): Lease => {
    count += 1;
    const id = String(count);
    untilMsById.set(id, { ttlMs: ttlSec * 1_000, untilMs: kernel.now() + ttlSec * 1_000 });
    expire(id);
    return { id, ttlSec };
  };
  const renewNow = (id: LeaseId): boolean => {
    const lease = untilMsById.get(id);
    if (lease !== undefined) lease.untilMs = kernel.now() + lease.ttlMs;
    return lease !== undefined;
  };
  const keyOf = (key: Uint8Array): string => Buffer.from(key).toString();

  return {
    ...etcd,
    ...{ grantNow, renewNow, revokeNow },
    txn: (query) => {
      const isGone = query.writes.some(
        ({ lease }) => lease !== undefined && !untilMsById.has(lease),
      );
      if (isGone) {
        return err({ type: 'NoLease', wasSent: true, detail: '5 NOT_FOUND: lease not found' });
      }
      const answer = etcd.txn(query);
      if (!answer.ok || !answer.value.isDone) return answer;
      for (const { key, lease } of query.writes) {
        if (lease === undefined) leaseByKey.delete(keyOf(key));
        else leaseByKey.set(keyOf(key), lease);
      }
      return answer;
    },
    range: (query) => {
      const answer = etcd.range(query);
      if (!answer.ok) return answer;
      const kvs = answer.value.kvs.map((item) => {
        const lease = leaseByKey.get(keyOf(item.key));
        return lease === undefined ? item : { ...item, lease };
      });
      return ok({ ...answer.value, kvs });
    },
    leasesFor: (wire, isOver) =>
      leasesOver(wire, isOver, { kernel, grantNow, renewNow, revokeNow }),
  };
}

const away: EtcdError = { type: 'Unreachable', wasSent: true, detail: '14 UNAVAILABLE' };

function leasesOver(
  wire: EtcdWire,
  isOver: () => boolean,
  {
    kernel,
    grantNow,
    renewNow,
    revokeNow,
  }: Pick<LeasedEtcd, 'grantNow' | 'renewNow' | 'revokeNow'> & { readonly kernel: Kernel },
): EtcdLeases {
  const isUp = (): boolean => wire.state().link === 'Up';
  const call = <T>(run: () => T) =>
    new Promise<{ ok: true; value: T } | { ok: false; error: EtcdError }>((resolve) => {
      kernel.after(isUp() ? latencyMs : timeoutMs, () => {
        if (!isOver()) resolve(isUp() ? ok(run()) : err(away));
      });
    });
  return {
    grant: (ttlSec) => call(() => grantNow(ttlSec)),
    revoke: (id) => call(() => revokeNow(id)),
    keepAlive: ({ id, ttlSec }, onSignal) => {
      let isCanceled = false;
      const again = (): void => {
        kernel.after((ttlSec * 1_000) / 3, () => {
          if (isCanceled || isOver()) return;
          if (!isUp()) return onSignal({ type: 'Failed', error: away });
          if (!renewNow(id)) return onSignal({ type: 'Lost' });
          onSignal({ type: 'Renewed' });
          again();
        });
      };
      again();
      return {
        cancel: () => {
          isCanceled = true;
        },
      };
    },
  };
}
