/**
 * Scripts by the numbers of their actions. Each action of a seed depends on its number alone, so that
 * a few of them can be made again without what stood between them.
 */
import { err, ok, type Result } from '../../domain/result.ts';
import { createRng } from '../kernel/rng.ts';
import type { ScriptedAction } from '../script/action.ts';
import { createScriptSource, type ScriptOptions, type ScriptSource } from '../script/drawScript.ts';

export function openScript({ seed, ...options }: ScriptOptions & { seed: string }): ScriptSource {
  return createScriptSource(createRng(seed).fork('script'), options);
}

/** Those of the seed's actions that have these numbers, in order. */
export function keptScript(
  options: ScriptOptions & { readonly seed: string },
  numbers: readonly number[],
): readonly ScriptedAction[] {
  const source = openScript(options);
  const wanted = new Set(numbers);
  const last = Math.max(0, ...wanted);
  const kept: ScriptedAction[] = [];
  for (let number = 1; number <= last; number++) {
    const action = source.next();
    if (wanted.has(action.number)) kept.push(action);
  }
  return kept;
}

/** More than a script that runs for an hour of virtual time has. */
const numberMax = 5_000_000;

/** `3,17-20`; `none` for none at all. The error is a sentence. */
export function parseKeep(text: string): Result<readonly number[], string> {
  if (text === 'none') return ok([]);
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,7})(?:-(\d{1,7}))?\s*$/.exec(part);
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (match === null || from < 1 || to < from || to > numberMax) {
      return err(`${JSON.stringify(part)} is no number of an action, and no range such as 3-9`);
    }
    for (let number = from; number <= to; number++) numbers.add(number);
  }
  return ok([...numbers].sort((a, b) => a - b));
}

/** The shortest text that `parseKeep` makes these of; they must be sorted. */
export function formatKeep(numbers: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range?.to === number - 1) range.to = number;
    else ranges.push({ from: number, to: number });
  }
  const texts = ranges.map(({ from, to }) => {
    if (from === to) return String(from);
    return `${String(from)}${to === from + 1 ? ',' : '-'}${String(to)}`;
  });
  return texts.length === 0 ? 'none' : texts.join(',');
}
