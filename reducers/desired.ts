/**
 * What etcd says should run here, and when it counts.
 *
 * A listing replaces everything at once. A single change counts at once when it stands alone;
 * what follows closely waits for the quiet window, so that a burst becomes one plan. An app that
 * a doubtful listing lacks is not thereby absent: the doubt stays with it until a person speaks.
 */
import type { DesiredEntry, Event } from '../src/domain/event.ts';
import { compareRevisions } from '../src/domain/types.ts';
import { edit, type Editing, editApp, editOrCreateApp, getApp } from './editing.ts';
import { interpretEntry } from './interpret.ts';
import { mapEntries, mapKeysSorted } from './persistentMap.ts';
import { approveRemovals } from './removals.ts';
import type { AppState, Desired, Version } from './appState.ts';
import { judgeEntry, noteFloor, unsignedAbsence } from './trust.ts';

type Listed = Extract<Event, { type: 'DesiredListed' }>;
type Changed = Extract<Event, { type: 'DesiredChanged' }>;
type Lost = Extract<Event, { type: 'DesiredLost' }>;

export function onDesiredListed(editing: Editing, event: Listed): void {
  const doubt = doubtOf(editing, event);
  const { source } = editing.state;
  edit(editing, {
    source: {
      ...source,
      status: 'Current',
      sinceMs: source.status === 'Current' ? source.sinceMs : editing.atMs,
      lost: undefined,
      clusterId: event.clusterId,
      revision: event.revision,
      elsewhere: event.elsewhere,
      ignoredKeys: event.ignoredKeys,
      doubt,
      isPrefixNew: false,
    },
  });
  editing.isEverythingTouched = true;
  const listed = new Set(event.entries.map((entry) => entry.app));
  for (const entry of event.entries) setEntry(editing, entry, doubt);
  for (const name of mapKeysSorted(editing.state.appsByName)) {
    if (!listed.has(name)) setNotListed(editing, name, doubt);
  }
  releaseAll(editing);
}

/** Why the absence of an app from this listing must not be believed; undefined when it may. */
function doubtOf(editing: Editing, event: Listed): string | undefined {
  const { clusterId, revision, status } = editing.state.source;
  if (editing.state.source.isPrefixNew) return 'the agent was given another etcd.prefix';
  if (clusterId !== undefined && clusterId !== event.clusterId) {
    return 'etcd answers with another cluster id than before';
  }
  if (status !== 'Never' && compareRevisions(event.revision, revision) < 0) {
    return `etcd went back from revision ${revision} to ${event.revision}: wiped or restored`;
  }
  if (status !== 'Never' && event.reason === 'RevisionRegressed') {
    return 'etcd lacks what it had at a revision that it has passed: restored from a backup';
  }
  for (const entry of event.entries) {
    const before = getApp(editing, entry.app)?.entry;
    const [was, is] = [before?.content?.modRevision, entry.content?.modRevision];
    if (was !== undefined && is !== undefined && compareRevisions(is, was) < 0) {
      return `etcd shows an older revision of ${entry.app} than before: restored from a backup`;
    }
  }
  if (event.entries.every(isRemoval) && event.elsewhere === 0) {
    return 'etcd lists no app at all';
  }
  return undefined;
}

/** All that is left is who removed it. */
function isRemoval({ ips, content }: DesiredEntry): boolean {
  return ips === undefined && content === undefined;
}

function setNotListed(editing: Editing, name: string, doubt: string | undefined): void {
  editApp(editing, name, (app) => {
    // A doubt stays until the app comes back or a person confirms.
    const kept = app.desired.type === 'Absent' ? app.desired.doubt : undefined;
    const why = kept ?? doubt ?? unsignedAbsence(editing.state, name);
    return { ...app, entry: undefined, desired: { type: 'Absent', why: 'NotListed', doubt: why } };
  });
}

export function onDesiredChanged(editing: Editing, event: Changed): void {
  const { source } = editing.state;
  if (source.status !== 'Current') return;
  // A resumed watch may repeat what is already known.
  if (compareRevisions(event.revision, source.revision) <= 0) return;
  edit(editing, { source: { ...source, revision: event.revision } });
  if (event.entries.length === 0) return;
  // Nobody unpublishes everything at one stroke on purpose without being asked.
  const doubt = event.isEmptied === true ? 'etcd was emptied at one stroke' : undefined;
  for (const entry of event.entries) setEntry(editing, entry, doubt);
  passQuietWindow(
    editing,
    event.entries.map((entry) => entry.app),
  );
}

export function onDesiredLost(editing: Editing, event: Lost): void {
  const { source } = editing.state;
  editing.isEverythingTouched = true;
  edit(editing, {
    source: {
      ...source,
      status: source.status === 'Never' ? 'Never' : 'Stale',
      sinceMs: source.status === 'Current' ? editing.atMs : source.sinceMs,
      lost: { reason: event.reason, detail: event.detail },
    },
  });
}

/** Interprets all entries anew: the identity or the settings changed. */
export function reinterpretAll(editing: Editing, isParsedAnew: boolean): void {
  editing.isEverythingTouched = true;
  for (const [name, app] of mapEntries(editing.state.appsByName)) {
    const { entry } = app;
    if (entry === undefined) {
      doubtUnsigned(editing, app);
      continue;
    }
    const kept = app.desired.type === 'Absent' ? app.desired.doubt : undefined;
    const desired = interpret(editing, entry, app, { isParsedAnew, doubt: kept });
    editApp(editing, name, (before) => ({ ...before, desired }));
  }
  releaseAll(editing);
}

/** It was gone before signatures were asked for. */
function doubtUnsigned(editing: Editing, { name, desired }: AppState): void {
  if (desired.type !== 'Absent' || desired.doubt !== undefined) return;
  const doubt = unsignedAbsence(editing.state, name);
  if (doubt !== undefined)
    editApp(editing, name, (app) => ({ ...app, desired: { ...desired, doubt } }));
}

/** `doubt` is that of the listing it stands in; a change seen as it happened has none. */
function setEntry(editing: Editing, entry: DesiredEntry, doubt?: string): void {
  const before = getApp(editing, entry.app);
  const why = keptDoubt(before, entry) ?? doubt;
  const desired = interpret(editing, entry, before, { isParsedAnew: false, doubt: why });
  const isAbsent = desired.type === 'Absent';
  if (before === undefined && isAbsent) return;
  editOrCreateApp(editing, entry.app, (app) => ({
    ...app,
    entry: isAbsent && desired.why === 'Deleted' ? undefined : entry,
    desired,
  }));
}

/** The placement that was doubted still stands there: being listed again does not prove it. */
function keptDoubt(before: AppState | undefined, { ips }: DesiredEntry): string | undefined {
  if (before?.desired.type !== 'Absent' || ips === undefined) return undefined;
  const isSame = before.entry?.ips?.modRevision === ips.modRevision;
  return isSame ? before.desired.doubt : undefined;
}

interface Reading {
  /** Not even equal content is taken from before. */
  readonly isParsedAnew: boolean;
  /** Why its absence must not be believed, unless it is signed. */
  readonly doubt: string | undefined;
}

function interpret(
  editing: Editing,
  entry: DesiredEntry,
  app: AppState | undefined,
  { isParsedAnew, doubt }: Reading,
): Desired {
  const { settings, identity } = editing.state;
  if (settings === undefined) return { type: 'Unknown' };
  const before = isParsedAnew ? undefined : app;
  const trust = judgeEntry(entry, app, editing.state);
  const desired = interpretEntry(entry, {
    settings,
    identity,
    atMs: editing.atMs,
    before: { entry: before?.entry, desired: before?.desired ?? { type: 'Unknown' } },
    trust,
  });
  noteFloor(editing, entry.app, trust, desired);
  if (desired.type !== 'Absent') return desired;
  const isSigned = trust?.isEnforced === true && trust.verdict.ok;
  return { ...desired, doubt: desired.doubt ?? (isSigned ? undefined : doubt) };
}

function passQuietWindow(editing: Editing, names: readonly string[]): void {
  const { quiet, settings } = editing.state;
  const quietMs = settings?.quietMs ?? 0;
  // A window of 0 ms is over as soon as it is opened: `reduce` closes it at the end of the event.
  const isIsolated = quiet.waiting.length === 0 && editing.atMs - quiet.lastChangeMs > quietMs;
  if (isIsolated) {
    edit(editing, { quiet: { ...quiet, lastChangeMs: editing.atMs } });
    release(editing, names);
    return;
  }
  edit(editing, {
    quiet: {
      lastChangeMs: editing.atMs,
      firstChangeMs: quiet.firstChangeMs ?? editing.atMs,
      waiting: [...new Set([...quiet.waiting, ...names])],
    },
  });
}

/** When the quiet window closes by itself; undefined when nothing waits in it. */
export function quietUntilMs({ quiet, settings }: Editing['state']): number | undefined {
  if (quiet.waiting.length === 0 || settings === undefined) return undefined;
  const firstMs = quiet.firstChangeMs ?? quiet.lastChangeMs;
  return Math.min(quiet.lastChangeMs + settings.quietMs, firstMs + settings.maxWaitMs);
}

export function closeQuietWindowIfDue(editing: Editing): void {
  const untilMs = quietUntilMs(editing.state);
  if (untilMs !== undefined && editing.atMs >= untilMs) releaseAll(editing);
}

function releaseAll(editing: Editing): void {
  const { quiet } = editing.state;
  edit(editing, { quiet: { ...quiet, firstChangeMs: undefined, waiting: [] } });
  const names = editing.isEverythingTouched
    ? mapKeysSorted(editing.state.appsByName)
    : quiet.waiting;
  release(editing, names);
}

function release(editing: Editing, names: readonly string[]): void {
  for (const name of names) editApp(editing, name, released);
  approveRemovals(editing, names);
}

function released(app: AppState): AppState {
  const { desired, released: before } = app;
  if (desired === before) return app;
  const isNewContent =
    desired.type === 'Wanted' &&
    !(before.type === 'Wanted' && before.version.sha256 === desired.version.sha256);
  const isGone = desired.type === 'Absent';
  // What was let through without a doubt was not let through with it.
  const isDoubtNew = isGone && desired.doubt !== undefined && !isDoubted(before);
  const { isRemovalHeld, turnWait, ...kept } = app;
  return {
    ...withRollout(kept, desired),
    ...(isNewContent || turnWait === undefined ? {} : { turnWait }),
    ...(isGone && isRemovalHeld === true ? { isRemovalHeld } : {}),
    released: desired,
    isRemovalApproved: isGone && app.isRemovalApproved && !isDoubtNew,
    // A failure of the old content says nothing of the new.
    attempt: isNewContent ? undefined : app.attempt,
    failure: isNewContent ? undefined : app.failure,
  };
}

/** The key as it is now; what it last said stays while nobody can tell, or the app goes. */
function withRollout(app: AppState, desired: Desired): AppState {
  if (desired.type !== 'Wanted') return app;
  const { version, rollout } = desired;
  const { rollout: _, ...others } = app;
  return withCheck(rollout === undefined ? others : { ...others, rollout }, version);
}

/** A new check of the same content: nothing is put in place for it, but what is on trial has to pass. */
function withCheck(app: AppState, version: Version): AppState {
  const { probe, written, trial, released: before } = app;
  if (before.type !== 'Wanted' || before.version.sha256 !== version.sha256) return app;
  if (isAlike(before.version.healthcheck, version.healthcheck)) return app;
  if (!isAlike(before.version.questions, version.questions)) {
    // The host has not been asked about this command: what is on trial keeps the one of before.
    return probe?.sha256 === version.sha256 ? { ...app, probe: undefined } : app;
  }
  return {
    ...app,
    written: written && checkedLike(written, version),
    trial: trial && { ...trial, version: checkedLike(trial.version, version) },
  };
}

function checkedLike(version: Version, { sha256, healthcheck }: Version): Version {
  if (version.sha256 !== sha256) return version;
  const { healthcheck: _, ...others } = version;
  return healthcheck === undefined ? others : { ...others, healthcheck };
}

function isAlike(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function isDoubted(desired: Desired): boolean {
  return desired.type === 'Absent' && desired.doubt !== undefined;
}
