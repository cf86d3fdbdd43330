/**
 * Plants one bug after another in a copy of the checkout and tells who noticed each. First the copy
 * without a bug must pass: what fails by itself notices nothing.
 */
import type { Size } from '../../src/simulate/run/request.ts';
import { findBySimulator, findByTests, type Finding } from './detect.ts';
import type { Mutant } from './mutant.ts';
import { createScratch } from './scratch.ts';

export interface MutantRunOptions {
  /** Of the project. */
  readonly root: string;
  readonly sizes: readonly Size[];
  readonly detectors: readonly Detector[];
  /** One line at a time. */
  readonly print: (line: string) => void;
}

export type Detector = 'Simulator' | 'Tests';

export interface MutantOutcome {
  readonly name: string;
  /** Undefined: nobody. */
  readonly caughtBy: Detector | undefined;
  /** What was noticed. */
  readonly finding: Finding;
  /** It survived, as its list says it does. */
  readonly isKnown: boolean;
  /** Why it could not be tried. */
  readonly fault: string | undefined;
}

/** Throws when the copy without a bug does not pass. */
export async function runMutants(
  mutants: readonly Mutant[],
  options: MutantRunOptions,
): Promise<readonly MutantOutcome[]> {
  const scratch = createScratch(options.root);
  try {
    await proveUnmutated(scratch.dir, mutants, options);
    const outcomes: MutantOutcome[] = [];
    for (const mutant of mutants) {
      const beganMs = performance.now();
      const outcome = await tryMutant(scratch, mutant, options);
      outcomes.push(outcome);
      options.print(describe(outcome, mutant, performance.now() - beganMs));
    }
    return outcomes;
  } finally {
    scratch.remove();
  }
}

async function proveUnmutated(
  dir: string,
  mutants: readonly Mutant[],
  { sizes, detectors, print }: MutantRunOptions,
): Promise<void> {
  const paths = [...new Set(mutants.flatMap(({ tests }) => tests))];
  const own = mutants.flatMap((mutant) => mutant.sizes ?? []);
  const all = [...new Map([...own, ...sizes].map((size) => [size.seed, size])).values()];
  const finding =
    (detectors.includes('Simulator') ? await findBySimulator(dir, all) : undefined) ??
    (detectors.includes('Tests') ? await findByTests(dir, paths) : undefined);
  if (finding !== undefined) throw new Error(`without any mutant: ${finding}`);
  const what = `${String(all.length)} seeds, ${String(paths.length)} files of tests`;
  print(`without any mutant nothing is noticed (${what})`);
}

async function tryMutant(
  scratch: ReturnType<typeof createScratch>,
  mutant: Mutant,
  { sizes, detectors }: MutantRunOptions,
): Promise<MutantOutcome> {
  const none = { name: mutant.name, caughtBy: undefined, finding: undefined, fault: undefined };
  try {
    scratch.plant(mutant);
    for (const detector of detectors) {
      const finding =
        detector === 'Simulator'
          ? await findBySimulator(scratch.dir, [...(mutant.sizes ?? []), ...sizes])
          : await findByTests(scratch.dir, mutant.tests);
      if (finding !== undefined) return { ...none, caughtBy: detector, finding, isKnown: false };
    }
    return { ...none, isKnown: mutant.survives !== undefined };
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return { ...none, fault, isKnown: false };
  } finally {
    scratch.restore();
  }
}

function describe(
  { name, caughtBy, finding, fault }: MutantOutcome,
  { caughtBy: expected, survives }: Mutant,
  tookMs: number,
): string {
  const took = `${(tookMs / 1_000).toFixed(0)} s`;
  if (fault !== undefined) return `NOT TRIED  ${name}\n           ${fault}`;
  if (caughtBy === undefined) {
    return `SURVIVED   ${name} (${took})\n           ${survives ?? 'nobody says why'}`;
  }
  const by = caughtBy === 'Simulator' ? 'the simulator' : 'a test';
  const instead = expected === caughtBy ? '' : ', expected of another';
  return `caught     ${name} (${took})\n           by ${by}${instead}: ${finding ?? ''}`;
}
