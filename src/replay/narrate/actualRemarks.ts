/** What supervisord and the disk show, as sentences: only what changed. */
import { mapChangedKeys, mapGet } from '../../../reducers/persistentMap.ts';
import type { State } from '../../../reducers/state.ts';
import type { Event } from '../../domain/event.ts';
import type { ConfFile, ProcessStatus } from '../../domain/types.ts';
import { count, learned } from './desiredRemarks.ts';
import type { Remark } from './remark.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

export function processesListedRemarks(
  event: Of<'ProcessesListed'>,
  before: State,
  after: State,
): readonly Remark[] {
  const { supervisor } = before;
  const isAnew = supervisor.instance !== undefined && supervisor.instance !== event.instance;
  const version = `version ${event.supervisorVersion}`;
  const processes = count(event.processes.length, 'process').replace('processs', 'processes');
  const text = isAnew
    ? `supervisord has started anew, ${version}, with ${processes}`
    : `supervisord answers, ${version}, with ${processes}`;
  return [learned(undefined, text), ...processRemarks(before, after)];
}

export function processRemarks(before: State, after: State): readonly Remark[] {
  return mapChangedKeys(before.groups, after.groups).flatMap((group) => {
    const old = mapGet(before.groups, group) ?? [];
    const now = mapGet(after.groups, group) ?? [];
    const seen = now.flatMap((process) => {
      const was = old.find(({ id }) => id === process.id);
      return processRemark(was, process);
    });
    const gone = old
      .filter(({ id }) => !now.some((process) => process.id === id))
      .map((process) => ({ ...learned(group, 'is gone'), subject: subjectOf(process) }));
    return [...seen, ...gone];
  });
}

function processRemark(was: ProcessStatus | undefined, is: ProcessStatus): readonly Remark[] {
  const isSame = was?.state === is.state && was.pid === is.pid && was.startSec === is.startSec;
  if (isSame && was.spawnError === is.spawnError) return [];
  const facts: string[] = [];
  if (was !== undefined && was.state !== is.state) facts.push(`was ${was.state}`);
  const isRestarted = was?.state === is.state && was.pid !== is.pid;
  if (isRestarted) facts.push('started again');
  if (is.state === 'EXITED') facts.push(`exit status ${String(is.exitStatus)}`);
  const about = facts.length === 0 ? '' : ` (${facts.join(', ')})`;
  const error = is.spawnError === '' ? '' : `: ${is.spawnError}`;
  const text = `${isRestarted ? 'is again' : 'is'} ${is.state}${about}${error}`;
  return [{ ...learned(is.group, text), subject: subjectOf(is) }];
}

/** A program of one process is called by its app's name. */
export function subjectOf({ group, name, id }: ProcessStatus): string {
  return group === name ? group : id;
}

export function filesListedRemarks({ files }: Of<'ConfFilesListed'>): readonly Remark[] {
  const ours = files.filter(({ type }) => type === 'Ours').length;
  const text = `the conf directory holds ${count(ours, 'file')} of ours and ${String(files.length - ours)} of others`;
  return [learned(undefined, text)];
}

export function filesChangedRemarks(
  { changed, gone }: Of<'ConfFilesChanged'>,
  before: State,
  after: State,
  /** What the plan in hand writes: hashes by app. */
  writing: ReadonlyMap<string, string>,
): readonly Remark[] {
  const remarks = changed.map((file) => fileRemark(file, before, writing));
  for (const path of gone) {
    const app = /([^/]+)\.supervene\.conf$/.exec(path)?.[1];
    const isKnown = app === undefined || mapGet(before.appsByName, app)?.file !== undefined;
    remarks.push({ ...learned(app, `${path} is gone`), subject: '', isRoutine: !isKnown });
  }
  const isNews = before.confDir.foreign !== after.confDir.foreign;
  return remarks.map((remark) =>
    remark.app === undefined && !isNews ? { ...remark, isRoutine: true } : remark,
  );
}

function fileRemark(file: ConfFile, before: State, writing: ReadonlyMap<string, string>): Remark {
  if (file.type === 'Foreign') {
    const sections = file.sections.length === 0 ? 'nothing' : file.sections.join(', ');
    return learned(undefined, `${file.path}, which is not ours, defines ${sections}`);
  }
  if (file.type === 'Blocked') return learned(undefined, `${file.path}: ${file.detail}`);
  const known = mapGet(before.appsByName, file.app)?.file;
  const isOurs = known?.type === 'Ours' && known.sha256 === file.sha256;
  const isSame = isOurs && known.isOwnerAndModeRight === file.isOwnerAndModeRight;
  // The watch may tell of a file before the one who writes it does.
  if (isSame || writing.get(file.app) === file.sha256) {
    return { ...learned(file.app, 'has the file that was written'), isRoutine: true };
  }
  if (isOurs) return learned(file.app, 'has a file with another owner or mode');
  return learned(file.app, 'has a file that is not what was written');
}
