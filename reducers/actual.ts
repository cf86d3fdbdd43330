/**
 * What supervisord and the disk show: processes, files, and the difference between them.
 *
 * Recognises an operator's stop (a stopped process with no work of ours open on it) and its
 * release, counts starts for the trial of a changed app, and notes what supervisord has loaded.
 */
import { parseAppName } from '../src/domain/appName.ts';
import type { Event } from '../src/domain/event.ts';
import type { ConfFile, ProcessStatus } from '../src/domain/types.ts';
import { edit, type Editing, editApp, editOrCreateApp, getApp } from './editing.ts';
import { mapEntries, mapGet, mapSet } from './persistentMap.ts';
import { observeProcesses } from './observeProcesses.ts';
import { approveRemovals } from './removals.ts';
import type { AppState, FileState } from './appState.ts';
import { withoutFile } from './target.ts';
import { unsignedAbsence } from './trust.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

export function onProcessesListed(editing: Editing, event: Of<'ProcessesListed'>): void {
  const { supervisor } = editing.state;
  const isNewInstance = supervisor.instance !== event.instance;
  edit(editing, {
    supervisor: {
      ...supervisor,
      status: 'Reachable',
      sinceMs: supervisor.status === 'Reachable' ? supervisor.sinceMs : editing.atMs,
      instance: event.instance,
      version: event.supervisorVersion,
      error: undefined,
      // Anything may have been loaded while nobody looked.
      diff: undefined,
      refusal: isNewInstance ? undefined : supervisor.refusal,
      attempt: undefined,
    },
  });
  editing.isEverythingTouched = true;
  const byGroup = new Map<string, ProcessStatus[]>();
  for (const process of event.processes) {
    const group = byGroup.get(process.group);
    if (group === undefined) byGroup.set(process.group, [process]);
    else group.push(process);
  }
  const groups = new Set(byGroup.keys());
  for (const [group] of mapEntries(editing.state.groups)) groups.add(group);
  for (const group of groups) setGroup(editing, group, byGroup.get(group) ?? [], isNewInstance);
  for (const [name] of mapEntries(editing.state.appsByName)) {
    // What failed for want of supervisord is tried again at once.
    editApp(editing, name, (app) => ({
      ...app,
      attempt: undefined,
      loaded: isNewInstance ? undefined : app.loaded,
    }));
  }
}

export function onProcessesChanged(editing: Editing, event: Of<'ProcessesChanged'>): void {
  const { changed } = event;
  const groups = new Set(event.gone.map((id) => groupOf(editing, id)));
  for (const { group } of changed) groups.add(group);
  for (const group of groups) {
    const before = mapGet(editing.state.groups, group) ?? [];
    const after = before.filter(
      ({ id }) => !event.gone.includes(id) && !changed.some((process) => process.id === id),
    );
    for (const process of changed) if (process.group === group) after.push(process);
    if (after.length > 1) after.sort((a, b) => (a.id < b.id ? -1 : 1));
    setGroup(editing, group, after, false);
  }
}

/** A gone process is known only by id; its group is found where the name alone misleads. */
function groupOf(editing: Editing, id: string): string {
  for (let at = id.indexOf(':'); at >= 0; at = id.indexOf(':', at + 1)) {
    const group = id.slice(0, at);
    const processes = mapGet(editing.state.groups, group);
    if (processes?.some((process) => process.id === id) === true) return group;
  }
  return id.slice(0, Math.max(0, id.indexOf(':')));
}

function setGroup(
  editing: Editing,
  group: string,
  after: readonly ProcessStatus[],
  isNewInstance: boolean,
): void {
  const before = mapGet(editing.state.groups, group) ?? [];
  edit(editing, {
    groups: mapSet(editing.state.groups, group, after.length === 0 ? undefined : after),
  });
  if (before.length > 0 && after.length === 0) forgetDiff(editing);
  editApp(editing, group, (app) =>
    observeProcesses(app, {
      before: isNewInstance ? [] : before,
      after,
      isNewInstance,
      atMs: editing.atMs,
      operatorStops: editing.state.settings?.operatorStops ?? 'hold',
    }),
  );
}

export function onSupervisorLost(editing: Editing, { error }: Of<'SupervisorLost'>): void {
  const { supervisor } = editing.state;
  editing.isEverythingTouched = true;
  edit(editing, {
    supervisor: {
      ...supervisor,
      status: 'Lost',
      sinceMs: supervisor.status === 'Lost' ? supervisor.sinceMs : editing.atMs,
      error,
      diff: undefined,
    },
  });
}

export function onConfFilesListed(editing: Editing, { files }: Of<'ConfFilesListed'>): void {
  editing.isEverythingTouched = true;
  edit(editing, { confDir: { status: 'Listed', detail: '', foreign: [] } });
  const there = new Set(files.map((file) => nameOf(editing, file)));
  for (const [name] of mapEntries(editing.state.appsByName)) {
    if (!there.has(name)) setFile(editing, name, undefined);
  }
  takeFiles(editing, files);
  forgetDiff(editing);
}

export function onConfFilesChanged(editing: Editing, event: Of<'ConfFilesChanged'>): void {
  const before = editing.state.appsByName;
  const foreignBefore = editing.state.confDir.foreign;
  for (const path of event.gone) {
    const name = appNameOfPath(editing, path);
    if (name !== undefined) setFile(editing, name, undefined);
    removeForeign(editing, path);
  }
  takeFiles(editing, event.changed);
  if (editing.state.confDir.foreign !== foreignBefore) {
    // A foreign file may have been what blocked an app, or all of them.
    editing.isEverythingTouched = true;
    edit(editing, { supervisor: { ...editing.state.supervisor, attempt: undefined } });
    forgetDiff(editing);
  }
  // Our own writes are known before the watch tells of them.
  if (editing.state.appsByName !== before) forgetDiff(editing);
}

export function onConfDirLost(editing: Editing, { detail }: Of<'ConfDirLost'>): void {
  editing.isEverythingTouched = true;
  edit(editing, { confDir: { ...editing.state.confDir, status: 'Lost', detail } });
}

/** A reread is needed before anything is decided on what supervisord has loaded. */
export function forgetDiff(editing: Editing): void {
  const { supervisor } = editing.state;
  if (supervisor.diff === undefined) return;
  edit(editing, { supervisor: { ...supervisor, diff: undefined } });
}

function takeFiles(editing: Editing, files: readonly ConfFile[]): void {
  const found: string[] = [];
  for (const file of files) {
    const name = nameOf(editing, file);
    if (file.type === 'Foreign') addForeign(editing, file);
    else removeForeign(editing, file.path);
    if (name === undefined) continue;
    setFile(editing, name, fileState(file));
    found.push(name);
  }
  // Among them may be files of apps that etcd does not have.
  approveRemovals(editing, found);
}

function nameOf(editing: Editing, file: ConfFile): string | undefined {
  return file.type === 'Ours' ? file.app : appNameOfPath(editing, file.path);
}

function fileState(file: ConfFile): FileState {
  switch (file.type) {
    case 'Ours':
      return {
        type: 'Ours',
        sha256: file.sha256,
        revision: file.revision,
        isOwnerAndModeRight: file.isOwnerAndModeRight,
      };
    case 'Foreign':
      return { type: 'Occupied', detail: `${file.path} is not a file of supervene's` };
    case 'Blocked':
      return { type: 'Occupied', detail: `${file.path}: ${file.detail}` };
  }
}

function setFile(editing: Editing, name: string, file: FileState | undefined): void {
  const before = getApp(editing, name);
  if (before === undefined) {
    // What stands in the way of an app is remembered before there is such an app.
    if (file === undefined || !parseAppName(name).ok) return;
    editOrCreateApp(editing, name, (app) => ({ ...app, ...unlisted(editing, name), file }));
    return;
  }
  if (isSameFile(before.file, file)) return;
  editApp(editing, name, (app) => {
    const changed = file === undefined ? withoutFile(app) : { ...app, file };
    return { ...changed, attempt: undefined };
  });
}

function isSameFile(a: FileState | undefined, b: FileState | undefined): boolean {
  if (a?.type !== b?.type) return false;
  if (a?.type === 'Ours' && b?.type === 'Ours') {
    return a.sha256 === b.sha256 && a.isOwnerAndModeRight === b.isOwnerAndModeRight;
  }
  return a?.type === 'Occupied' && b?.type === 'Occupied' ? a.detail === b.detail : true;
}

/** A file whose app etcd does not have: absent if etcd was ever listed. */
export function unlisted(editing: Editing, name: string): Partial<AppState> {
  if (editing.state.source.status === 'Never') return {};
  const { doubt } = editing.state.source;
  const why = doubt ?? unsignedAbsence(editing.state, name);
  const absent = { type: 'Absent', why: 'NotListed', doubt: why } as const;
  return { desired: absent, released: absent };
}

const fileSuffix = '.supervene.conf';

function appNameOfPath(editing: Editing, path: string): string | undefined {
  const start = `${editing.state.settings?.confDir ?? ''}/`;
  if (!path.startsWith(start) || !path.endsWith(fileSuffix)) return undefined;
  const name = path.slice(start.length, -fileSuffix.length);
  return name.includes('/') ? undefined : name;
}

function addForeign(editing: Editing, file: Extract<ConfFile, { type: 'Foreign' }>): void {
  const { confDir } = editing.state;
  const others = confDir.foreign.filter(({ path }) => path !== file.path);
  const foreign = [...others, { path: file.path, sections: file.sections }];
  foreign.sort((a, b) => (a.path < b.path ? -1 : 1));
  edit(editing, { confDir: { ...confDir, foreign } });
}

function removeForeign(editing: Editing, path: string): void {
  const { confDir } = editing.state;
  if (!confDir.foreign.some((file) => file.path === path)) return;
  edit(editing, {
    confDir: { ...confDir, foreign: confDir.foreign.filter((file) => file.path !== path) },
  });
}
