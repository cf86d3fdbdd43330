/** When to try again: 0.2 s doubling to 30 s, never giving up (design section 8). */
import { fnv1a } from './persistentMap.ts';
import type { Attempt } from './appState.ts';

const firstMs = 200;
export const longestMs = 30_000;
/** A disk that is full or read-only heals at once, so looking again must not take long. */
export const longestForFilesMs = 1_500;

/** The next attempt after a failure. Jitter of ±20 % comes from `salt`, so it replays. */
export function afterFailure(
  previous: Attempt | undefined,
  atMs: number,
  detail: string,
  salt: string,
  capMs: number = longestMs,
  of: Attempt['of'] = 'Call',
): Attempt {
  const count = (previous?.count ?? 0) + 1;
  const plainMs = Math.min(capMs, firstMs * 2 ** Math.min(count - 1, 20));
  const jitter = 0.8 + (fnv1a(`${salt}#${String(count)}`) % 1000) / 2500;
  return { of, count, nextMs: atMs + Math.round(Math.min(capMs, plainMs * jitter)), detail };
}
