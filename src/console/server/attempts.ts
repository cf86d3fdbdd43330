/**
 * How often somebody may fail to log in: after some failures each further one makes him wait longer,
 * up to a quarter of an hour. An attempt counts as a failure until it is known to be none, so that
 * many at once are no way around.
 */
import { isIPv6 } from 'node:net';

export interface AttemptsOptions {
  readonly nowMs: () => number;
  readonly freeFailures?: number;
  /** From one address, whoever it says it is. */
  readonly freeFailuresOfAddress?: number;
}

export interface Attempts {
  /** Milliseconds to wait; or an attempt, which failed unless something else is said of it. */
  readonly begin: (user: string, from: string) => number | Attempt;
}

export interface Attempt {
  /** Those of this user before it are forgotten too. */
  readonly succeeded: () => void;
  /** Nobody looked at what was given: it counts as nothing, and those before as they did. */
  readonly takeBack: () => void;
}

const waitMinMs = 5_000;
const waitMaxMs = 15 * 60_000;
/** After so long without a failure all is as if there had been none. */
const forgetAfterMs = 30 * 60_000;
const keysMax = 20_000;

interface Failures {
  count: number;
  lastMs: number;
}

export function createAttempts(options: AttemptsOptions): Attempts {
  const { nowMs, freeFailures = 5, freeFailuresOfAddress = 50 } = options;
  /** Those that failed longest ago first. */
  const byKey = new Map<string, Failures>();
  const find = (key: string, now: number): Failures => {
    const found = byKey.get(key);
    if (found !== undefined && now - found.lastMs < forgetAfterMs) return found;
    byKey.delete(key);
    return { count: 0, lastMs: now };
  };
  const fail = (key: string, failures: Failures, now: number): void => {
    failures.count += 1;
    failures.lastMs = now;
    byKey.delete(key);
    byKey.set(key, failures);
    for (const oldest of byKey.keys()) {
      if (byKey.size <= keysMax) break;
      byKey.delete(oldest);
    }
  };
  const waitOf = ({ count, lastMs }: Failures, free: number, now: number): number =>
    count < free ? 0 : lastMs + Math.min(waitMaxMs, waitMinMs * 2 ** (count - free)) - now;
  return {
    begin: (user, from) => {
      const now = nowMs();
      const address = networkOf(from);
      const keys = [
        [JSON.stringify([address, user]), freeFailures],
        [JSON.stringify([address]), freeFailuresOfAddress],
      ] as const;
      const found = keys.map(([key, free]) => ({ key, free, failures: find(key, now) }));
      const waitMs = Math.max(...found.map(({ failures, free }) => waitOf(failures, free, now)));
      if (waitMs > 0) return waitMs;
      const lastMs = found.map(({ failures }) => failures.lastMs);
      for (const { key, failures } of found) fail(key, failures, now);
      return {
        succeeded: () => {
          const [own, all] = found;
          if (own !== undefined) byKey.delete(own.key);
          if (all !== undefined) all.failures.count = Math.max(0, all.failures.count - 1);
        },
        takeBack: () => {
          for (const [at, { failures }] of found.entries()) {
            failures.count = Math.max(0, failures.count - 1);
            // Another one that failed meanwhile counts from its own time.
            if (failures.lastMs === now) failures.lastMs = lastMs[at] ?? now;
          }
        },
      };
    },
  };
}

/** Whoever has one address of IPv6 has 2^64 of them. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  while (tail !== undefined && groups.length + after.length < 8) groups.push('0');
  return [...groups, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
