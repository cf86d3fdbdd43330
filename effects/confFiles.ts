/**
 * Puts the files of apps into the conf directory and takes them out, atomically and durably.
 *
 * A reader sees the old text or the new one, never a part; after a power cut as well. One outcome
 * event for each step, in the order of the steps; never throws, and one failing file affects no
 * other. Nothing that does not carry our marker is replaced or removed. Safe to run twice.
 */
import { constants } from 'node:fs';
import { join } from 'node:path';
import {
  type FileDeps,
  type FileHandle,
  type FileSystem,
  nodeFileDeps,
} from '../src/clients/fileSystem.ts';
import { type Event, type FileError } from '../src/domain/event.ts';
import { type PlanStep } from '../src/domain/plan.ts';
import { err, ok, type Result } from '../src/domain/result.ts';
import { type AppName } from '../src/domain/types.ts';
import { type ConfDirectory, openConfDirectory } from './files/confDirectory.ts';
import { inspectTarget, targetIdentity } from './files/confTarget.ts';
import { errnoOf, toFileError } from './files/fileError.ts';
import { mapLimited } from './files/mapLimited.ts';

export type WriteFileStep = Extract<PlanStep, { type: 'WriteFile' }>;
export type RemoveFileStep = Extract<PlanStep, { type: 'RemoveFile' }>;
export type WriteOutcome = Extract<Event, { type: 'FileWritten' | 'FileFailed' }>;
export type RemoveOutcome = Extract<Event, { type: 'FileRemoved' | 'FileFailed' }>;

export interface ConfFilesOptions {
  /** Absolute. */
  readonly confDir: string;
  /** Permission bits; 0o600 unless the settings say otherwise. */
  readonly mode: number;
  /** Undefined: whoever we run as. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

export interface SweepOutcome {
  /** File names, sorted. */
  readonly removed: readonly string[];
  readonly errors: readonly FileError[];
}

export interface ConfFiles {
  readonly writeAll: (steps: readonly WriteFileStep[]) => Promise<readonly WriteOutcome[]>;
  readonly removeAll: (steps: readonly RemoveFileStep[]) => Promise<readonly RemoveOutcome[]>;
  /** Takes away what a crash left between creating and renaming. Only under the agent's lock. */
  readonly sweepTemporaries: () => Promise<SweepOutcome>;
}

/** Twice the threads that Node has for file system calls: they never wait for us. */
const concurrency = 8;

/** Not matched by `*.conf`, and by nothing else that anybody includes. */
const temporaryPattern = /^\.[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\.supervene\.conf\.[0-9a-f]{16}\.tmp$/;

export function createConfFiles(
  options: ConfFilesOptions,
  deps: FileDeps = nodeFileDeps,
): ConfFiles {
  const { confDir } = options;
  const { fileSystem } = deps;

  const inDirectory = async <Step extends { readonly app: AppName }>(
    steps: readonly Step[],
    change: (step: Step) => Promise<Result<void, FileError>>,
  ): Promise<readonly Result<void, FileError>[]> => {
    if (steps.length === 0) return [];
    const opened = await openConfDirectory(fileSystem, confDir, options);
    if (!opened.ok) return steps.map(() => opened);
    return makeDurable(opened.value, await mapLimited(steps, concurrency, change));
  };

  return {
    writeAll: async (steps) => {
      const results = await inDirectory(steps, (step) => writeStep(step, options, deps));
      return steps.map(({ app, revision, sha256 }, index) =>
        outcome(app, results[index], { type: 'FileWritten', app, revision, sha256 }),
      );
    },
    removeAll: async (steps) => {
      const results = await inDirectory(steps, (step) => removeStep(step, confDir, fileSystem));
      return steps.map(({ app }, index) =>
        outcome(app, results[index], { type: 'FileRemoved', app }),
      );
    },
    sweepTemporaries: () => sweep(options, fileSystem),
  };
}

/** Nothing counts as done before the directory is on disk; one fsync serves the whole batch. */
async function makeDurable(
  directory: ConfDirectory,
  results: readonly Result<void, FileError>[],
): Promise<readonly Result<void, FileError>[]> {
  const synced = results.some((result) => result.ok) ? await directory.sync() : ok(undefined);
  await directory.close();
  return results.map((result) => (result.ok ? synced : result));
}

function outcome<Done extends Event>(
  app: AppName,
  result: Result<void, FileError> | undefined,
  done: Done,
): Done | Extract<Event, { type: 'FileFailed' }> {
  if (result?.ok === true) return done;
  const error = result?.error ?? { type: 'Failed' as const, detail: `${app} was not attempted` };
  return { type: 'FileFailed', app, error };
}

async function writeStep(
  step: WriteFileStep,
  options: ConfFilesOptions,
  { fileSystem, nonce }: FileDeps,
): Promise<Result<void, FileError>> {
  const target = confPath(options.confDir, step.app);
  const before = await inspectTarget(fileSystem, target, step.app);
  if (!before.ok) return before;
  const temporary = join(options.confDir, `.${step.app}.supervene.conf.${nonce()}.tmp`);
  try {
    // Always written anew, also when the text stands there already: that repairs owner and
    // mode, and a text whose fsync once failed is never trusted.
    await writeTemporary(fileSystem, temporary, step.text, options);
    if ((await targetIdentity(fileSystem, target)) !== before.value) {
      const again = await inspectTarget(fileSystem, target, step.app);
      if (!again.ok) {
        await removeTemporary(fileSystem, temporary);
        return again;
      }
    }
    await fileSystem.rename(temporary, target);
    return ok(undefined);
  } catch (error) {
    await removeTemporary(fileSystem, temporary);
    return err(toFileError(error, `write ${target}`));
  }
}

async function writeTemporary(
  fileSystem: FileSystem,
  path: string,
  text: string,
  { mode, uid, gid }: ConfFilesOptions,
): Promise<void> {
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  // Nobody else may read it before it has its owner: `environment=` holds secrets.
  const flags = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW;
  const handle = await fileSystem.open(path, flags, mode & 0o600);
  try {
    await handle.writeFile(text, 'utf8');
    await giveOwnerAndMode(handle, mode, uid, gid);
    await handle.sync();
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
  // A failed close is a failed write: some file systems report a full disk only here.
  await handle.close();
}

async function giveOwnerAndMode(
  handle: FileHandle,
  mode: number,
  uid: number | undefined,
  gid: number | undefined,
): Promise<void> {
  const stats = await handle.stat();
  const wantedUid = uid ?? stats.uid;
  const wantedGid = gid ?? stats.gid;
  if (stats.uid !== wantedUid || stats.gid !== wantedGid) await handle.chown(wantedUid, wantedGid);
  if ((stats.mode & 0o7777) !== mode) await handle.chmod(mode);
}

async function removeTemporary(fileSystem: FileSystem, path: string): Promise<void> {
  // What cannot be removed now is swept at the next start; nothing reads it until then.
  await fileSystem.unlink(path).catch(() => undefined);
}

async function removeStep(
  step: RemoveFileStep,
  confDir: string,
  fileSystem: FileSystem,
): Promise<Result<void, FileError>> {
  const target = confPath(confDir, step.app);
  const before = await inspectTarget(fileSystem, target, step.app);
  if (!before.ok) return before;
  try {
    await fileSystem.unlink(target);
    return ok(undefined);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return ok(undefined);
    return err(toFileError(error, `remove ${target}`));
  }
}

async function sweep(options: ConfFilesOptions, fileSystem: FileSystem): Promise<SweepOutcome> {
  const opened = await openConfDirectory(fileSystem, options.confDir, options);
  if (!opened.ok) return { removed: [], errors: [opened.error] };
  const removed: string[] = [];
  const errors: FileError[] = [];
  try {
    const names = await fileSystem.readdir(options.confDir);
    for (const name of names.filter((one) => temporaryPattern.test(one)).sort()) {
      const path = join(options.confDir, name);
      try {
        if (!(await fileSystem.lstat(path)).isFile()) continue;
        await fileSystem.unlink(path);
        removed.push(name);
      } catch (error) {
        errors.push(toFileError(error, `remove ${path}`));
      }
    }
  } catch (error) {
    errors.push(toFileError(error, `list ${options.confDir}`));
  }
  await opened.value.close();
  return { removed, errors };
}

function confPath(confDir: string, app: AppName): string {
  return join(confDir, `${app}.supervene.conf`);
}
