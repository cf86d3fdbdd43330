/**
 * Turns at changing an app that is published to go through its hosts a few at a time: what came of
 * asking for one, and what is to be asked (`src/domain/rollout/turn.ts`).
 */
import type { Event } from '../src/domain/event.ts';
import type { HealthWish } from '../src/domain/rollout/healthWish.ts';
import type { TurnWish } from '../src/domain/rollout/turn.ts';
import { type Editing, editApp } from './editing.ts';
import type { State } from './state.ts';

/** What is asked of the keeper of the turns now; sorted by app. */
export function turnsOf(_state: State): readonly TurnWish[] {
  return [];
}

/** Which apps are to be asked for their health now; sorted by app. */
export function healthChecksOf(_state: State): readonly HealthWish[] {
  return [];
}

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

export function onTurnAwaited(editing: Editing, { app, wait, detail }: Of<'TurnAwaited'>): void {
  editApp(editing, app, (before) => ({ ...before, turnWait: { wait, detail } }));
}

export function onTurnTaken(editing: Editing, { app }: Of<'TurnTaken'>): void {
  editApp(editing, app, ({ turnWait: _, ...before }) => ({
    ...before,
    turn: { sinceMs: editing.atMs },
  }));
}

export function onTurnEnded(editing: Editing, { app }: Of<'TurnEnded'>): void {
  editApp(editing, app, ({ turn: _, ...before }) => before);
}
