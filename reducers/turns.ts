/**
 * Turns at changing an app that is published to go through its hosts a few at a time: what is to be
 * asked of whoever keeps them (`src/domain/rollout/turn.ts`), and what came of it.
 *
 * A turn is open from `TurnTaken` until `TurnEnded`, whatever happens in between: a restart of the
 * agent, newer content, the loss of the key. It is over when nothing more is to be done, for good
 * or ill; nothing in here waits for what may never come.
 */
import type { Event } from '../src/domain/event.ts';
import type { TurnWish } from '../src/domain/rollout/turn.ts';
import type { ProcessStatus } from '../src/domain/types.ts';
import { decideApp, isDoing } from './decide.ts';
import type { Decision } from './decision.ts';
import { type Editing, editApp, getApp } from './editing.ts';
import { mapGet } from './persistentMap.ts';
import { isWanted } from './processes.ts';
import { isOwnedHere } from './removals.ts';
import { type AppState, asAppName, type Turn } from './appState.ts';
import type { State } from './state.ts';
import { chooseTarget } from './target.ts';
import { isComingBack, judgeTrial } from './trial.ts';
import { decideUnsettled } from './unsettled.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** What is asked of the keeper of the turns now; sorted by app. Looks only at what is unsettled. */
export function turnsOf(state: State): readonly TurnWish[] {
  return decideUnsettled(state).flatMap(({ app, decision }) => wishOf(state, app, decision) ?? []);
}

function wishOf(state: State, app: AppState, decision: Decision): TurnWish | undefined {
  const { turn } = app;
  if (turn !== undefined) return openWish(state, app, { turn, decision });
  if (decision.turn === undefined) return undefined;
  const { kind, revision } = decision.turn;
  const { maxUnavailable, drainMs = 0 } = app.rollout ?? {};
  return {
    app: asAppName(app),
    kind,
    revision,
    maxUnavailable: kind === 'Change' ? maxUnavailable : undefined,
    drainMs,
    stage: 'Wanted',
    failure: undefined,
  };
}

function openWish(
  state: State,
  app: AppState,
  { turn, decision }: { readonly turn: Turn; readonly decision: Decision },
): TurnWish {
  const { kind, maxUnavailable, drainMs, failure } = turn;
  const newest = app.released.type === 'Wanted' ? app.released.version.revision : turn.revision;
  const open = failure === undefined ? 'Taken' : 'Failed';
  return {
    app: asAppName(app),
    kind,
    revision: failure?.revision ?? (kind === 'Change' ? newest : turn.revision),
    maxUnavailable,
    drainMs,
    stage: isOver(state, app, decision) ? 'Over' : open,
    failure: failure && { code: failure.code, reason: failure.reason },
  };
}

/** Nothing more is to be done in this turn: it runs as it is to, or it will not. */
function isOver(state: State, app: AppState, decision: Decision): boolean {
  const { supervisor, confDir, groups } = state;
  // What is not seen is not over.
  if (supervisor.status !== 'Reachable' || confDir.status !== 'Listed') return false;
  // It stays after all, and its next change needs a turn of another kind.
  if (decision.turn !== undefined) return true;
  if (isDoing(decision) || app.work !== undefined) return false;
  if (decision.held !== undefined && unfinished.has(decision.held.code)) return false;
  const target = chooseTarget(app);
  if (target.type === 'Remove') return !app.isRemovalApproved || !isOwnedHere(app);
  if (target.type !== 'Run' || app.turn?.kind === 'Removal') return true;
  const processes = mapGet(groups, app.name) ?? [];
  if (app.loaded?.versionSha256 !== target.version.sha256 || processes.length === 0) return false;
  if (app.hold?.isWhole === true) return true;
  if (app.trial !== undefined) return isProofOver(app, processes, state.atMs);
  const { facts } = target.version;
  return processes.every((process) => !isWanted(app, process) || isAtRest(process, facts));
}

/** It goes on by itself. */
const unfinished: ReadonlySet<string> = new Set(['Starting', 'Stopping', 'Retrying']);

/** Where somebody keeps part of it stopped, its trial may never end: the rest has to do. */
function isProofOver(app: AppState, processes: readonly ProcessStatus[], nowMs: number): boolean {
  if (app.trial?.isSeen !== true) return false;
  const up = processes.filter(({ state }) => state !== 'STOPPED');
  return up.length === 0 || judgeTrial(app, up, nowMs) !== 'Waiting';
}

function isAtRest(process: ProcessStatus, facts: Parameters<typeof isComingBack>[0]): boolean {
  switch (process.state) {
    case 'RUNNING':
    case 'STOPPED':
    case 'FATAL':
    case 'UNKNOWN':
      return true;
    case 'EXITED':
      return !isComingBack(facts, process);
    case 'STARTING':
    case 'STOPPING':
    case 'BACKOFF':
      return false;
  }
}

export function onTurnAwaited(editing: Editing, { app, wait, detail }: Of<'TurnAwaited'>): void {
  editApp(editing, app, (before) =>
    before.turn === undefined ? { ...before, turnWait: { wait, detail } } : before,
  );
}

export function onTurnTaken(editing: Editing, { app: name, kind }: Of<'TurnTaken'>): void {
  const app = getApp(editing, name);
  if (app === undefined || app.turn !== undefined) return;
  const need = decideApp(editing.state, app, editing.atMs).turn;
  // Granted for what is not asked for any more: it is given back at once.
  const taken = kind ?? need?.kind ?? 'Change';
  const { maxUnavailable, drainMs = 0 } = app.rollout ?? {};
  const hasSlot = taken === 'Change' && maxUnavailable !== undefined;
  const turn: Turn = {
    sinceMs: editing.atMs,
    kind: taken,
    revision: need?.revision ?? editing.state.source.revision,
    ...(hasSlot ? { maxUnavailable } : {}),
    drainMs,
  };
  editApp(editing, name, ({ turnWait: _, ...before }) => ({ ...before, turn }));
}

export function onTurnEnded(editing: Editing, { app }: Of<'TurnEnded'>): void {
  editApp(editing, app, ({ turn: _, ...before }) => before);
}

/** Nobody waits any more: why it once did is of no interest. */
export function withoutWait(app: AppState, { turn }: Decision): AppState {
  if (app.turnWait === undefined || turn !== undefined) return app;
  const { turnWait: _, ...others } = app;
  return others;
}
