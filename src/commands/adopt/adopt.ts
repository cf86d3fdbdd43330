/**
 * `supervene adopt`: takes over what confd wrote on this host, with no process restarted.
 *
 * Under the agent's own locks; what etcd wants is read, judged and rendered by the agent's own code.
 */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createConfFiles } from '../../../effects/confFiles.ts';
import { mapEntries } from '../../../reducers/persistentMap.ts';
import type { ConfigDiff, State } from '../../../reducers/state.ts';
import { reread } from '../../agent/executor.ts';
import { lookUpOwner } from '../../agent/fileOwner.ts';
import { lookAtEverything } from '../../agent/plan.ts';
import { createEtcdClient } from '../../clients/etcd.ts';
import { nodeFileDeps } from '../../clients/fileSystem.ts';
import { createSupervisor, type Supervisor } from '../../clients/supervisor.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { acquireLock } from '../../journal/lock.ts';
import { etcdConnection, supervisorConnection } from '../../settings/connections.ts';
import type { Settings } from '../../settings/settings.ts';
import type { CommandInput, CommandRun } from '../command.ts';
import { exitDifferent, exitDone, type Fault, fail, tellWarning, writeJson } from '../commandIo.ts';
import { type Adoption, planAdoption } from './adoption.ts';
import { describeAdoption, type AdoptionReport, reportAdoption } from './adoptTexts.ts';
import { findConfd } from './findConfd.ts';
import { type FoundFile, findOldFiles } from './findOldFiles.ts';
import { takeOver, type TakeOverInput } from './takeOver.ts';
import { wantedApps } from './wantedApps.ts';

export const runAdopt: CommandRun = async (input) => {
  const { io, options, settings } = input;
  const isJson = options.has('json');
  const lock = options.has('dry-run') ? undefined : await lockHost(settings);
  if (lock?.ok === false) return fail(io, isJson, { ...lock.error });
  try {
    const looked = await look(input);
    if (!looked.ok) return fail(io, isJson, { ...looked.error });
    return await act(input, looked.value).finally(looked.value.close);
  } finally {
    await lock?.value.release();
  }
};

async function lockHost({ journal, files, host }: Settings) {
  const lock = await acquireLock({ journalDir: journal.dir, confDir: files.dir, host: host.id });
  if (lock.ok) return lock;
  const remedy =
    'when that is the agent, stop it for the moment and start it afterwards: the processes go on';
  return err({ message: lock.error, remedy });
}

/** All that is known before anything is touched. */
interface Look {
  readonly supervisor: Supervisor;
  readonly state: State;
  readonly before: ConfigDiff;
  readonly files: readonly FoundFile[];
  readonly adoption: Adoption;
  readonly close: () => void;
}

async function look({ args, io, options, settings }: CommandInput): Promise<Result<Look, Fault>> {
  const etcdOptions = etcdConnection(settings);
  if (!etcdOptions.ok) return err({ message: etcdOptions.error });
  const supervisorOptions = supervisorConnection(settings);
  if (!supervisorOptions.ok) return err({ message: supervisorOptions.error });
  const etcd = createEtcdClient(etcdOptions.value);
  const supervisor = createSupervisor(supervisorOptions.value);
  const close = (): void => {
    etcd.close();
    supervisor.close();
  };
  const found = await (async (): Promise<Result<Look, Fault>> => {
    const state = await lookAtEverything(settings, etcd, supervisor);
    if (typeof state === 'string') return err({ message: state });
    const before = await askDiff(supervisor);
    if (!before.ok) return err({ message: before.error, remedy: 'supervene doctor tells more' });
    const wantedByName = wantedApps(state);
    const isWanted = ([, { type }]: readonly [string, { type: string }]) => type === 'Wanted';
    const [file] = args;
    const files = await findOldFiles({
      foreign: state.confDir.foreign,
      configPath: settings.supervisor.config,
      wanted: new Set([...wantedByName].filter(isWanted).map(([name]) => name)),
      file: file === undefined ? undefined : resolve(io.workingDir, file),
      stamp: new Date().toISOString().replaceAll(/[-:]|\.\d+/g, ''),
    });
    if (!files.ok) return files;
    const adoption = planAdoption({
      oldFiles: files.value,
      wantedByName,
      groupsRunning: new Set([...mapEntries(state.groups)].map(([name]) => name)),
      pending: before.value,
      allowChanges: options.has('allow-changes'),
      keepOthers: options.has('keep-others'),
    });
    return ok({ supervisor, state, before: before.value, files: files.value, adoption, close });
  })();
  if (!found.ok) close();
  return found;
}

async function act(input: CommandInput, look: Look): Promise<number> {
  const { io, options, settings } = input;
  const isJson = options.has('json');
  const isDry = options.has('dry-run');
  const { adoption, files } = look;
  const confd = await findConfd();
  const warnings = confd.length === 0 || files.length === 0 ? [] : [confdWarning(confd)];
  for (const message of warnings) tellWarning(io, { message, remedy: 'stop it first' });
  const report = reportAdoption(adoption, files, settings.files.dir, {
    ...{ host: settings.host.id, revision: look.state.source.revision, warnings },
  });
  if (!isJson) io.writeOut(describeAdoption(report, io.outHasColours));
  const [refusal] = adoption.refusals;
  if (refusal !== undefined) {
    for (const { message, remedy } of adoption.refusals.slice(1))
      tellWarning(io, { message, remedy });
    return fail(io, isJson, { ...refusal, ...report, done: false });
  }
  if (files.length === 0 || isDry) {
    if (isJson) writeJson(io, { ...report, done: false });
    return files.length === 0 ? exitDone : exitDifferent;
  }
  const outcome = await carryOut(settings, look);
  if (!outcome.ok) return fail(io, isJson, { ...outcome.error, ...report, done: false });
  const again = await filesThatAreBack(files);
  if (again.length > 0) {
    const message = `taken over, but somebody wrote ${again.join(', ')} again`;
    const remedy = 'stop confd and run this once more; until then the agent holds those apps';
    return fail(io, isJson, { message, remedy, ...report, done: false });
  }
  if (isJson) writeJson(io, { ...report, done: true });
  else io.writeOut(done(report));
  return exitDone;
}

function confdWarning(pids: readonly number[]): string {
  return `confd runs here (process ${pids.join(', ')}) and will write its file again`;
}

function done({ apps }: AdoptionReport): string {
  const changing = apps.filter(({ changes }) => changes.length > 0).length;
  const later = changing === 0 ? '' : `; the agent restarts ${String(changing)} when it starts`;
  return `\ndone: supervisord sees no difference${later}\n`;
}

async function carryOut(settings: Settings, look: Look): Promise<Result<void, Fault>> {
  const { adoption, files, before, supervisor } = look;
  const { dir: confDir, mode } = settings.files;
  const owner = await lookUpOwner(settings.files.owner);
  if (!owner.ok) return err({ message: owner.error });
  const input = await prepare(adoption, files, before, confDir);
  if (!input.ok) return input;
  const confFiles = createConfFiles({ confDir, mode, ...owner.value });
  await confFiles.sweepTemporaries();
  const deps = { ...nodeFileDeps, confFiles, reread: () => askDiff(supervisor) };
  const taken = await takeOver(input.value, deps);
  if (taken.ok) return taken;
  const { reasons, isPutBack } = taken.error;
  const message = `not taken over: ${reasons.join('; ')}`;
  const remedy = isPutBack
    ? 'everything was put back as it was; no process was touched'
    : 'not everything could be put back: see which files stand in the conf directory';
  return err({ message, remedy });
}

async function prepare(
  adoption: Adoption,
  files: readonly FoundFile[],
  before: ConfigDiff,
  confDir: string,
): Promise<Result<TakeOverInput, Fault>> {
  const ownTexts = new Map<string, string>();
  for (const { app } of adoption.apps) {
    const text = await readText(join(confDir, `${app}.supervene.conf`));
    if (text !== undefined) ownTexts.set(app, text);
  }
  const moves = [];
  for (const { path, text, aside, restPath } of files) {
    const rest = adoption.files.find((file) => file.path === path)?.rest;
    const there = rest === undefined ? undefined : await readText(restPath);
    if (there !== undefined && there !== rest) {
      return err({ message: `${restPath} is there already`, remedy: 'move it away' });
    }
    moves.push({
      path,
      text,
      aside,
      rest: rest === undefined ? rest : { path: restPath, text: rest },
    });
  }
  // A reread may only tell what was found before: changed options, and what was never loaded.
  const mayChange = new Set(adoption.apps.filter(isAnnounced(before)).map(({ app }) => app));
  return ok({ apps: adoption.apps, moves, before, mayChange, ownTexts });
}

function isAnnounced(before: ConfigDiff) {
  return ({ app, changes }: Adoption['apps'][number]): boolean =>
    changes.length > 0 || before.added.includes(app) || before.changed.includes(app);
}

async function filesThatAreBack(files: readonly FoundFile[]): Promise<readonly string[]> {
  const found = await Promise.all(files.map(async ({ path }) => [path, await readText(path)]));
  return found.flatMap(([path, text]) => (text === undefined ? [] : [path ?? '']));
}

function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

async function askDiff(supervisor: Supervisor): Promise<Result<ConfigDiff, string>> {
  const event = await reread(supervisor);
  if (event.type === 'RereadDone') return ok(event);
  if (event.type === 'RereadFailed') return err(event.error.detail);
  return err(`supervisord cannot reread its files: ${event.detail}`);
}
