/**
 * The end of each event: what was touched is brought up to date, trials that are over are ended,
 * apps that are gone are forgotten, and the rest is marked settled or not.
 */
import { decideApp } from './decide.ts';
import { edit, type Editing, editApp, getApp } from './editing.ts';
import { mapEntries, mapGet, mapSet } from './persistentMap.ts';
import { noteRunning } from './health.ts';
import { isOwnedHere } from './removals.ts';
import type { AppState, Version } from './appState.ts';
import type { State } from './state.ts';
import { knownVersion } from './target.ts';
import { settleTrial } from './trial.ts';
import { withoutWait } from './turns.ts';
import { settleWork } from './work.ts';
import type { ProcessStatus } from '../src/domain/types.ts';

/** How old a reread may be before it is asked for again, grown with the size of the host. */
const rereadAgeMs = 60_000;
const rereadAgePerGroupMs = 150;

export function settleTouched(editing: Editing): void {
  const names = editing.isEverythingTouched ? everyName(editing) : editing.touched;
  // A set may be added to while it is gone through: what is settled touches itself again.
  for (const name of names) settleApp(editing, name);
}

function everyName(editing: Editing): Iterable<string> {
  const names = new Set(editing.touched);
  for (const [name] of mapEntries(editing.state.appsByName)) names.add(name);
  return names;
}

/** Time has passed: only what is unsettled can be due. */
export function touchWhatIsDue(editing: Editing): void {
  for (const [name] of mapEntries(editing.state.unsettled)) editing.touched.add(name);
  const { supervisor } = editing.state;
  if (supervisor.diff !== undefined && editing.atMs >= rereadDueMs(editing.state)) {
    edit(editing, { supervisor: { ...supervisor, diff: undefined } });
  }
}

/** When supervisord is to reread though nothing is known to have changed. */
export function rereadDueMs({ supervisor, groups }: State): number {
  return supervisor.diffAtMs + rereadAgeMs + rereadAgePerGroupMs * groups.size;
}

function settleApp(editing: Editing, name: string): void {
  editApp(editing, name, (app) => {
    const { settings, groups } = editing.state;
    if (settings === undefined) return app;
    const processes = mapGet(groups, name) ?? [];
    const noted = noteWritten(settleWork(app, processes, editing.atMs), processes, editing);
    const begun = noteRunning(editing.state, noted, processes);
    const tried = settleTrial(begun, processes, editing.atMs, settings);
    const isRunning = processes.length > 0 && processes.every(({ state }) => state === 'RUNNING');
    const settled = tried.trial === undefined && isRunning ? noteGood(tried) : tried;
    return isForgettable(settled) ? undefined : settled;
  });
  const isUnsettled = !isSettled(editing, name);
  const unsettled = mapSet(editing.state.unsettled, name, isUnsettled ? true : undefined);
  if (unsettled !== editing.state.unsettled) edit(editing, { unsettled });
}

/** The file on disk is a version we know: that is what was last written, by whatever life. */
function noteWritten(
  app: AppState,
  processes: readonly ProcessStatus[],
  { atMs, state }: Editing,
): AppState {
  const { file } = app;
  if (file?.type !== 'Ours') return app;
  // Until supervisord has been seen, it is not known whether what is found is stopped.
  if (app.written === undefined && state.supervisor.status !== 'Reachable') return app;
  const { written, released } = app;
  if (file.sha256 === written?.sha256) return app;
  // Content that says autostart=false itself is the text of a hold of the content before.
  const isWanted = released.type === 'Wanted' && released.version.sha256 === file.sha256;
  if (file.sha256 === written?.heldSha256 && !isWanted) return app;
  const version = knownVersion(app, file.sha256);
  if (version === undefined || app.written?.sha256 === version.sha256) return app;
  const noted: AppState = { ...app, written: version };
  const isRemembered = app.written !== undefined || app.hold !== undefined;
  if (isRemembered || state.settings?.operatorStops !== 'hold') return noted;
  // Found, not remembered: what was held or stopped before this journal began stays so.
  const isFileHeld = file.sha256 !== version.sha256;
  const stopped = processes.filter(
    (process) => process.state === 'STOPPED' && (isFileHeld || process.startSec > 0),
  );
  if (stopped.length === 0 || app.work !== undefined) return noted;
  const isWhole = stopped.length === processes.length;
  return { ...noted, hold: { processes: stopped.map(({ id }) => id), isWhole, sinceMs: atMs } };
}

/** Runs as loaded, with no trial open: good enough to come back to. */
function noteGood(app: AppState): AppState {
  const { written, loaded } = app;
  const isLoaded = written !== undefined && loaded?.versionSha256 === written.sha256;
  const better: Version | undefined = isLoaded ? written : app.lastGood;
  if (better?.sha256 === app.lastGood?.sha256 && app.failure === undefined) return app;
  const isQuarantined = app.quarantines.some(({ sha256 }) => sha256 === better?.sha256);
  const isUnwell = better !== undefined && app.unwellSha256 === better.sha256;
  return isQuarantined || isUnwell ? app : { ...app, lastGood: better, failure: undefined };
}

function isForgettable(app: AppState): boolean {
  const isAbsent = app.desired.type === 'Absent' && app.released.type === 'Absent';
  return isAbsent && app.file === undefined && !isOwnedHere(app);
}

function isSettled(editing: Editing, name: string): boolean {
  const app = getApp(editing, name);
  if (app === undefined) return true;
  const decision = decideApp(editing.state, app, editing.atMs);
  const waiting = withoutWait(app, decision);
  if (waiting !== app) editApp(editing, name, () => waiting);
  return (
    app.turn === undefined &&
    decision.step === undefined &&
    decision.update === undefined &&
    decision.held === undefined &&
    decision.wakeAtMs === undefined &&
    !decision.needsReread &&
    !decision.isWaiting
  );
}
