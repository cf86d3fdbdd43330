/**
 * The gate before a running app that hosts change in turns: what stops it or puts newer content in
 * its place waits for a turn. What only puts back what ran, or repairs it, never waits.
 */
import { type ProcessStatus, type Revision, revisionZero } from '../src/domain/types.ts';
import { type AppStatus, type Decision, hold, type Scene, type TurnNeed } from './decision.ts';
import type { AppState, Version } from './appState.ts';
import { isWanted } from './processes.ts';

/** Undefined when this version may be put in place now. */
export function waitForTurn(scene: Scene, version: Version): Decision | undefined {
  const { app, processes } = scene;
  if (app.rollout?.maxUnavailable === undefined || app.turn?.kind === 'Change') return undefined;
  if (!isServing(app, processes) || !isNewHere(app, version)) return undefined;
  return awaitTurn(scene, { kind: 'Change', revision: version.revision }, 'converging');
}

/** Undefined when it may be stopped to go: nothing runs, or its traffic has gone elsewhere. */
export function waitForDrain(scene: Scene): Decision | undefined {
  const { app, processes } = scene;
  const drainMs = app.rollout?.drainMs ?? 0;
  if (drainMs === 0 || app.turn !== undefined || !isServing(app, processes)) return undefined;
  return awaitTurn(scene, { kind: 'Removal', revision: revisionHere(app) }, 'removing');
}

/** What is down serves nobody: it is changed at once, or a host that is down would wait for itself. */
function isServing(app: AppState, processes: readonly ProcessStatus[]): boolean {
  return processes.some((process) => {
    const { state, startSec } = process;
    // supervisord was started anew and comes to it in a moment: no gap to slip through.
    const isAboutTo = state === 'STOPPED' && startSec === 0 && isWanted(app, process);
    return state === 'RUNNING' || state === 'STARTING' || isAboutTo;
  });
}

/** Neither what runs, nor what ran well before: that is put back over whatever somebody else loaded. */
function isNewHere({ loaded, lastGood }: AppState, { sha256 }: Version): boolean {
  if (loaded?.versionSha256 === sha256) return false;
  return loaded?.isRevised === true || lastGood?.sha256 !== sha256;
}

function revisionHere({ written, file, turn, entry }: AppState): Revision {
  const ofFile = file?.type === 'Ours' ? file.revision : undefined;
  return (
    turn?.revision ?? written?.revision ?? ofFile ?? entry?.content?.modRevision ?? revisionZero
  );
}

function awaitTurn(scene: Scene, turn: TurnNeed, status: AppStatus): Decision {
  const { turnWait } = scene.app;
  const isHalted = turnWait?.wait === 'Halted';
  const detail = turnWait?.detail ?? '';
  const reason = detail === '' ? 'it waits for its turn' : detail;
  const held = hold(
    scene,
    isHalted ? 'RolloutHalted' : 'AwaitingTurn',
    reason,
    isHalted ? 'held' : status,
  );
  return { ...held, turn };
}
