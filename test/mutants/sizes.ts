/**
 * What every mutant is simulated with: small, so that one mutant takes half a minute at most, and
 * fixed, so that what was caught once is caught again.
 */
import type { Size } from '../../src/simulate/run/request.ts';
import { type FaultName, faultNames } from '../../src/simulate/script/faults.ts';

const seeds = [3, 8, 9, 1, 12, 5, 18, 24];

export const usualSizes: readonly Size[] = seeds.map((seed) => ({
  seed: `mutants-${String(seed)}`,
  hosts: pick([1, 2, 3], seed),
  apps: pick([4, 12, 8, 20], seed),
  events: pick([1_500, 3_000, 2_000], seed),
  faults: faultNames,
}));

/** Nothing else goes wrong: what one fault brings to light is seen at once. */
export function only(...faults: readonly FaultName[]): readonly Size[] {
  return [1, 2, 3].map((number) => ({
    seed: `mutants-${faults.join('-')}-${String(number)}`,
    ...{ hosts: 1, apps: 8, events: 800, faults },
  }));
}

function pick(values: readonly number[], index: number): number {
  return values[index % values.length] ?? 1;
}
