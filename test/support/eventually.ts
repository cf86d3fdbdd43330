/** Waits for a condition by asking again and again; says what it waited for when it gives up. */
import { setTimeout as pause } from 'node:timers/promises';

export interface EventuallyOptions {
  readonly withinMs?: number;
  readonly everyMs?: number;
}

/** The first answer that is neither `undefined` nor `false`. What `ask` throws ends the wait. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  options: EventuallyOptions = {},
): Promise<T> {
  const withinMs = options.withinMs ?? 20_000;
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(options.everyMs ?? 10);
  }
}
