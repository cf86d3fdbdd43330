/** A small bug, planted in a copy of the sources to see who notices it. */
import type { Size } from '../../src/simulate/run/request.ts';

/** `from` must stand in the file exactly once. */
export interface Change {
  /** Relative to the project. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export interface Mutant {
  /** The bug as a sentence. */
  readonly name: string;
  readonly changes: readonly Change[];
  /** Who is expected to catch it: the simulator can show it, or only tests of the part can. */
  readonly caughtBy: 'Simulator' | 'Tests';
  /** Files of vitest that concern it; unit and property tests, which start no programs. */
  readonly tests: readonly string[];
  /** Simulated before the usual seeds: the faults that bring this bug to light. */
  readonly sizes?: readonly Size[];
  /** Why nobody catches it, where nobody does. */
  readonly survives?: string;
}
