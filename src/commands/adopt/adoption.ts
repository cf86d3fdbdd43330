/**
 * What is to be done with each group of the old files, and why something is not: the whole
 * decision, before anything is touched. Pure.
 */
import type { ConfigDiff } from '../../../reducers/state.ts';
import type { AppName, Revision, Sha256 } from '../../domain/types.ts';
import { compareGroup, type OptionChange } from './compareOptions.ts';
import { formatGroups, type OldFile, type OldGroup } from './oldFile.ts';

/** What etcd wants of an app on this host, as far as adoption must know. */
export type WantedApp =
  | Readonly<{ type: 'Wanted'; app: AppName; revision: Revision; sha256: Sha256; text: string }>
  /** Not to be taken over; the reason completes "it stays in the old file: …". */
  | Readonly<{ type: 'NotWanted'; reason: string }>;

export interface AdoptedApp {
  readonly app: AppName;
  readonly revision: Revision;
  readonly sha256: Sha256;
  /** The whole text of its own file. */
  readonly text: string;
  readonly old: OldGroup;
  /** Empty: its processes go on as they are. */
  readonly changes: readonly OptionChange[];
}

export interface OtherGroup {
  readonly group: string;
  readonly path: string;
  readonly reason: string;
}

/** One old file and what becomes of it. */
export interface OldFilePlan {
  readonly path: string;
  /** Text of the file that keeps what is not taken over; undefined when nothing is left. */
  readonly rest: string | undefined;
}

export interface Adoption {
  readonly apps: readonly AdoptedApp[];
  readonly others: readonly OtherGroup[];
  readonly files: readonly OldFilePlan[];
  /** Placed here, in no old file and not running: for the agent to start. */
  readonly leftToAgent: readonly string[];
  /** Why nothing may be done; empty when all is well. */
  readonly refusals: readonly Refusal[];
}

export interface Refusal {
  readonly message: string;
  readonly remedy: string;
}

export interface AdoptionInput {
  readonly oldFiles: readonly OldFile[];
  readonly wantedByName: ReadonlyMap<string, WantedApp>;
  /** Names of the groups that supervisord runs. */
  readonly groupsRunning: ReadonlySet<string>;
  /** What a reread says before anything is touched. */
  readonly pending: ConfigDiff;
  readonly allowChanges: boolean;
  readonly keepOthers: boolean;
}

export function planAdoption(input: AdoptionInput): Adoption {
  const groups = input.oldFiles.flatMap((file) => file.groups);
  const apps: AdoptedApp[] = [];
  const others: OtherGroup[] = [];
  for (const old of groups) {
    const wanted = input.wantedByName.get(old.name) ?? notInEtcd;
    const reason = wanted.type === 'NotWanted' ? wanted.reason : strangeGroup(old);
    if (wanted.type === 'NotWanted' || reason !== undefined) {
      others.push({ group: old.name, path: old.path, reason: reason ?? '' });
    } else {
      const { app, revision, sha256, text } = wanted;
      apps.push({ app, revision, sha256, text, old, changes: compareGroup(old, text) });
    }
  }
  const names = new Set(groups.map(({ name }) => name));
  const leftToAgent = [...input.wantedByName]
    .filter(([name, { type }]) => type === 'Wanted' && !names.has(name))
    .map(([name]) => name)
    .filter((name) => !input.groupsRunning.has(name))
    .sort();
  const files = input.oldFiles.map((file) => planFile(file, others));
  const refusals = [
    ...input.oldFiles.flatMap(refuseFile),
    ...refuseTwice(groups),
    ...(input.keepOthers ? refuseNothing(input.oldFiles, apps) : refuseOthers(others)),
    ...(input.allowChanges ? [] : [...refuseChanges(apps), ...refusePending(apps, input.pending)]),
  ];
  return { apps, others, files, leftToAgent, refusals };
}

const notInEtcd: WantedApp = { type: 'NotWanted', reason: 'etcd has no such app' };

/** A group of several programs, or of one with another name, is not what an app becomes. */
function strangeGroup({ name, programs }: OldGroup): string | undefined {
  const members = programs.map((program) => program.name.slice('program:'.length).trim());
  if (members.length === 1 && members[0] === name) return undefined;
  return `its programs are ${members.join(', ')}, and not ${name} alone`;
}

function planFile({ path, groups }: OldFile, others: readonly OtherGroup[]): OldFilePlan {
  const names = new Set(others.filter((other) => other.path === path).map(({ group }) => group));
  const left = groups.filter(({ name }) => names.has(name));
  return { path, rest: left.length === 0 ? undefined : restHead + formatGroups(left) };
}

const restHead = '; What supervene adopt did not take over. supervene does not touch this file.\n';

function refuseFile({ path, problems }: OldFile): readonly Refusal[] {
  return problems.map((problem) => ({
    message: `${path}: ${problem}`,
    remedy: 'only files with nothing but [group:x] and [program:x] are taken over',
  }));
}

function refuseTwice(groups: readonly OldGroup[]): readonly Refusal[] {
  const pathsByName = new Map<string, string>();
  return groups.flatMap(({ name, path }) => {
    const first = pathsByName.get(name);
    pathsByName.set(name, path);
    if (first === undefined || first === path) return [];
    const message = `${name} is defined in ${first} and in ${path}, which supervisord merges`;
    return [{ message, remedy: 'take it out of one of them first' }];
  });
}

function refuseOthers(others: readonly OtherGroup[]): readonly Refusal[] {
  if (others.length === 0) return [];
  const lines = others.map(({ group, reason }) => `\n  ${group}: ${reason}`);
  return [
    {
      message: `what is not for supervene would be stopped by the next update:${lines.join('')}`,
      remedy: 'publish it for this host, remove it by hand, or keep it with --keep-others',
    },
  ];
}

function refuseNothing(files: readonly OldFile[], apps: readonly AdoptedApp[]): readonly Refusal[] {
  const taken = new Set(apps.map(({ old }) => old.path));
  return files
    .filter(({ path, problems }) => !taken.has(path) && problems.length === 0)
    .map(({ path }) => ({
      message: `${path} defines no app that etcd places on this host`,
      remedy: 'leave it as it is: supervene does not touch it',
    }));
}

function refuseChanges(apps: readonly AdoptedApp[]): readonly Refusal[] {
  const changing = apps.filter(({ changes }) => changes.length > 0);
  if (changing.length === 0) return [];
  const lines = changing.map(
    ({ app, changes }) => `\n  ${app}: ${changes.map(describeChange).join('; ')}`,
  );
  return [
    {
      message: `their options would change, and the agent would restart them:${lines.join('')}`,
      remedy: 'publish what runs, or let the agent restart just these with --allow-changes',
    },
  ];
}

/** The replaced system loses updates: its file may say what nobody has told supervisord. */
function refusePending(apps: readonly AdoptedApp[], pending: ConfigDiff): readonly Refusal[] {
  const names = new Set([...pending.added, ...pending.changed, ...pending.removed]);
  const found = apps.filter(({ app }) => names.has(app)).map(({ app }) => app);
  if (found.length === 0) return [];
  return [
    {
      message: `supervisord does not run what the old file says of ${found.join(', ')}`,
      remedy:
        'run `supervisorctl update` first, or let the agent start or restart just these with ' +
        '--allow-changes',
    },
  ];
}

/**
 * What a reread says after the files have changed places that it must not: empty when every
 * process goes on as it is. `mayChange`: apps whose difference is known and allowed.
 */
export function findUnplanned(
  before: ConfigDiff,
  after: ConfigDiff,
  mayChange: ReadonlySet<string>,
): readonly string[] {
  const isNew = (kind: keyof ConfigDiff) => (name: string) =>
    !before[kind].includes(name) && !(kind !== 'removed' && mayChange.has(name));
  return (['added', 'changed', 'removed'] as const).flatMap((kind) =>
    after[kind].filter(isNew(kind)).map((name) => `${name} would be ${kind}`),
  );
}

export function describeChange({ option, before, after }: OptionChange): string {
  return `${option} ${before ?? '(not set)'} becomes ${after ?? '(not set)'}`;
}
