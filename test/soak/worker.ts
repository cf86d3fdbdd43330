/** Simulates the seeds it is sent, one by one, and answers with what came of each. */
import process from 'node:process';
import { drawSize } from '../../src/simulate/run/drawSize.ts';
import { watchCrashes } from '../../src/simulate/run/crashes.ts';
import { failureOf } from '../../src/simulate/run/failure.ts';
import { simulate } from '../../src/simulate/run/simulate.ts';
import { readVersion } from '../../src/version.ts';
import type { SoakReply } from './tally.ts';

const crashes = watchCrashes();

process.on('message', (seed) => void run(String(seed)));
process.on('disconnect', () => process.exit());

async function run(seed: string): Promise<void> {
  const size = drawSize(seed);
  const result = await simulate({ ...size, version: readVersion(), crashes });
  const failure = failureOf(result);
  const { events, elapsedMs } = result;
  const told = failure && `${failure.invariant}, ${failure.host ?? 'cluster'}: ${failure.detail}`;
  const reply: SoakReply = {
    ...{ events, hostMs: elapsedMs * size.hosts },
    ...(told === undefined ? {} : { failure: told }),
  };
  process.send?.(reply);
}
