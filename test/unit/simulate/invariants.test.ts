/** The one list of what must hold: complete, and each entry watched by what it says. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Invariant, invariants } from '../../../src/simulate/invariants.ts';
import { findProjectRoot } from '../../support/findProjectRoot.ts';

const entries = Object.entries<Invariant>(invariants);

describe('invariants', () => {
  it('has the numbers 1 to 31, each once, in order', () => {
    const numbers = entries.map(([, { number }]) => number);
    expect(numbers).toEqual(Array.from({ length: 31 }, (_, index) => index + 1));
  });

  it('gives each the name that tests and reports use', () => {
    expect(entries.map(([name]) => name).join(' ')).toBe(
      'Containment Ownership Isolation AtomicFile NoPoison IntentFirst OneAtATime Monotonic ' +
        'UnknownIsNotAbsent MassRemoval OperatorStop NoUnplannedStop Quiescence Idempotence ' +
        'Replay Determinism Commutativity Coalescing Purity Bounded StickyQuarantine Secrecy ' +
        'PolicyTotal TornLog SingleWriter Convergence NoLostUpdate CrashRecovery Fairness ' +
        'Recovery Drift',
    );
  });

  it('says each as a sentence', () => {
    for (const [name, { sentence }] of entries) {
      expect(sentence, name).toMatch(/^[A-Z].{20,200}\.$/);
    }
  });

  it('names a test for those that one run of a world cannot show, and only for those', () => {
    for (const [name, { watched, test }] of entries) {
      expect(test !== undefined, name).toBe(watched === 'ByTest');
      if (test === undefined) continue;
      const path = join(findProjectRoot(), test);
      expect(existsSync(path), path).toBe(true);
      const titles = readFileSync(path, 'utf8').match(/\b(?:describe|it)\(\s*['"`].*/g) ?? [];
      expect(titles.join('\n'), `${test} has no test of ${name}`).toContain(name);
    }
  });

  it('is watched by the simulator where it says so', () => {
    const source = ['checks', 'world', 'run'].map((folder) => readFolder(folder)).join('\n');
    for (const [name, { watched, within = name }] of entries) {
      if (watched !== 'ByTest') expect(source.includes(`'${within}'`), name).toBe(true);
    }
  });
});

function readFolder(name: string): string {
  const folder = join(findProjectRoot(), 'src/simulate', name);
  return readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
}
