/**
 * What supervisord says of its files: the difference to what it has loaded, or that it refuses
 * them. A refusal of a file of ours is taken back at once; one of a foreign file holds the host.
 */
import type { Event } from '../src/domain/event.ts';
import type { Sha256 } from '../src/domain/types.ts';
import { edit, type Editing, editApp, getApp } from './editing.ts';
import { fail, failHost } from './outcomes.ts';
import { mapEntries, mapGet, mapKeysSorted, mapSet } from './persistentMap.ts';
import { asAppName, type AppState, type Trial } from './appState.ts';
import { knownVersion } from './target.ts';
import { newTrial, withQuarantine } from './trial.ts';
import { workAfter } from './work.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

export function onRereadDone(editing: Editing, event: Of<'RereadDone'>): void {
  const { added, changed, removed } = event;
  const { supervisor } = editing.state;
  const wasRefused = supervisor.refusal !== undefined;
  edit(editing, {
    supervisor: {
      ...supervisor,
      diff: { added, changed, removed },
      diffAtMs: editing.atMs,
      refusal: undefined,
      attempt: undefined,
    },
  });
  if (wasRefused) editing.isEverythingTouched = true;
  const differing = new Set([...added, ...changed, ...removed]);
  const names = wasRefused ? mapKeysSorted(editing.state.appsByName) : keysOfInterest(editing);
  for (const name of new Set([...names, ...differing])) {
    noteReread(editing, name, differing.has(name));
  }
}

/** Only what is unsettled can have been waiting for a reread. */
function keysOfInterest(editing: Editing): readonly string[] {
  return [...mapKeysSorted(editing.state.unsettled), ...editing.touched];
}

function noteReread(editing: Editing, name: string, isDiffering: boolean): void {
  if (!isDiffering) forgetStopsOfRemoved(editing, name);
  const processes = mapGet(editing.state.groups, name) ?? [];
  editApp(editing, name, (app) => {
    const { file } = app;
    if (file?.type !== 'Ours') return isDiffering ? app : withNothingLoaded(app);
    // It is in place and supervisord took it without complaint.
    const accepted: AppState = { ...app, acceptedSha256: file.sha256 };
    if (isDiffering) return accepted;
    const loaded = { fileSha256: file.sha256, versionSha256: versionOf(app, file.sha256) };
    const isSame = app.loaded?.versionSha256 === loaded.versionSha256;
    const isRevised = isSame && app.loaded?.isRevised === true;
    const taken: AppState = {
      ...accepted,
      loaded: isRevised ? { ...loaded, isRevised } : loaded,
      trial: trialOf(app, loaded.versionSha256, editing.atMs),
    };
    if (app.work === undefined) return taken;
    const work = { ...app.work, phase: 'Awaiting' as const };
    const attempt = app.attempt?.of === 'File' ? app.attempt : undefined;
    const open: AppState = { ...taken, attempt, work };
    return { ...open, work: workAfter(open, { after: processes, atMs: editing.atMs }) };
  });
  const app = getApp(editing, name);
  if (!isDiffering || app?.work?.phase !== 'Awaiting') return;
  // The driver saw no fault, and yet: not done. Each try counts once, however often this is seen.
  if ((app.attempt?.nextMs ?? 0) <= app.work.sinceMs) {
    fail(editing, asAppName(app), 'supervisord has not taken over its file');
  }
}

/**
 * Neither file nor difference: the group is gone, and what was last seen of its processes is of
 * before. Had they run, then an app of this name that comes next would be taken for stopped.
 */
function forgetStopsOfRemoved(editing: Editing, name: string): void {
  const app = getApp(editing, name);
  const { groups } = editing.state;
  const processes = mapGet(groups, name);
  if (app?.file !== undefined || app?.work === undefined || processes === undefined) return;
  const unstarted = processes.map((process) =>
    process.state === 'STOPPED' ? { ...process, startSec: 0 } : process,
  );
  edit(editing, { groups: mapSet(groups, name, unstarted) });
}

/** A version that supervisord loaded by itself, on its own start, has to prove itself too. */
function trialOf(app: AppState, versionSha256: Sha256, atMs: number): Trial | undefined {
  if (app.trial?.version.sha256 === versionSha256) return app.trial;
  if (app.loaded?.versionSha256 === versionSha256 || isKnown(app, versionSha256)) return undefined;
  return newTrial(knownVersion(app, versionSha256), atMs, true);
}

/** It ran well before, or failed before: no second trial. */
function isKnown(app: AppState, versionSha256: Sha256): boolean {
  return (
    app.lastGood?.sha256 === versionSha256 ||
    app.quarantines.some(({ sha256 }) => sha256 === versionSha256)
  );
}

/** What was written is remembered, unless the app was let go: it may have to be put back. */
function withNothingLoaded(app: AppState): AppState {
  const written = app.isRemovalApproved ? undefined : app.written;
  return { ...app, loaded: undefined, written, work: undefined, trial: undefined };
}

function versionOf(app: AppState, fileSha256: Sha256): Sha256 {
  return knownVersion(app, fileSha256)?.sha256 ?? fileSha256;
}

export function onRereadRefused(editing: Editing, event: Of<'RereadRefused'>): void {
  const culprits = culpritsOf(editing, event);
  const { supervisor } = editing.state;
  editing.isEverythingTouched = true;
  if (culprits.length === 0) {
    const { detail, file } = event;
    edit(editing, { supervisor: { ...supervisor, refusal: { detail, file } } });
    failHost(editing, detail, refusalRetryMs);
    return;
  }
  // supervisord has come further than to a foreign file that it refused before: the word of old
  // would keep from being mended what it refuses now.
  edit(editing, { supervisor: { ...supervisor, refusal: undefined } });
  // Putting the file back asks again at once; if it cannot be put back, asking is pointless.
  failHost(editing, event.detail, refusalRetryMs);
  for (const name of culprits) {
    editApp(editing, name, (app) => {
      if (app.file?.type !== 'Ours') return app;
      return withQuarantine(app, {
        sha256: versionOf(app, app.file.sha256),
        by: 'Reread',
        code: 'E_CANT_REREAD',
        reason: event.detail,
        sinceMs: editing.atMs,
      });
    });
  }
}

/** A foreign file is mended by somebody else; soon seen, and by its own change at once. */
const refusalRetryMs = 2_000;

/** Files of ours that supervisord refuses; empty when the fault is not ours. */
function culpritsOf(editing: Editing, event: Of<'RereadRefused'>): readonly string[] {
  const confDir = editing.state.settings?.confDir ?? '';
  const ours: string[] = [];
  for (const [name, app] of mapEntries(editing.state.appsByName)) {
    if (app.file?.type !== 'Ours') continue;
    if (event.file === `${confDir}/${name}.supervene.conf`) return [name];
    if (event.file === undefined && mentions(event.detail, name)) return [name];
    if (app.acceptedSha256 !== app.file.sha256) ours.push(name);
  }
  // Nobody is named: whatever of ours was never accepted is taken back.
  return event.file === undefined ? ours.sort() : [];
}

function mentions(detail: string, name: string): boolean {
  return detail.includes(`'program:${name}'`) || detail.includes(`group:${name}'`);
}

export function onRereadFailed(editing: Editing, { error }: Of<'RereadFailed'>): void {
  failHost(editing, `${error.type}: ${error.detail}`, refusalRetryMs);
}
