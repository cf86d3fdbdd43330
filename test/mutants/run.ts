/**
 * `npm run mutants`: plants every bug of the list, one after another, in a copy of this checkout.
 * `-- --only WORDS` takes those whose name has the words, `--by simulator|tests` asks only one of the
 * two, `--seeds N` simulates fewer. Ends with 1 when one survives that is not listed as a survivor.
 */
import { setPriority } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutants } from './mutants.ts';
import { type Detector, runMutants } from './runMutants.ts';
import { usualSizes } from './sizes.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    by: { type: 'string' },
    seeds: { type: 'string' },
  },
});

const root = fileURLToPath(new URL('../..', import.meta.url));
const { only, by } = values;
const chosen = mutants.filter(({ name }) => only?.some((words) => name.includes(words)) ?? true);
const seeds = Number(values.seeds ?? usualSizes.length);
if (chosen.length === 0) refuse(`no mutant has ${JSON.stringify(only)} in its name`);
if (!Number.isInteger(seeds) || seeds < 1) refuse('--seeds is a whole number above 0');

setPriority(10);
// So that the copy is removed.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const outcomes = await runMutants(chosen, {
  root,
  sizes: usualSizes.slice(0, seeds),
  detectors: detectorsOf(by),
  print: (line) => console.log(line),
});

const caught = outcomes.filter(({ caughtBy }) => caughtBy !== undefined);
const bySimulator = caught.filter(({ caughtBy }) => caughtBy === 'Simulator').length;
const untried = outcomes.filter(({ fault }) => fault !== undefined).length;
const survived = outcomes.length - caught.length - untried;
const known = outcomes.filter(({ isKnown }) => isKnown).length;
console.log(
  `by the simulator ${String(bySimulator)}, by tests only ${String(caught.length - bySimulator)}, ` +
    `known survivors ${String(known)}, not tried ${String(untried)}`,
);
console.log(`${String(caught.length)} caught, ${String(survived)} survived`);
process.exitCode = survived > known || untried > 0 ? 1 : 0;

function detectorsOf(text: string | undefined): readonly Detector[] {
  if (text === undefined) return ['Simulator', 'Tests'];
  if (text === 'simulator') return ['Simulator'];
  if (text === 'tests') return ['Tests'];
  return refuse('--by is simulator or tests');
}

function refuse(text: string): never {
  console.error(text);
  return process.exit(2);
}
