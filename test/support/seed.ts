/**
 * The seed of the property tests: one for the whole run, from SUPERVENE_SEED, which `npm test` sets from
 * the commit where there is one, or fresh; printed at the
 * start by `npm test` and by fast-check with every failure. To see a failure again:
 * `SUPERVENE_SEED=123 npm test -- test/property/x.property.test.ts`. A failure worth keeping becomes a
 * unit test with the shrunk example written out and named after what went wrong: a seed means
 * something else as soon as a generator changes.
 */
import process from 'node:process';

export interface FcParams {
  readonly seed: number;
  readonly numRuns: number;
}

const seed = Number(process.env['SUPERVENE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** SUPERVENE_RUNS, when set, replaces the number of runs of every property: for long searches. */
export function fcParams(numRuns = 100): FcParams {
  if (!Number.isInteger(seed)) throw new Error('SUPERVENE_SEED is not an integer');
  const wanted = process.env['SUPERVENE_RUNS'];
  return { seed, numRuns: wanted === undefined ? numRuns : Number(wanted) };
}
