/** What can go wrong with the journal's files. `detail` is for people and names the path. */
export interface JournalError {
  readonly type: 'NoSpace' | 'ReadOnly' | 'NotPermitted' | 'Failed';
  readonly detail: string;
}

const typesByErrno: ReadonlyMap<string, readonly [JournalError['type'], string]> = new Map([
  ['ENOSPC', ['NoSpace', 'no space left on the file system']],
  ['EDQUOT', ['NoSpace', 'the disk quota is used up']],
  ['EFBIG', ['NoSpace', 'the file may not grow any more']],
  ['EROFS', ['ReadOnly', 'the file system is read-only']],
  ['EACCES', ['NotPermitted', 'permission denied']],
  ['EPERM', ['NotPermitted', 'not permitted']],
  ['EIO', ['Failed', 'input/output error']],
  ['ENOENT', ['Failed', 'it does not exist']],
  ['ENOTDIR', ['Failed', 'it is not a directory']],
]);

/** `doing` completes "cannot …". */
export function toJournalError(error: unknown, doing: string): JournalError {
  const errno = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (errno === undefined) return { type: 'Failed', detail: `cannot ${doing}: ${String(error)}` };
  const [type, text] = typesByErrno.get(errno) ?? ['Failed', 'the system refused'];
  return { type, detail: `cannot ${doing}: ${text} (${errno})` };
}
