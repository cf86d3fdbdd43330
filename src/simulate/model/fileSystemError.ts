/** Errors as Node's file system calls throw them: `code` is what callers go by. */
const texts: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied'],
  ['EBADF', 'bad file descriptor'],
  ['EBUSY', 'resource busy or locked'],
  ['EEXIST', 'file already exists'],
  ['EINVAL', 'invalid argument'],
  ['EIO', 'i/o error'],
  ['EISDIR', 'illegal operation on a directory'],
  ['ELOOP', 'too many symbolic links encountered'],
  ['EMFILE', 'too many open files'],
  ['ENOENT', 'no such file or directory'],
  ['ENOSPC', 'no space left on device'],
  ['ENOTDIR', 'not a directory'],
  ['ENOTEMPTY', 'directory not empty'],
  ['EPERM', 'operation not permitted'],
  ['EROFS', 'read-only file system'],
]);

export interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path: string;
}

export function systemError(code: string, syscall: string, path: string): SystemError {
  const limit = Error.stackTraceLimit;
  // Most of them say "it is not there" and are expected: a stack would cost more than the call.
  Error.stackTraceLimit = 0;
  const error = new Error(`${code}: ${texts.get(code) ?? code}, ${syscall} '${path}'`);
  Error.stackTraceLimit = limit;
  return Object.assign(error, { code, syscall, path });
}
