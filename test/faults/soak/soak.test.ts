/** The first rounds of `npm run soak:faults`, from the seed of this run. */
import { expect, it } from 'vitest';
import { soakFaults } from '../../soak/faults/run.ts';
import { fcParams } from '../../support/seed.ts';

it('three hosts come to rest after each of a few rounds of real faults', async () => {
  // One of them has everything published, two break things.
  const rounds = 3;
  const lines: string[] = [];
  const result = await soakFaults({
    seed: String(fcParams().seed),
    hasLongFaults: false,
    isOver: (roundsDone) => roundsDone >= rounds,
    tell: (line) => lines.push(line),
    keepDir: undefined,
  });
  expect(result.violations, lines.join('\n')).toEqual([]);
  expect(result.rounds).toBe(rounds);
  // What does not come to rest is waited for: then it is told, instead of that time was up.
}, 600_000);
