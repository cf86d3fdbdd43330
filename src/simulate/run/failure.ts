/** What a simulation has shown to be wrong. */
import { invariants, type InvariantName, type Violation } from '../invariants.ts';
import type { SimulationResult } from './simulate.ts';

export interface Failure extends Omit<Violation, 'invariant'> {
  readonly invariant: InvariantName | 'NoCrash';
  readonly sentence: string;
}

/** The first that was seen. */
export function failureOf({ violations, crash }: SimulationResult): Failure | undefined {
  if (crash !== undefined) {
    const sentence = 'No agent ends by itself.';
    return { ...crash, invariant: 'NoCrash', host: undefined, sentence };
  }
  const [first] = violations;
  return first === undefined
    ? undefined
    : { ...first, sentence: invariants[first.invariant].sentence };
}

export function isSameFailure(a: Failure | undefined, b: Failure): boolean {
  if (a?.invariant !== b.invariant) return false;
  return a.invariant !== 'NoCrash' || firstLine(a.detail) === firstLine(b.detail);
}

function firstLine(text: string): string | undefined {
  return text.split('\n')[0];
}
