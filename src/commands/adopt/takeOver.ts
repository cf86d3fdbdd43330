/**
 * Puts the files of the apps in the place of the old ones, and everything back when supervisord sees
 * a difference that was not planned.
 *
 * First the new files, then the old one is renamed: at every moment each group is defined at least
 * once, and where twice, equally. So a crash at any call leaves a host on which nothing changes,
 * and the next run goes on from there. No call in here touches a process.
 */
import { constants } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ConfFiles, WriteFileStep } from '../../../effects/confFiles.ts';
import { toFileError } from '../../../effects/files/fileError.ts';
import type { ConfigDiff } from '../../../reducers/state.ts';
import type { FileDeps, FileStats, FileSystem } from '../../clients/fileSystem.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { AdoptedApp } from './adoption.ts';
import { findUnplanned } from './adoption.ts';

export interface OldFileMove {
  readonly path: string;
  /** As it was read; what is renamed must still be that. */
  readonly text: string;
  /** The name that it gets, which supervisord does not include. */
  readonly aside: string;
  /** Where what is not taken over goes, with the owner and mode of the old file. */
  readonly rest: { readonly path: string; readonly text: string } | undefined;
}

export interface TakeOverInput {
  readonly apps: readonly AdoptedApp[];
  readonly moves: readonly OldFileMove[];
  readonly before: ConfigDiff;
  readonly mayChange: ReadonlySet<string>;
  /** Files of ours that already stood there, left by a run that was cut off: texts by app. */
  readonly ownTexts: ReadonlyMap<string, string>;
}

export interface TakeOverDeps extends FileDeps {
  readonly confFiles: Pick<ConfFiles, 'writeAll' | 'removeAll'>;
  /** Touches no process. The error is a sentence. */
  readonly reread: () => Promise<Result<ConfigDiff, string>>;
}

/** Why it was not done; `isPutBack`: everything stands as it did before. */
export interface TakeOverFault {
  readonly reasons: readonly string[];
  readonly isPutBack: boolean;
}

export async function takeOver(
  input: TakeOverInput,
  deps: TakeOverDeps,
): Promise<Result<void, TakeOverFault>> {
  const moved: OldFileMove[] = [];
  const reasons = await carryOut(input, deps, moved);
  if (reasons.length === 0) return ok(undefined);
  const faults = await putBack(input, deps, moved);
  return err({ reasons: [...reasons, ...faults], isPutBack: faults.length === 0 });
}

async function carryOut(
  input: TakeOverInput,
  deps: TakeOverDeps,
  moved: OldFileMove[],
): Promise<readonly string[]> {
  const written = await deps.confFiles.writeAll(input.apps.map(writeStep));
  const failed = written.flatMap((one) => (one.type === 'FileFailed' ? [one.error.detail] : []));
  if (failed.length > 0) return failed;
  try {
    for (const move of input.moves) await keepRest(move, deps);
    for (const move of input.moves) {
      const change = await moveAside(move, deps.fileSystem, moved);
      if (change !== undefined) return [change];
    }
  } catch (error) {
    return [toFileError(error, 'put the files in their places').detail];
  }
  const after = await deps.reread();
  if (!after.ok) return [after.error];
  return findUnplanned(input.before, after.value, input.mayChange);
}

function writeStep({ app, revision, sha256, text }: AdoptedApp): WriteFileStep {
  return { type: 'WriteFile', app, revision, sha256, text, because: 'it is taken over' };
}

/** Why not, in words; undefined when it is done. */
async function moveAside(
  move: OldFileMove,
  fileSystem: FileSystem,
  moved: OldFileMove[],
): Promise<string | undefined> {
  const { path, text, aside } = move;
  if (await exists(fileSystem, aside)) return `${aside} is there already`;
  await fileSystem.rename(path, aside);
  moved.push(move);
  await syncDirectory(fileSystem, dirname(path));
  // Whoever wrote it in this moment wrote into what is now aside, or made it anew.
  const isSame = (await fileSystem.readFile(aside, 'utf8')) === text;
  return isSame ? undefined : `${path} changed meanwhile: does confd still run?`;
}

async function keepRest({ path, rest }: OldFileMove, deps: TakeOverDeps): Promise<void> {
  const { fileSystem, nonce } = deps;
  if (rest === undefined || (await exists(fileSystem, rest.path))) return;
  const temporary = temporaryOf(rest.path, nonce());
  try {
    await writeLike(fileSystem, temporary, rest.text, await fileSystem.stat(path));
    await fileSystem.rename(temporary, rest.path);
  } catch (error) {
    // What cannot be removed now is swept at the next start of the agent.
    await fileSystem.unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncDirectory(fileSystem, dirname(rest.path));
}

/** A new file with the owner and mode of another. */
async function writeLike(
  fileSystem: FileSystem,
  path: string,
  text: string,
  like: FileStats,
): Promise<void> {
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  const handle = await fileSystem.open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
  try {
    await handle.writeFile(text, 'utf8');
    const made = await handle.stat();
    if (made.uid !== like.uid || made.gid !== like.gid) await handle.chown(like.uid, like.gid);
    await handle.chmod(like.mode & 0o7777);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Swept with those of the agent after a crash. */
function temporaryOf(path: string, nonce: string): string {
  const name = basename(path)
    .replaceAll(/[^A-Za-z0-9_.-]/g, '_')
    .slice(0, 60);
  return join(dirname(path), `.${name}.supervene.conf.${nonce}.tmp`);
}

/** In the opposite order. Gives what could not be put back. */
async function putBack(
  input: TakeOverInput,
  deps: TakeOverDeps,
  moved: readonly OldFileMove[],
): Promise<readonly string[]> {
  const { fileSystem } = deps;
  const faults: string[] = [];
  for (const { path, aside } of [...moved].reverse()) {
    try {
      if (await exists(fileSystem, path)) {
        faults.push(`${path} was written anew by somebody; what it was is ${aside}`);
        continue;
      }
      await fileSystem.rename(aside, path);
      await syncDirectory(fileSystem, dirname(path));
    } catch (error) {
      faults.push(toFileError(error, `rename ${aside} back to ${path}`).detail);
    }
  }
  // Without the old files the new ones are all that defines the apps.
  if (faults.length > 0) return faults;
  const rests = input.moves.flatMap(({ rest }) => rest?.path ?? []);
  for (const path of rests) {
    try {
      if (await exists(fileSystem, path)) await fileSystem.unlink(path);
    } catch (error) {
      faults.push(toFileError(error, `remove ${path}`).detail);
    }
  }
  return [...faults, ...(await putBackOwn(input, deps))];
}

async function putBackOwn(
  { apps, ownTexts }: TakeOverInput,
  { confFiles }: TakeOverDeps,
): Promise<readonly string[]> {
  const isNew = ({ app }: AdoptedApp): boolean => !ownTexts.has(app);
  const removed = await confFiles.removeAll(
    apps.filter(isNew).map(({ app }) => ({ type: 'RemoveFile', app, because: 'it is put back' })),
  );
  const restored = await confFiles.writeAll(
    apps
      .filter((one) => !isNew(one))
      .map((one) => ({ ...writeStep(one), text: ownTexts.get(one.app) ?? one.text })),
  );
  return [...removed, ...restored].flatMap((one) =>
    one.type === 'FileFailed' ? [one.error.detail] : [],
  );
}

async function exists(fileSystem: FileSystem, path: string): Promise<boolean> {
  try {
    await fileSystem.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

async function syncDirectory(fileSystem: FileSystem, path: string): Promise<void> {
  const { O_RDONLY, O_DIRECTORY } = constants;
  const handle = await fileSystem.open(path, O_RDONLY | O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
