/**
 * What a new look at an app's processes says: stopped or started by an operator, started again
 * during a trial, or through with what we began.
 */
import type { DecisionSettings } from '../src/domain/event.ts';
import type { ProcessState, ProcessStatus } from '../src/domain/types.ts';
import { isActive, isHeldProcess } from './processes.ts';
import type { AppState, OperatorHold, Trial } from './appState.ts';
import { knownVersion, quarantineOf } from './target.ts';
import { newTrial } from './trial.ts';
import { workAfter } from './work.ts';

export interface Observation {
  /** Empty when supervisord started anew in between. */
  readonly before: readonly ProcessStatus[];
  readonly after: readonly ProcessStatus[];
  readonly isNewInstance: boolean;
  readonly atMs: number;
  readonly operatorStops: DecisionSettings['operatorStops'];
}

export function observeProcesses(app: AppState, seen: Observation): AppState {
  const work = workAfter(app, seen);
  const withWork = work === app.work ? app : { ...app, work };
  const hold = holdAfter(app, seen);
  const isLetGo = app.hold !== undefined && hold === undefined;
  const trial = trialAfter(isLetGo ? trialAnew(app, seen.atMs) : app.trial, seen);
  if (hold === app.hold && trial === app.trial) return withWork;
  return { ...withWork, hold, trial };
}

/** What was put in place while an operator kept it stopped has never run yet. */
function trialAnew(app: AppState, atMs: number): Trial | undefined {
  if (app.trial !== undefined) return newTrial(app.trial.version, atMs, true);
  const sha256 = app.loaded?.versionSha256;
  if (sha256 === undefined || sha256 === app.lastGood?.sha256) return undefined;
  if (quarantineOf(app, sha256) !== undefined) return undefined;
  return newTrial(knownVersion(app, sha256), atMs, true);
}

/** Everything but `supervisorctl stop` and its like leaves another state behind. */
function wasStopped({ state, startSec }: ProcessStatus): boolean {
  return state === 'STOPPED' && startSec > 0;
}

function holdAfter(app: AppState, seen: Observation): OperatorHold | undefined {
  const { hold, work } = app;
  if (seen.operatorStops !== 'hold' || seen.after.length === 0) {
    return seen.operatorStops === 'hold' ? hold : undefined;
  }
  const held = new Set<string>();
  for (const process of seen.after) {
    const isHeld = hold !== undefined && isHeldProcess(hold, process.id);
    if (isHeld ? !isReleased(app, process, seen) : work === undefined && wasStopped(process)) {
      held.add(process.id);
    }
  }
  if (held.size === 0) return undefined;
  const processes = [...held].sort();
  const isWhole = processes.length === seen.after.length;
  const isSame =
    hold !== undefined &&
    hold.isWhole === isWhole &&
    hold.processes.length === processes.length &&
    hold.processes.every((id, index) => id === processes[index]);
  return isSame ? hold : { processes, isWhole, sinceMs: hold?.sinceMs ?? seen.atMs };
}

/**
 * Somebody started a held process. Not so when supervisord itself did, because it restarted
 * before `autostart=false` had reached the file.
 */
function isReleased(app: AppState, process: ProcessStatus, seen: Observation): boolean {
  if (process.state !== 'STARTING' && process.state !== 'RUNNING' && process.state !== 'BACKOFF') {
    return false;
  }
  const held = app.written?.heldSha256;
  const isFileHeld = app.file?.type === 'Ours' && app.file.sha256 === held;
  const before = seen.before.find(({ id }) => id === process.id);
  const wasDown = before !== undefined && !isActive(before.state);
  // Never started yet and not held on disk: it is supervisord that starts it.
  const isDueByItself = before?.startSec === 0 && !isFileHeld;
  return (wasDown && !isDueByItself) || (before === undefined && isFileHeld);
}

function trialAfter(trial: Trial | undefined, seen: Observation): Trial | undefined {
  if (trial === undefined) return undefined;
  const more = seen.after.flatMap((process) => {
    const isCertain = startOf(trial, process, seen);
    return isCertain === undefined ? [] : [{ process: process.id, atMs: seen.atMs, isCertain }];
  });
  if (more.length === 0) return trial.isSeen ? trial : { ...trial, isSeen: true };
  return { ...trial, isSeen: true, starts: [...trial.starts, ...more].slice(-startsMax) };
}

/**
 * Whether this is a start, and whether it is certain that the program ended by itself before: the
 * first start is, and each that followed an end that was seen. What an operator stopped and
 * started, or what a new supervisord started, does not speak against the program; where only
 * another pid was seen, it may have been either.
 */
function startOf(trial: Trial, process: ProcessStatus, seen: Observation): boolean | undefined {
  if (process.pid === 0) return undefined;
  if (!trial.starts.some((start) => start.process === process.id)) return true;
  const before = seen.before.find(({ id }) => id === process.id);
  if (before === undefined) return undefined;
  if (before.pid === process.pid && before.startSec === process.startSec) return undefined;
  if (endedStates.has(before.state)) return true;
  return before.state === 'RUNNING' ? false : undefined;
}

/** STARTING too: two programs that both end at once may be all that is seen of it. */
const endedStates: ReadonlySet<ProcessState> = new Set(['EXITED', 'BACKOFF', 'STARTING']);

/** Bounds the state; three starts of each of many processes are all that is asked for. */
const startsMax = 400;
