/** What a simulation has shown to be wrong. */
import { invariants, type InvariantName, type Violation } from '../invariants.ts';
import type { SimulationResult } from './simulate.ts';

/** An agent ended by a fault of its own: something was thrown that nobody caught. */
export interface Crash {
  /** Virtual milliseconds since the beginning. */
  readonly atMs: number;
  /** With the stack. */
  readonly detail: string;
}

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

export interface CrashWatch {
  /** What was thrown since the last `forget`; the first only. */
  readonly seen: () => string | undefined;
  readonly forget: () => void;
  readonly close: () => void;
}

/**
 * Listens for what nobody in this process catches. Only for a process that does nothing else but
 * simulate: until `close` no other fault ends it.
 */
export function watchCrashes(): CrashWatch {
  let crash: string | undefined;
  const note = (error: unknown): void => {
    crash ??= error instanceof Error ? (error.stack ?? error.message) : String(error);
  };
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  return {
    seen: () => crash,
    forget: () => {
      crash = undefined;
    },
    close: () => {
      process.off('uncaughtException', note);
      process.off('unhandledRejection', note);
    },
  };
}
