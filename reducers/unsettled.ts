/** What each app that is not settled needs next: worked out once for a state, whoever asks. */
import { decideApp } from './decide.ts';
import type { Decision } from './decision.ts';
import { mapGet, mapKeysSorted } from './persistentMap.ts';
import type { AppState } from './appState.ts';
import type { State } from './state.ts';

export interface Decided {
  readonly app: AppState;
  readonly decision: Decision;
}

const none: readonly Decided[] = [];

const decidedOf = new WeakMap<State, readonly Decided[]>();

/** Sorted by app. */
export function decideUnsettled(state: State): readonly Decided[] {
  if (state.unsettled.size === 0) return none;
  const known = decidedOf.get(state);
  if (known !== undefined) return known;
  const decided: Decided[] = [];
  for (const name of mapKeysSorted(state.unsettled)) {
    const app = mapGet(state.appsByName, name);
    if (app !== undefined) decided.push({ app, decision: decideApp(state, app, state.atMs) });
  }
  decidedOf.set(state, decided);
  return decided;
}
