/** How many requests one address may make: as many as many pages need, and no flood. */
import { networkOf } from './attempts.ts';

export interface RequestRate {
  /** False: it is to wait a second. */
  readonly take: (from: string) => boolean;
}

interface Bucket {
  left: number;
  atMs: number;
}

export interface RequestRateOptions {
  readonly nowMs: () => number;
  /** At once, after a silence. */
  readonly burst: number;
  readonly perSecond: number;
}

const addressesMax = 10_000;

export function createRequestRate({ nowMs, burst, perSecond }: RequestRateOptions): RequestRate {
  const buckets = new Map<string, Bucket>();
  return {
    take: (from) => {
      const key = networkOf(from);
      const now = nowMs();
      const bucket = buckets.get(key) ?? { left: burst, atMs: now };
      const gained = (Math.max(0, now - bucket.atMs) / 1_000) * perSecond;
      bucket.left = Math.min(burst, bucket.left + gained);
      bucket.atMs = now;
      buckets.delete(key);
      buckets.set(key, bucket);
      for (const oldest of buckets.keys()) {
        if (buckets.size <= addressesMax) break;
        buckets.delete(oldest);
      }
      if (bucket.left < 1) return false;
      bucket.left -= 1;
      return true;
    },
  };
}
