/**
 * The mass-removal guard (design section 9): removals beyond max(3, 30 %) of this host's apps
 * within 10 minutes, and removals that rest on a doubtful listing, wait for a person.
 */
import { edit, type Editing, editApp, getApp } from './editing.ts';
import { mapEntries, mapGet, mapKeysSorted } from './persistentMap.ts';
import type { AppState } from './appState.ts';
import type { State } from './state.ts';

const windowMs = 10 * 60_000;
const freeCount = 3;
const freeShare = 0.3;

/** Lets removals through where the guard allows; candidates are decided on together. */
export function approveRemovals(editing: Editing, names: readonly string[]): void {
  const isAnyAbsent = names.some((name) => getApp(editing, name)?.released.type === 'Absent');
  if (!isAnyAbsent) return;
  const approvedAtMs = editing.state.removals.approvedAtMs.filter(
    (atMs) => editing.atMs - atMs < windowMs,
  );
  edit(editing, { removals: { approvedAtMs } });
  // Doubt is another matter: no setting, only a person's word lifts it.
  const certain = waitingRemovals(editing.state, names).filter((name) => !hasDoubt(editing, name));
  if (editing.state.settings?.allowRemovals === true) return approve(editing, certain);
  const candidates = certain.filter((name) => getApp(editing, name)?.isRemovalHeld !== true);
  const limit = removalLimit(ownedCount(editing.state) + approvedAtMs.length);
  if (approvedAtMs.length + candidates.length <= limit) return approve(editing, candidates);
  for (const name of candidates) editApp(editing, name, (app) => ({ ...app, isRemovalHeld: true }));
}

/** Everything that waits now is let through, doubtful or not; it uses up nothing of what is free. */
export function approveAllRemovals(editing: Editing): void {
  letThrough(editing, waitingRemovals(editing.state, []));
}

/** How many removals within 10 minutes need nobody's word, on a host that owns this many apps. */
export function removalLimit(owned: number): number {
  return Math.max(freeCount, Math.floor(owned * freeShare));
}

/**
 * Apps that are to go, are still here, and were not let through; sorted. What waits is
 * unsettled; `more` names those that this very event touched.
 */
export function waitingRemovals(state: State, more: readonly string[]): readonly string[] {
  const names = new Set([...mapKeysSorted(state.unsettled), ...more]);
  return [...names].sort().filter((name) => {
    const app = mapGet(state.appsByName, name);
    return (
      app !== undefined &&
      app.released.type === 'Absent' &&
      !app.isRemovalApproved &&
      isOwnedHere(app)
    );
  });
}

function approve(editing: Editing, names: readonly string[]): void {
  if (names.length === 0) return;
  const { removals } = editing.state;
  edit(editing, {
    removals: { approvedAtMs: [...removals.approvedAtMs, ...names.map(() => editing.atMs)] },
  });
  letThrough(editing, names);
}

function letThrough(editing: Editing, names: readonly string[]): void {
  for (const name of names) {
    editApp(editing, name, ({ isRemovalHeld: _, ...app }) => ({ ...app, isRemovalApproved: true }));
  }
}

function hasDoubt(editing: Editing, name: string): boolean {
  const released = getApp(editing, name)?.released;
  return released?.type === 'Absent' && released.doubt !== undefined;
}

/** There is something of ours to remove. */
export function isOwnedHere(app: AppState): boolean {
  return app.file?.type === 'Ours' || app.written !== undefined || app.loaded !== undefined;
}

function ownedCount(state: State): number {
  let count = 0;
  for (const [, app] of mapEntries(state.appsByName)) {
    // An app on its way out was counted when it was let through.
    if (isOwnedHere(app) && !app.isRemovalApproved) count++;
  }
  return count;
}
