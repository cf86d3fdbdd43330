/** Calls that change what stands at a path. Errors are thrown as Node throws them. */
import { posix } from 'node:path';
import { resizeFile } from './fileSystemDescriptors.ts';
import { type Disk, noteChange, refuseReadOnly, releaseUnreachable } from './fileSystemDisk.ts';
import { systemError } from './fileSystemError.ts';
import { createDirectory, createLink, type DirectoryInode, type Inode } from './fileSystemInode.ts';

export function renamePath(disk: Disk, from: string, to: string): void {
  const source = disk.tree.find(from, 'rename', false);
  const target = disk.tree.find(to, 'rename', false);
  refuseReadOnly(disk, 'rename', from);
  const { inode: moved } = source;
  const { inode: replaced } = target;
  if (moved === undefined) throw systemError('ENOENT', 'rename', from);
  if (moved === replaced) return;
  if (isWithin(target.directory, moved)) throw systemError('EINVAL', 'rename', from);
  if (replaced !== undefined) refuseToReplace(moved, replaced, source.directory, from);
  disk.tree.change([
    { directory: source.directory, name: source.name, before: moved, after: undefined },
    { directory: target.directory, name: target.name, before: replaced, after: moved },
  ]);
  if (replaced !== undefined) gone(disk, replaced);
  // Tells the watchers of the directory itself as well, for it has another name now.
  noteChange(disk, moved, false);
}

function refuseToReplace(
  moved: Inode,
  replaced: Inode,
  directory: DirectoryInode,
  from: string,
): void {
  if (isWithin(directory, replaced)) throw systemError('ENOTEMPTY', 'rename', from);
  const isDirectory = moved.kind === 'directory';
  if (replaced.kind !== 'directory') {
    if (isDirectory) throw systemError('ENOTDIR', 'rename', from);
    return;
  }
  if (!isDirectory) throw systemError('EISDIR', 'rename', from);
  if (replaced.entries.size > 0) throw systemError('ENOTEMPTY', 'rename', from);
}

export function unlinkPath(disk: Disk, path: string): void {
  const { directory, name, inode } = disk.tree.find(path, 'unlink', false);
  refuseReadOnly(disk, 'unlink', path);
  if (inode === undefined) throw systemError('ENOENT', 'unlink', path);
  if (inode.kind === 'directory') throw systemError('EISDIR', 'unlink', path);
  disk.tree.change([{ directory, name, before: inode, after: undefined }]);
  gone(disk, inode);
}

/** With whatever is missing above it; the first directory that was made. */
export function makeDirectories(disk: Disk, path: string, mode: number): string | undefined {
  if (path === '/') return undefined;
  const made = exists(disk, posix.dirname(path))
    ? undefined
    : makeDirectories(disk, posix.dirname(path), mode);
  const { directory, name, inode } = disk.tree.find(path, 'mkdir', false);
  if (inode === undefined) {
    refuseReadOnly(disk, 'mkdir', path);
    const after = createDirectory(disk.birth(mode));
    disk.tree.change([{ directory, name, before: undefined, after }]);
    return made ?? path;
  }
  if (disk.tree.get(path, 'mkdir', true).kind !== 'directory') {
    throw systemError('EEXIST', 'mkdir', path);
  }
  return made;
}

export function truncatePath(disk: Disk, path: string, length: number): void {
  const inode = disk.tree.get(path, 'open', true);
  if (inode.kind !== 'file') throw systemError('EISDIR', 'open', path);
  refuseReadOnly(disk, 'open', path);
  resizeFile(disk, inode, length);
}

export function linkPath(disk: Disk, target: string, path: string): void {
  const { directory, name, inode } = disk.tree.find(path, 'symlink', false);
  if (inode !== undefined) throw systemError('EEXIST', 'symlink', path);
  refuseReadOnly(disk, 'symlink', path);
  const after = createLink({ ...disk.birth(0), mode: 0o777 }, target);
  disk.tree.change([{ directory, name, before: undefined, after }]);
}

/** `rm -rf`; nothing when there is nothing. */
export function removeTree(disk: Disk, path: string): void {
  if (path !== '/' && !exists(disk, posix.dirname(path))) return;
  const { directory, name, inode } = disk.tree.find(path, 'rm', false);
  if (inode === undefined) return;
  refuseReadOnly(disk, 'rm', path);
  if (inode.kind === 'directory') {
    for (const entry of [...inode.entries.keys()]) removeTree(disk, posix.join(path, entry));
  }
  disk.tree.change([{ directory, name, before: inode, after: undefined }]);
  gone(disk, inode);
}

function gone(disk: Disk, inode: Inode): void {
  if (inode.kind === 'directory') for (const tell of inode.watchers) tell(undefined);
  releaseUnreachable(disk, inode);
}

function exists(disk: Disk, path: string): boolean {
  try {
    return disk.tree.find(path, 'stat', true).inode !== undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

function isWithin(directory: DirectoryInode, inode: Inode): boolean {
  for (let at: DirectoryInode | undefined = directory; at !== undefined; at = at.parent) {
    if (at === inode) return true;
  }
  return false;
}
