/**
 * The conf directory, opened for one batch of changes.
 *
 * Whoever may write in it runs commands as root through supervisord, so a directory that somebody
 * else could have put there, or into which everybody may write, is refused. It may be replaced
 * by another real directory at any time; the batch notices and does not call itself done.
 */
import { constants } from 'node:fs';
import { type FileHandle, type FileStats, type FileSystem } from '../../src/clients/fileSystem.ts';
import { type FileError } from '../../src/domain/event.ts';
import { err, ok, type Result } from '../../src/domain/result.ts';
import { toDirectoryError, toFileError } from './fileError.ts';

export interface ConfDirectory {
  /** Makes what was renamed and unlinked in it durable. Tried once: a failure is not repeatable. */
  readonly sync: () => Promise<Result<void, FileError>>;
  readonly close: () => Promise<void>;
}

export interface Owners {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

export async function openConfDirectory(
  fileSystem: FileSystem,
  path: string,
  owners: Owners,
): Promise<Result<ConfDirectory, FileError>> {
  let handle: FileHandle;
  try {
    handle = await fileSystem.open(
      path,
      constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
  } catch (error) {
    return err(toDirectoryError(error, path));
  }
  const close = async (): Promise<void> => {
    // Nothing was written through this descriptor: a failed close loses nothing.
    await handle.close().catch(() => undefined);
  };
  try {
    const stats = await handle.stat();
    const distrust = whyDistrusted(stats, owners);
    if (distrust === undefined)
      return ok({ sync: () => sync(fileSystem, handle, path, stats), close });
    await close();
    return err({ type: 'DirectoryUnusable', detail: `${path} ${distrust}` });
  } catch (error) {
    await close();
    return err(toDirectoryError(error, path));
  }
}

async function sync(
  fileSystem: FileSystem,
  handle: FileHandle,
  path: string,
  opened: FileStats,
): Promise<Result<void, FileError>> {
  try {
    await handle.sync();
    const now = await fileSystem.lstat(path);
    if (now.ino === opened.ino && now.dev === opened.dev) return ok(undefined);
    return err({ type: 'DirectoryUnusable', detail: `${path} was replaced while we wrote in it` });
  } catch (error) {
    return err(toFileError(error, `make the changes in ${path} durable`));
  }
}

function whyDistrusted(stats: FileStats, owners: Owners): string | undefined {
  const trustedUids = [0, process.geteuid?.() ?? 0, owners.uid];
  const trustedGids = [0, process.getegid?.() ?? 0, owners.gid];
  const mode = `0${(stats.mode & 0o7777).toString(8)}`;
  if (!trustedUids.includes(stats.uid)) {
    return `belongs to user ${String(stats.uid)}: whoever owns it can run commands as supervisord`;
  }
  if ((stats.mode & 0o002) !== 0) {
    return `can be written by everybody (mode ${mode}): run chmod o-w on it`;
  }
  if ((stats.mode & 0o020) !== 0 && !trustedGids.includes(stats.gid)) {
    return `can be written by group ${String(stats.gid)} (mode ${mode}): run chmod g-w on it`;
  }
  return undefined;
}
