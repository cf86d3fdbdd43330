/**
 * Sessions that were ended before their time: told to the other consoles through etcd, below a lease
 * that is longer than any session, and remembered here until then.
 */
import { createHash } from 'node:crypto';
import { asyncScheduler } from 'rxjs';
import { followKeys } from '../../../streams/followKeys.ts';
import type { EtcdClient } from '../../clients/etcd.ts';
import { failLoudly } from '../../fault.ts';
import type { Log } from '../../log/log.ts';
import { sessionMaxMs } from './sessions.ts';

export interface RevokedSessions {
  /** False until etcd was read once: who was logged out is not known before. */
  readonly isKnown: () => boolean;
  readonly isRevoked: (id: string) => boolean;
  /** At once here; elsewhere as soon as etcd has it, which is tried until it has. */
  readonly revoke: (id: string) => Promise<void>;
  readonly close: () => void;
}

export interface RevokedSessionsDeps {
  readonly client: Pick<EtcdClient, 'range' | 'openWatch' | 'leases' | 'txn'>;
  readonly fleetPrefix: string;
  readonly log: Log;
  readonly nowMs: () => number;
  /** After each one, from here or elsewhere. */
  readonly onRevoked: () => void;
}

const leaseSec = sessionMaxMs / 1_000 + 600;
const tryAgainMs = 5_000;

export function createRevokedSessions(deps: RevokedSessionsDeps): RevokedSessions {
  const { client, fleetPrefix, log, nowMs, onRevoked } = deps;
  const prefix = `${fleetPrefix}/console/revoked/`;
  /** Until when each is remembered, the oldest first. */
  const untilMs = new Map<string, number>();
  const timers = new Set<NodeJS.Timeout>();
  let isKnown = false;
  const note = (key: string): void => {
    const now = nowMs();
    for (const [old, until] of untilMs) {
      if (until > now) break;
      untilMs.delete(old);
    }
    untilMs.delete(key);
    untilMs.set(key, now + leaseSec * 1_000);
  };
  const nameOf = (key: Uint8Array): string =>
    Buffer.from(key).toString('utf8').slice(prefix.length);
  const following = followKeys(
    {
      range: client.range,
      openWatch: client.openWatch,
      scheduler: asyncScheduler,
      random: Math.random,
    },
    { prefix },
  ).subscribe({
    next: (event) => {
      if (event.type === 'Lost') return;
      const puts = event.type === 'Listed' ? event.kvs : event.changes.filter(isPut);
      for (const { key } of puts) note(nameOf(key));
      isKnown = true;
      if (puts.length > 0) onRevoked();
    },
    error: failLoudly,
  });

  async function write(hash: string): Promise<void> {
    const lease = await client.leases.grant(leaseSec);
    const key = Buffer.from(prefix + hash);
    const written = lease.ok
      ? await client.txn({
          compares: [],
          writes: [{ key, value: Buffer.from('{}'), lease: lease.value.id }],
        })
      : lease;
    if (written.ok) return;
    log.warn({ error: written.error.detail }, 'a log-out is not known to the other consoles yet');
    if ((untilMs.get(hash) ?? 0) < nowMs()) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      void write(hash);
    }, tryAgainMs);
    timers.add(timer);
  }

  return {
    isKnown: () => isKnown,
    isRevoked: (id) => untilMs.has(hashOf(id)),
    revoke: async (id) => {
      const hash = hashOf(id);
      note(hash);
      onRevoked();
      await write(hash);
    },
    close: () => {
      following.unsubscribe();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** The id itself would be half of a way in. */
function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}

function isPut({ type }: { readonly type: 'Put' | 'Delete' }): boolean {
  return type === 'Put';
}
