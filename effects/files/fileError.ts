/**
 * What an error of the file system means for us. `type` decides what follows, `detail` is for
 * people and always names the path.
 */
import { type FileError } from '../../src/domain/event.ts';

const typesByErrno: ReadonlyMap<string, FileError['type']> = new Map([
  ['ENOSPC', 'NoSpace'],
  ['EDQUOT', 'NoSpace'],
  ['EFBIG', 'NoSpace'],
  ['EROFS', 'ReadOnly'],
  ['EACCES', 'NotPermitted'],
  ['EPERM', 'NotPermitted'],
  // Something other than a plain file is at the target; EBUSY is a mount point.
  ['EBUSY', 'Blocked'],
  ['EISDIR', 'Blocked'],
  ['ELOOP', 'Blocked'],
  ['ENOTEMPTY', 'Blocked'],
]);

const textsByErrno: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'no space left on the file system'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'not permitted'],
  ['EBUSY', 'it is in use, perhaps as a mount point'],
  ['ENOENT', 'it does not exist'],
  ['ENOTDIR', 'it is not a directory'],
  ['ELOOP', 'it is a symbolic link'],
  ['EIO', 'input/output error'],
  ['EMFILE', 'too many open files'],
]);

/** The code of a failed system call; undefined for any other thrown value. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** `doing` completes "cannot …": `write /etc/supervisor/conf.d/web.supervene.conf`. */
export function toFileError(error: unknown, doing: string): FileError {
  const errno = errnoOf(error);
  if (errno === undefined) return { type: 'Failed', detail: `cannot ${doing}: ${String(error)}` };
  const text = textsByErrno.get(errno);
  return {
    type: typesByErrno.get(errno) ?? 'Failed',
    detail: `cannot ${doing}: ${text === undefined ? errno : `${text} (${errno})`}`,
  };
}

/** The same for the conf directory itself, where a missing or strange entry is its own kind. */
export function toDirectoryError(error: unknown, path: string): FileError {
  const errno = errnoOf(error);
  const { type, detail } = toFileError(error, `open the conf directory ${path}`);
  const isUnusable = errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ELOOP';
  return { type: isUnusable ? 'DirectoryUnusable' : type, detail };
}
