/** Waiting on a condition instead of on the clock. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

type Falsy = false | undefined | null | 0 | '';

/**
 * Asks until the answer is truthy and gives that answer. A throw counts as "not yet". After
 * `timeoutMs` (20 s) it fails with `what` and the last answer or error.
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Falsy | Promise<T | Falsy>,
  { timeoutMs = 20_000, intervalMs = 20 }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await condition();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${timeoutMs} ms for ${what}; last: ${String(last)}`);
    }
    await sleep(intervalMs);
  }
}
