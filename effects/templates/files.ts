/**
 * Files that are made of templates: looked at, staged beside where they are to be, and put in place
 * atomically and durably. A reader sees the old text or the new one, after a power cut as well.
 */
import { constants } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { FileDeps, FileSystem } from '../../src/clients/fileSystem.ts';
import type { FileError } from '../../src/domain/event.ts';
import { err, ok, type Result } from '../../src/domain/result.ts';
import { errnoOf, toFileError } from '../files/fileError.ts';

export interface FileAccess {
  /** Permission bits. */
  readonly mode: number;
  /** Undefined: whoever we run as. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** What stands at a path now. */
export type Standing =
  | Readonly<{ type: 'Absent' }>
  /** `text` is undefined when it is longer than asked for. */
  | Readonly<{ type: 'File'; text: string | undefined; mode: number; uid: number; gid: number }>;

/** `Blocked` for anything but a plain file: a link is somebody's way to keep the file elsewhere. */
export async function lookAt(
  fileSystem: FileSystem,
  path: string,
  bytesMax: number,
): Promise<Result<Standing, FileError>> {
  try {
    const found = await fileSystem.lstat(path);
    if (!found.isFile()) return err({ type: 'Blocked', detail: `${path} is ${kindOf(found)}` });
    // O_NONBLOCK: should a pipe have taken its place since then, opening it must not hang.
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const handle = await fileSystem.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const { mode, uid, gid, size } = await handle.stat();
      const access = { type: 'File', mode: mode & 0o7777, uid, gid } as const;
      if (size > bytesMax) return ok({ ...access, text: undefined });
      const buffer = Buffer.alloc(size + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
        length += bytesRead;
        if (bytesRead === 0 || length === buffer.length) break;
      }
      return ok({ ...access, text: buffer.toString('utf8', 0, length) });
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return ok({ type: 'Absent' });
    return err(toFileError(error, `look at ${path}`));
  }
}

function kindOf(stats: { isSymbolicLink(): boolean; isDirectory(): boolean }): string {
  if (stats.isSymbolicLink()) return 'a symbolic link, which is not followed';
  return stats.isDirectory() ? 'a directory' : 'not a regular file';
}

export function isAsWanted(standing: Standing, text: string, wanted: FileAccess): boolean {
  if (standing.type === 'Absent' || standing.text !== text) return false;
  const isOwner = standing.uid === (wanted.uid ?? standing.uid);
  const isGroup = standing.gid === (wanted.gid ?? standing.gid);
  return isOwner && isGroup && standing.mode === wanted.mode;
}

/** No pattern that people include begins with a dot, or ends so. */
const stagedName = (dest: string, nonce: string): string =>
  `.${basename(dest).slice(0, 200)}.${nonce}.supervene`;

/** The path of it: complete, on disk, with its owner and mode, and read by nobody yet. */
export async function stage(
  { fileSystem, nonce }: FileDeps,
  dest: string,
  text: string,
  access: FileAccess,
): Promise<Result<string, FileError>> {
  const path = join(dirname(dest), stagedName(dest, nonce()));
  try {
    await writeNew(fileSystem, path, text, access);
    return ok(path);
  } catch (error) {
    await discard(fileSystem, path);
    return err(toFileError(error, `write ${dest}`));
  }
}

/** Looks once more at what it replaces: a check may have taken its time. */
export async function putInPlace(
  fileSystem: FileSystem,
  staged: string,
  dest: string,
): Promise<Result<void, FileError>> {
  const before = await lookAt(fileSystem, dest, 0);
  if (!before.ok) return before;
  try {
    await fileSystem.rename(staged, dest);
    await syncDirectory(fileSystem, dirname(dest));
    return ok(undefined);
  } catch (error) {
    return err(toFileError(error, `write ${dest}`));
  }
}

export async function discard(fileSystem: FileSystem, staged: string): Promise<void> {
  // What cannot be removed now is swept at the next start; nobody reads it until then.
  await fileSystem.unlink(staged).catch(() => undefined);
}

/** Takes away what a crash left staged for this file. */
export async function sweepStaged(fileSystem: FileSystem, dest: string): Promise<void> {
  const names = await fileSystem.readdir(dirname(dest)).catch(() => []);
  const [start, end] = stagedName(dest, '\0').split('\0');
  for (const name of names) {
    if (!name.startsWith(start ?? '') || !name.endsWith(end ?? '')) continue;
    const nonce = name.slice(start?.length, name.length - (end?.length ?? 0));
    if (/^[0-9a-f]{16}$/.test(nonce)) await discard(fileSystem, join(dirname(dest), name));
  }
}

/** Throws what the system says. */
export async function writeNew(
  fileSystem: FileSystem,
  path: string,
  text: string,
  { mode, uid, gid }: FileAccess,
): Promise<void> {
  const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
  // Nobody else may read it before it has its owner.
  const handle = await fileSystem.open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
  try {
    await handle.writeFile(text, 'utf8');
    const stats = await handle.stat();
    const owner = { uid: uid ?? stats.uid, gid: gid ?? stats.gid };
    if (stats.uid !== owner.uid || stats.gid !== owner.gid)
      await handle.chown(owner.uid, owner.gid);
    if ((stats.mode & 0o7777) !== mode) await handle.chmod(mode);
    await handle.sync();
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
  // Some file systems report a full disk only here.
  await handle.close();
}

/** Throws what the system says. */
export async function syncDirectory(fileSystem: FileSystem, path: string): Promise<void> {
  const handle = await fileSystem.open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close().catch(() => undefined);
  }
}
