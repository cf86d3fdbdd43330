/**
 * Two changes of the same app: what stood there first, what somebody else made of it, and what is
 * typed here. Key by key; nothing is decided where both have changed the same key otherwise. Pure.
 */
import { applyPatch, structuredPatch } from 'diff';
import type { AppTexts } from '../../../domain/fleet/publication.ts';
import { isSameRolloutText } from './rolloutFields.ts';

export const keyNames = ['ips', 'content', 'rollout'] as const;
export type KeyName = (typeof keyNames)[number];

export type Choice = 'mine' | 'theirs' | 'merged';

export interface KeyDifference {
  readonly key: KeyName;
  readonly base: string | undefined;
  readonly theirs: string | undefined;
  readonly mine: string | undefined;
  /** `Both`: differently. `Same`: neither, or both to the same. */
  readonly changedBy: 'Same' | 'Theirs' | 'Mine' | 'Both';
  /** Both changes in one, where they touch different lines; undefined where they do not go together. */
  readonly merged: string | undefined;
}

export function compareThree(
  base: AppTexts,
  theirs: AppTexts,
  mine: AppTexts,
): readonly KeyDifference[] {
  return keyNames.map((key) => {
    const three = { base: base[key], theirs: theirs[key], mine: mine[key] };
    const changedBy = whoChanged(key, three);
    const merged = changedBy === 'Both' && key === 'content' ? merge(three) : undefined;
    return { key, ...three, changedBy, merged };
  });
}

type Three = Pick<KeyDifference, 'base' | 'theirs' | 'mine'>;

function whoChanged(key: KeyName, { base, theirs, mine }: Three): KeyDifference['changedBy'] {
  const isSame = key === 'rollout' ? isSameRolloutText : (a?: string, b?: string) => a === b;
  if (isSame(theirs, mine)) return 'Same';
  if (isSame(base, theirs)) return 'Mine';
  return isSame(base, mine) ? 'Theirs' : 'Both';
}

/** Their text with the lines changed that are changed here. */
function merge({ base = '', theirs = '', mine = '' }: Three): string | undefined {
  const patch = structuredPatch('content', 'content', base, mine, '', '', { context: 1 });
  const merged = applyPatch(theirs, patch, { fuzzFactor: 0 });
  return merged === false ? undefined : merged;
}

/** What is to be taken where nobody is asked; undefined: somebody must say. */
export function choiceFor({ changedBy }: KeyDifference): Choice | undefined {
  if (changedBy === 'Both') return undefined;
  return changedBy === 'Mine' ? 'mine' : 'theirs';
}

/** Undefined while something has to be chosen still. */
export function resolve(
  differences: readonly KeyDifference[],
  choices: Readonly<Partial<Record<KeyName, Choice>>>,
): AppTexts | undefined {
  const texts: Partial<Record<KeyName, string>> = {};
  for (const difference of differences) {
    const choice = choices[difference.key] ?? choiceFor(difference);
    if (choice === undefined) return undefined;
    const text = difference[choice];
    if (text !== undefined) texts[difference.key] = text;
  }
  return { ips: texts.ips, content: texts.content, rollout: texts.rollout };
}
