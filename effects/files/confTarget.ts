/**
 * What stands at the path of an app's file, judged before it is replaced or removed.
 *
 * Only a regular file whose first line is our marker for that very app may be touched. A symbolic
 * link is refused as well: a link that we would replace may be somebody's way to keep a file.
 */
import { constants } from 'node:fs';
import { type BigFileStats, type FileSystem } from '../../src/clients/fileSystem.ts';
import { parseMarker } from '../../src/domain/content/marker.ts';
import { type FileError } from '../../src/domain/event.ts';
import { err, ok, type Result } from '../../src/domain/result.ts';
import { type AppName } from '../../src/domain/types.ts';
import { errnoOf, toFileError } from './fileError.ts';

/** Differs whenever the file is another one or was changed in place; `Absent` for no file. */
export type TargetIdentity = string;

export const absent: TargetIdentity = 'Absent';

/** A marker line has at most 180 characters. */
const firstBytes = 512;

/** `Blocked` when something is in the way that is not ours; it is not opened for writing. */
export async function inspectTarget(
  fileSystem: FileSystem,
  path: string,
  app: AppName,
): Promise<Result<TargetIdentity, FileError>> {
  try {
    const stats = await fileSystem.lstat(path, { bigint: true });
    if (!stats.isFile()) return blocked(path, kindOf(stats));
    const firstLine = await readFirstLine(fileSystem, path);
    const marker = parseMarker(firstLine);
    if (marker === undefined) return blocked(path, 'a file without our marker');
    if (marker.app !== app) return blocked(path, `marked as the file of app ${marker.app}`);
    return ok(identityOf(stats));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return ok(absent);
    return err(toFileError(error, `look at ${path}`));
  }
}

/** Cheap: what `inspectTarget` gave still holds when this gives the same. */
export async function targetIdentity(
  fileSystem: FileSystem,
  path: string,
): Promise<TargetIdentity> {
  try {
    return identityOf(await fileSystem.lstat(path, { bigint: true }));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return absent;
    throw error;
  }
}

async function readFirstLine(fileSystem: FileSystem, path: string): Promise<string> {
  // O_NONBLOCK: should a pipe have taken its place since lstat, opening it must not hang.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await fileSystem.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(firstBytes);
    const { bytesRead } = await handle.read(buffer, 0, firstBytes, 0);
    const text = buffer.toString('utf8', 0, bytesRead);
    const end = text.indexOf('\n');
    return end === -1 ? '' : text.slice(0, end);
  } finally {
    await handle.close();
  }
}

function identityOf(stats: BigFileStats): TargetIdentity {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
}

function kindOf(stats: BigFileStats): string {
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isDirectory()) return 'a directory';
  return 'not a regular file';
}

function blocked(path: string, what: string): Result<never, FileError> {
  return err({
    type: 'Blocked',
    detail: `${path} is ${what}: it is not ours to change; move it away to let the app in`,
  });
}
