/**
 * What came of a plan. Nothing is believed because we did it: an outcome only says that the
 * next observation is due, or that a step failed and when it is worth another try.
 */
import { castDraft, type Draft, produce } from 'immer';
import type { CallError, DecisionSettings, Event, FileError } from '../src/domain/event.ts';
import type { AppName, Sha256 } from '../src/domain/types.ts';
import { forgetDiff, unlisted } from './actual.ts';
import { afterFailure, longestForFilesMs } from './backoff.ts';
import { edit, type Editing, editApp, editOrCreateApp, getApp } from './editing.ts';
import { mapEntries, mapGet } from './persistentMap.ts';
import { approveRemovals } from './removals.ts';
import { reviseVersion } from './interpret.ts';
import {
  type AppState,
  asAppName,
  type Attempt,
  type Trial,
  type Version,
  type Work,
} from './appState.ts';
import { knownVersion, withoutFile } from './target.ts';
import { newTrial, settleEarly, withQuarantine } from './trial.ts';
import { awaiting, workAfter } from './work.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

export function onPlanStarted(editing: Editing, { plan }: Of<'PlanStarted'>): void {
  edit(editing, { running: plan.id });
  for (const step of plan.steps) {
    switch (step.type) {
      case 'StopProcesses':
        endTrial(editing, step.app);
        setWork(editing, step.app, 'Stopping', () => editing.atMs);
        break;
      case 'StartProcesses':
        // Another process of it may still have a stop before it that was taken back.
        setWork(editing, step.app, 'Starting', (work) => work?.stopsAskedAtMs ?? 0);
        break;
      case 'UpdateGroups':
        for (const { app, change } of step.groups) beginUpdate(editing, app, change);
        break;
      case 'ProbeHost':
      case 'WriteFile':
      case 'RemoveFile':
      case 'Reread':
        break;
    }
  }
}

/** What is stopped in good health before its trial was over did run: good enough to come back to. */
function endTrial(editing: Editing, name: AppName): void {
  const processes = mapGet(editing.state.groups, name) ?? [];
  editApp(editing, name, (app) => settleEarly(app, processes));
}

function setWork(
  editing: Editing,
  name: AppName,
  phase: Work['phase'],
  stopsAskedAtMs: (before: Work | undefined) => number,
): void {
  editApp(editing, name, (app) => ({
    ...app,
    work: { phase, sinceMs: editing.atMs, stopsAskedAtMs: stopsAskedAtMs(app.work) },
  }));
}

function beginUpdate(editing: Editing, name: AppName, change: string): void {
  setWork(editing, name, 'Updating', () => 0);
  if (change === 'Removed') return;
  editApp(editing, name, (app) => ({
    ...app,
    restartsAtMs:
      change === 'Changed' ? [...app.restartsAtMs, editing.atMs].slice(-100) : app.restartsAtMs,
    trial: newTrial(app.written, editing.atMs, false),
  }));
}

export function onPlanFinished(editing: Editing): void {
  edit(editing, { running: undefined });
}

export function onHostProbed(editing: Editing, event: Of<'HostProbed'>): void {
  const { app: name, contentSha256: sha256, refusals, doubt } = event;
  const [first] = refusals;
  const isRefused = getApp(editing, name)?.quarantines.some(
    (item) => item.sha256 === sha256 && item.by === 'Host',
  );
  // Nothing is written on the word of nobody: the supervisord that comes might not start with it.
  const isUnasked = first === undefined && doubt === 'SupervisordAway';
  if (isUnasked && isRefused !== true) {
    fail(editing, name, 'supervisord could not be asked about its environment', longestForFilesMs);
    return;
  }
  editApp(editing, name, (app) => {
    const count = app.probe?.sha256 === sha256 ? app.probe.count + 1 : 1;
    const probed: AppState = { ...app, probe: { sha256, atMs: editing.atMs, count } };
    // A doubt does not lift what was refused for certain.
    if (first === undefined && doubt !== undefined) return probed;
    const others = app.quarantines.filter(
      (item) => !(item.sha256 === sha256 && item.by === 'Host'),
    );
    if (first === undefined) return { ...probed, quarantines: others };
    const since = app.quarantines.find((item) => item.sha256 === sha256)?.sinceMs ?? editing.atMs;
    const reason = refusals.map(({ message, remedy }) => `${message}. ${remedy}`).join(' ');
    return withQuarantine(probed, { sha256, by: 'Host', code: first.code, reason, sinceMs: since });
  });
}

export function onFileWritten(editing: Editing, event: Of<'FileWritten'>): void {
  const { app: name } = event;
  // The app may have been taken back and forgotten while its file was being written.
  const isForgotten = getApp(editing, name) === undefined;
  editOrCreateApp(editing, name, (app) => ({
    ...app,
    ...(isForgotten ? unlisted(editing, name) : {}),
    file: {
      type: 'Ours',
      sha256: event.sha256,
      revision: event.revision,
      isOwnerAndModeRight: true,
    },
    attempt: undefined,
    lastWrite: {
      sha256: event.sha256,
      atMs: editing.atMs,
      count: isSameQuarrel(app, event.sha256, editing.atMs) ? (app.lastWrite?.count ?? 0) + 1 : 1,
    },
  }));
  approveRemovals(editing, [name]);
  forgetDiff(editing);
}

/** The same text again within a minute: somebody keeps changing it. */
function isSameQuarrel({ lastWrite }: AppState, sha256: Sha256, atMs: number): boolean {
  return lastWrite?.sha256 === sha256 && atMs - lastWrite.atMs < 60_000;
}

export function onFileRemoved(editing: Editing, event: Of<'FileRemoved'>): void {
  editApp(editing, event.app, (app) => ({ ...withoutFile(app), attempt: undefined }));
  forgetDiff(editing);
}

export function onFileFailed(editing: Editing, event: Of<'FileFailed'>): void {
  const { error } = event;
  fail(editing, event.app, `${error.type}: ${error.detail}`, fileCapMs(error), 'File');
}

function fileCapMs(error: FileError): number {
  return error.type === 'Blocked' ? 30_000 : longestForFilesMs;
}

/** A call for one app failed; its work stays open and is tried again after a while. */
export function onCallFailed(editing: Editing, name: AppName, error: CallError): void {
  fail(editing, name, `${error.type}: ${error.detail}`);
}

export function onStopsRequested(editing: Editing, event: Of<'StopsRequested'>): void {
  if (event.failures.length > 0) fail(editing, event.app, event.failures.join('; '));
}

export function onStartsRequested(editing: Editing, event: Of<'StartsRequested'>): void {
  // The poll beside this call may have seen them run already.
  const after = mapGet(editing.state.groups, event.app) ?? [];
  editApp(editing, event.app, (app) => {
    const asked = { ...app, work: awaiting(app, editing.atMs) };
    return { ...asked, work: workAfter(asked, { after, atMs: editing.atMs }) };
  });
  if (event.failures.length > 0) fail(editing, event.app, event.failures.join('; '));
}

export function onGroupsUpdated(editing: Editing, event: Of<'GroupsUpdated'>): void {
  for (const { app: name } of event.groups) {
    editApp(editing, name, (app) => ({ ...app, work: awaiting(app, editing.atMs) }));
    if (event.error !== undefined) onCallFailed(editing, name, event.error);
  }
  forgetDiff(editing);
}

export function fail(
  editing: Editing,
  name: AppName,
  detail: string,
  capMs?: number,
  of?: Attempt['of'],
): void {
  const salt = `${editing.state.settings?.hostId ?? ''}/${name}`;
  editApp(editing, name, (app) => ({
    ...app,
    attempt: afterFailure(app.attempt, editing.atMs, detail, salt, capMs, of),
  }));
}

/** The failure of a call that concerns the whole host. */
export function failHost(editing: Editing, detail: string, capMs: number): void {
  const { supervisor, settings } = editing.state;
  const attempt: Attempt = afterFailure(
    supervisor.attempt,
    editing.atMs,
    detail,
    settings?.hostId ?? '',
    capMs,
  );
  edit(editing, { supervisor: { ...supervisor, attempt } });
}

export function onRetryRequested(editing: Editing, event: Of<'RetryRequested'>): void {
  const processes = mapGet(editing.state.groups, event.app) ?? [];
  const isDown = processes.some(({ state }) => state === 'FATAL' || state === 'EXITED');
  editApp(
    editing,
    event.app,
    produce((app: Draft<AppState>) => {
      app.quarantines = [];
      app.restartsAtMs = [];
      app.attempt = undefined;
      app.failure = undefined;
      app.probe = undefined;
      delete app.unwellSha256;
      app.trial = castDraft(retrial(app, editing.atMs)) ?? app.trial;
      if (isDown) app.work = { phase: 'Starting', sinceMs: editing.atMs, stopsAskedAtMs: 0 };
    }),
  );
}

/** What is loaded and never ran well is put on trial once more. */
function retrial(app: AppState, atMs: number): Trial | undefined {
  const { loaded, lastGood } = app;
  if (loaded === undefined || loaded.versionSha256 === lastGood?.sha256) return undefined;
  return newTrial(knownVersion(app, loaded.versionSha256), atMs, true);
}

/** A new life of the agent: what the old one had begun is neither done nor undone. */
export function onAgentStarted(editing: Editing, event: Of<'AgentStarted'>): void {
  const { state } = editing;
  editing.isEverythingTouched = true;
  edit(editing, {
    settings: event.settings,
    running: undefined,
    quiet: { ...state.quiet, firstChangeMs: state.quiet.firstChangeMs ?? editing.atMs },
    source: {
      ...state.source,
      ...(state.source.status === 'Current'
        ? { status: 'Stale', sinceMs: editing.atMs, lost: undefined }
        : {}),
      isPrefixNew: state.settings !== undefined && state.settings.prefix !== event.settings.prefix,
    },
    supervisor: {
      ...state.supervisor,
      status: 'Unknown',
      sinceMs: editing.atMs,
      diff: undefined,
      refusal: undefined,
      attempt: undefined,
    },
    confDir: { ...state.confDir, status: 'Unknown' },
  });
  for (const [name] of mapEntries(editing.state.appsByName)) {
    editApp(editing, name, ({ turnWait: _, ...app }) => ({
      ...revised(app, event.settings),
      attempt: undefined,
      work: app.work === undefined ? undefined : { ...app.work, phase: interrupted(app.work) },
    }));
  }
}

/** Versions as these settings and this renderer would write them; their hashes follow the text. */
function revised(app: AppState, settings: DecisionSettings): AppState {
  const name = asAppName(app);
  const revise = (version: Version | undefined): Version | undefined =>
    version === undefined ? undefined : reviseVersion(name, version, settings);
  const { trial, loaded } = app;
  const [written, lastGood] = [revise(app.written), revise(app.lastGood)];
  const isRevised = [
    [app.written, written],
    [app.lastGood, lastGood],
  ].some(([was, is]) => was !== is && was?.sha256 === loaded?.versionSha256);
  return {
    ...app,
    loaded: loaded && isRevised && app.rollout ? { ...loaded, isRevised } : loaded,
    written,
    lastGood,
    trial:
      trial === undefined
        ? undefined
        : { ...trial, version: reviseVersion(name, trial.version, settings) },
  };
}

/** The stop may or may not have been asked for: it is asked for again where still needed. */
function interrupted(work: Work): Work['phase'] {
  return work.phase === 'Awaiting' ? 'Awaiting' : 'Updating';
}
