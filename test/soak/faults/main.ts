/**
 * `npm run soak:faults -- --minutes 30 --seed 7 [--keep DIR]`: see `run.ts`. Ends with 1 when
 * anything was violated. Ctrl-C ends it with the round under way.
 */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { readVersion } from '../../../src/version.ts';
import { type SoakResult, soakFaults } from './run.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    keep: { type: 'string' },
  },
});
const minutes = Number(values.minutes ?? Infinity);
if (!(minutes > 0)) {
  console.error(`--minutes is a number above 0, not ${JSON.stringify(values.minutes)}`);
  process.exit(2);
}
const seed = values.seed ?? String(randomInt(2 ** 31));
const endMs = performance.now() + minutes * 60_000;
let isOver = false;
process.once('SIGINT', () => {
  console.log('\nending with the round under way; Ctrl-C again ends at once');
  isOver = true;
});

console.log(`supervene ${readVersion()}: soak of real faults, --seed ${seed}`);
const beganMs = performance.now();
const result = await soakFaults({
  seed,
  hasLongFaults: true,
  isOver: () => isOver || performance.now() > endMs,
  tell: (line) => {
    console.log(`${((performance.now() - beganMs) / 60_000).toFixed(1)} min ${line}`);
  },
  keepDir: values.keep,
});
tellResult(result);
process.exitCode = result.violations.length > 0 ? 1 : 0;

function tellResult({ rounds, faults, inputs, violations, recoveries, rssMaxMiB }: SoakResult) {
  const took = [...recoveries].sort((a, b) => a.tookMs - b.tookMs);
  const seconds = (at: number): string => ((took.at(at)?.tookMs ?? 0) / 1000).toFixed(1);
  const sum = (counts: ReadonlyMap<string, number>): number =>
    [...counts.values()].reduce((all, count) => all + count, 0);
  console.log(`\n${String(rounds)} rounds, --seed ${seed}`);
  console.log(`${String(sum(faults))} faults: ${listOf(faults)}`);
  console.log(`${String(sum(inputs))} inputs: ${listOf(inputs)}`);
  console.log(
    `recovery: half of the rounds within ${seconds(Math.floor(took.length / 2))} s, ` +
      `the longest ${seconds(-1)} s: ${took.at(-1)?.round ?? ''}`,
  );
  console.log(`largest agent: ${String(rssMaxMiB)} MiB`);
  console.log(`${String(violations.length)} violations`);
  for (const violation of violations) console.log(`  ${violation}`);
}

function listOf(counts: ReadonlyMap<string, number>): string {
  const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return rows.map(([key, count]) => `${key} ${String(count)}`).join(', ');
}
