/** The shortest history that shows a failure again, as far as a budget reaches. */
import type { ScriptedAction } from '../script/action.ts';
import { type Failure, failureOf, isSameFailure } from './failure.ts';
import { shrink, type Shrunk } from './shrink.ts';
import { type SimulationOptions, type SimulationResult, simulate } from './simulate.ts';

export interface ShortestBudget {
  readonly triesMax: number;
  readonly timeMaxMs: number;
  /** Of the real clock. */
  readonly nowMs: () => number;
  /** Told after each try: how many actions are left. */
  readonly onProgress: (left: number, tries: number) => void;
}

/** `found` ran with `options` and showed `failure`; a try counts only if it shows the same one. */
export async function findShortest(
  options: SimulationOptions,
  found: SimulationResult,
  failure: Failure,
  budget: ShortestBudget,
): Promise<Shrunk<ScriptedAction>> {
  const endMs = budget.nowMs() + budget.timeMaxMs;
  // What showed while everything was failing need not wait for everything to heal.
  const endsUnhealed = await isSeenUnhealed(options, found, failure);
  let tries = 0;
  let left = found.script.length;
  const fails = async (script: readonly ScriptedAction[]): Promise<boolean> => {
    tries += 1;
    budget.onProgress(left, tries);
    return isSameFailure(failureOf(await simulate({ ...options, script, endsUnhealed })), failure);
  };
  return shrink(found.script, fails, {
    triesMax: budget.triesMax,
    isOver: () => budget.nowMs() >= endMs,
    onProgress: (now) => {
      left = now;
    },
  });
}

async function isSeenUnhealed(
  options: SimulationOptions,
  { script }: SimulationResult,
  failure: Failure,
): Promise<boolean> {
  const result = await simulate({ ...options, script, endsUnhealed: true });
  return isSameFailure(failureOf(result), failure);
}
