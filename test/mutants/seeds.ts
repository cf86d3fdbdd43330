/**
 * Simulates what it is sent, one seed after another, until one shows a failure. A process of its own,
 * because a mutant may hang it: `node out/test/mutants/seeds.js JSON` in the copy. Says in a JSON line what came of each seed.
 */
import process from 'node:process';
import { watchCrashes } from '../../src/simulate/run/crashes.ts';
import { failureOf } from '../../src/simulate/run/failure.ts';
import type { Size } from '../../src/simulate/run/request.ts';
import { simulate } from '../../src/simulate/run/simulate.ts';

export interface SeedReply {
  readonly seed: string;
  readonly tookMs: number;
  readonly events: number;
  /** Undefined when nothing was wrong. */
  readonly failure?: { readonly invariant: string; readonly detail: string };
}

const sizes = JSON.parse(process.argv[2] ?? '[]') as readonly Size[];
const crashes = watchCrashes();

for (const size of sizes) {
  const beganMs = performance.now();
  const result = await simulate({ ...size, crashes });
  const failure = failureOf(result);
  const reply: SeedReply = {
    ...{ seed: size.seed, events: result.events },
    tookMs: Math.round(performance.now() - beganMs),
    ...(failure && { failure: { invariant: failure.invariant, detail: failure.detail } }),
  };
  process.stdout.write(`${JSON.stringify(reply)}\n`);
  if (failure !== undefined) break;
}
// A mutant may have left a timer.
process.exit(0);
