import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Mutant } from '../mutants/mutant.ts';
import { mutants } from '../mutants/mutants.ts';
import { type MutantRunOptions, runMutants } from '../mutants/runMutants.ts';
import { changed } from '../mutants/scratch.ts';
import { usualSizes } from '../mutants/sizes.ts';
import { findProjectRoot } from '../support/findProjectRoot.ts';

const root = findProjectRoot();

/** Caught in moments; `npm run mutants` plants them all. */
const fast = [
  'all apps share one file',
  'a revision that comes in fragments counts as delivered before it is whole',
];

const harmless: Mutant = {
  name: 'another word in a comment',
  changes: [
    { file: 'src/simulate/run/keptScript.ts', from: 'The error is a', to: 'An error is a' },
  ],
  caughtBy: 'Tests',
  tests: [],
};

describe('a mutant', () => {
  it('is caught by the simulator or a test, and told as a survivor where nobody sees it', async () => {
    const lines: string[] = [];
    const tests = ['test/unit/streams/revisionBatches.test.ts'];
    const chosen = mutants
      .filter(({ name }) => fast.includes(name))
      .map((mutant) => ({ ...mutant, tests, sizes: [] }));
    const outcomes = await run([...chosen, harmless], (line) => lines.push(line));
    const seen = outcomes.map(({ name, caughtBy, fault }) => [name, caughtBy, fault]);
    expect(seen).toEqual([
      [
        'a revision that comes in fragments counts as delivered before it is whole',
        'Tests',
        undefined,
      ],
      ['all apps share one file', 'Simulator', undefined],
      [harmless.name, undefined, undefined],
    ]);
    expect(lines.at(-1)).toMatch(/^SURVIVED/);
    expect(outcomes.map(({ isKnown }) => isKnown)).toEqual([false, false, false]);
  }, 180_000);

  it('that does not fit is not tried, and is no survivor', async () => {
    const file = harmless.changes[0]?.file ?? '';
    const gone: Mutant = { ...harmless, changes: [{ file, from: 'no such text', to: '' }] };
    const broken: Mutant = {
      ...harmless,
      changes: [{ file, from: 'export function keptScript(', to: '}' }],
    };
    const outcomes = await run([gone, broken], () => undefined);
    expect(outcomes[0]?.fault).toContain('0 times, not once: "no such text"');
    expect(outcomes[1]?.fault).toContain(file);
    expect(outcomes.map(({ isKnown }) => isKnown)).toEqual([false, false]);
  });
});

describe('the list of mutants', () => {
  it('fits the code as it is: each text stands there once', () => {
    for (const { name, changes } of mutants) {
      const texts = new Map<string, string>();
      for (const change of changes) {
        const text = texts.get(change.file) ?? readFileSync(join(root, change.file), 'utf8');
        expect(() => texts.set(change.file, changed(text, change)), name).not.toThrow();
      }
    }
  });

  it('has at least sixty, each with a name of its own', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(60);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });
});

function run(chosen: readonly Mutant[], print: MutantRunOptions['print']) {
  const sizes = usualSizes.slice(0, 1);
  return runMutants(chosen, { root, sizes, detectors: ['Simulator', 'Tests'], print });
}
