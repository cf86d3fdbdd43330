/** System call errors in words. */
const texts: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'it does not exist'],
  ['ENOTDIR', 'it is not a directory'],
  ['ELOOP', 'it is a symbolic link'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'not permitted'],
  ['EIO', 'input/output error'],
  ['EMFILE', 'too many open files'],
  ['ENOSPC', 'the limit of watches is reached'],
]);

/** The code of a failed system call; undefined for any other thrown value. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function describeErrno(errno: string): string {
  const text = texts.get(errno);
  return text === undefined ? errno : `${text} (${errno})`;
}
