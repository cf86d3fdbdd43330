/**
 * One event's worth of change to the state, with note of what it touched.
 *
 * Local to a single `reduce` call: the states before and after are immutable values, only this
 * record of the way between them is written to.
 */
import { mapGet, mapSet } from './persistentMap.ts';
import { type AppState, newApp } from './appState.ts';
import type { State } from './state.ts';

export interface Editing {
  readonly state: State;
  /** Apps whose decision may differ now. */
  readonly touched: Set<string>;
  /** Something that every app depends on changed. */
  isEverythingTouched: boolean;
  readonly atMs: number;
}

/** `state` becomes the editing's own: nobody else may hold on to it until the editing is over. */
export function startEditing(state: State, atMs: number): Editing {
  return { state, touched: new Set(), isEverythingTouched: false, atMs };
}

export function getApp(editing: Editing, name: string): AppState | undefined {
  return mapGet(editing.state.appsByName, name);
}

export function editApp(
  editing: Editing,
  name: string,
  change: (app: AppState) => AppState | undefined,
): void {
  const before = getApp(editing, name);
  if (before === undefined) return;
  putApp(editing, name, change(before));
}

export function editOrCreateApp(
  editing: Editing,
  name: string,
  change: (app: AppState) => AppState,
): void {
  putApp(editing, name, change(getApp(editing, name) ?? newApp(name)));
}

export function putApp(editing: Editing, name: string, app: AppState | undefined): void {
  editing.touched.add(name);
  const appsByName = mapSet(editing.state.appsByName, name, app);
  if (appsByName !== editing.state.appsByName) edit(editing, { appsByName });
}

/** Writes into the editing's own copy: one event makes one new state, however much it changes. */
export function edit(editing: Editing, change: Partial<State>): void {
  Object.assign(editing.state, change);
}
