/** The lease under which the turns of this host are: taken when one is needed, and then kept. */
import type { SchedulerLike } from 'rxjs';
import type { EtcdError, EtcdLeases, Lease, LeaseId } from '../../src/domain/etcdCalls.ts';
import { ok, type Result } from '../../src/domain/result.ts';
import { holdLease } from '../fleet/heldLease.ts';

export interface TurnLease {
  /** The one there is, or a new one. */
  readonly get: () => Promise<Result<LeaseId, EtcdError>>;
  /** etcd says that it has no such lease. */
  readonly forget: (id: LeaseId) => void;
  /** No longer kept; revoked, so that what is under it goes, or left to run out. */
  readonly letGo: (how: 'Revoke' | 'Leave') => Promise<void>;
}

export interface TurnLeaseDeps {
  readonly leases: EtcdLeases;
  readonly scheduler: SchedulerLike;
  /** From [0, 1). */
  readonly random: () => number;
  readonly onLost: () => void;
}

const revokeMs = 1_000;

export function createTurnLease(deps: TurnLeaseDeps, ttlSec: number): TurnLease {
  const { leases } = deps;
  let held: { readonly lease: Lease; readonly letGo: () => void } | undefined;
  let granting: Promise<Result<LeaseId, EtcdError>> | undefined;

  const forget = (id: LeaseId): void => {
    if (held?.lease.id !== id) return;
    held.letGo();
    held = undefined;
  };
  const grant = async (): Promise<Result<LeaseId, EtcdError>> => {
    const granted = await leases.grant(ttlSec);
    if (!granted.ok) return granted;
    const lease = granted.value;
    const letGo = holdLease({ ...deps, keepAlive: leases.keepAlive }, lease, {
      onRenewed: () => undefined,
      onTrouble: () => undefined,
      onLost: () => {
        if (held?.lease !== lease) return;
        forget(lease.id);
        deps.onLost();
      },
    });
    held = { lease, letGo };
    return ok(lease.id);
  };
  return {
    get: () => {
      if (held !== undefined) return Promise.resolve(ok(held.lease.id));
      granting ??= grant().finally(() => {
        granting = undefined;
      });
      return granting;
    },
    forget,
    letGo: async (how) => {
      await granting;
      const was = held?.lease.id;
      if (was === undefined) return;
      forget(was);
      if (how === 'Revoke') await leases.revoke(was, { timeoutMs: revokeMs });
    },
  };
}
