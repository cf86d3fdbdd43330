/** Opening files, and what is done with an open one. Errors are thrown as Node throws them. */
import { constants } from 'node:fs';
import { loseUnsynced, syncContent, truncateContent, writeContent } from './fileSystemContent.ts';
import {
  type Disk,
  noteChange,
  refuseReadOnly,
  releaseUnreachable,
  resize,
  roomFor,
} from './fileSystemDisk.ts';
import { systemError } from './fileSystemError.ts';
import { createFile, type DirectoryInode, type FileInode, type Inode } from './fileSystemInode.ts';
import type { Place } from './fileSystemTree.ts';

export interface Descriptor {
  readonly path: string;
  readonly inode: FileInode | DirectoryInode;
  readonly isReadable: boolean;
  readonly isWritable: boolean;
  readonly boot: number;
  /** Where a write without a position goes. */
  position: number;
  isOpen: boolean;
}

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_TRUNC, O_WRONLY } = constants;
const accessMode = O_WRONLY | constants.O_RDWR;

export function openFile(disk: Disk, path: string, flags: number, mode: number): Descriptor {
  const isNew = (flags & O_CREAT) !== 0 && (flags & O_EXCL) !== 0;
  const place = disk.tree.find(path, 'open', (flags & O_NOFOLLOW) === 0 && !isNew);
  const isWritable = (flags & accessMode) !== O_RDONLY;
  const inode =
    place.inode === undefined
      ? createAt(disk, place, path, flags, mode)
      : admit(disk, place.inode, path, flags, isWritable);
  inode.opens++;
  return {
    path,
    inode,
    isReadable: (flags & accessMode) !== O_WRONLY,
    isWritable,
    boot: disk.boot,
    position: 0,
    isOpen: true,
  };
}

function createAt(disk: Disk, place: Place, path: string, flags: number, mode: number): FileInode {
  if ((flags & O_CREAT) === 0) throw systemError('ENOENT', 'open', path);
  refuseReadOnly(disk, 'open', path);
  const { directory, name } = place;
  const inode = createFile(disk.birth(mode));
  disk.tree.change([{ directory, name, before: undefined, after: inode }]);
  return inode;
}

function admit(
  disk: Disk,
  inode: Inode,
  path: string,
  flags: number,
  isWritable: boolean,
): FileInode | DirectoryInode {
  const isCreating = (flags & O_CREAT) !== 0;
  if (isCreating && (flags & O_EXCL) !== 0) throw systemError('EEXIST', 'open', path);
  if (inode.kind === 'directory') {
    if (isCreating || isWritable) throw systemError('EISDIR', 'open', path);
    return inode;
  }
  if ((flags & O_DIRECTORY) !== 0) throw systemError('ENOTDIR', 'open', path);
  if (inode.kind === 'link') throw systemError('ELOOP', 'open', path);
  if (isWritable) refuseReadOnly(disk, 'open', path);
  if (isWritable && (flags & O_TRUNC) !== 0) resizeFile(disk, inode, 0);
  return inode;
}

/** What it is open on. */
export function openInode(
  { inode, isOpen, path }: Descriptor,
  syscall: string,
): FileInode | DirectoryInode {
  if (!isOpen) throw systemError('EBADF', syscall, path);
  return inode;
}

/** Bytes read; 0 at the end. */
export function readFrom(
  descriptor: Descriptor,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  const { path, isReadable } = descriptor;
  const inode = openInode(descriptor, 'read');
  // Node does not ask the system for nothing.
  if (length === 0) return 0;
  if (!isReadable) throw systemError('EBADF', 'read', path);
  if (inode.kind === 'directory') throw systemError('EISDIR', 'read', path);
  const { bytes, length: size } = inode.content;
  const end = Math.min(size, position + length);
  if (end <= position) return 0;
  buffer.set(bytes.subarray(position, end), offset);
  return end - position;
}

/** Bytes written: as many as there is room for. ENOSPC when there is room for none. */
export function writeTo(
  disk: Disk,
  descriptor: Descriptor,
  bytes: Uint8Array,
  position: number,
  isOwned = false,
): number {
  const { path, isWritable } = descriptor;
  const inode = openInode(descriptor, 'write');
  if (bytes.length === 0) return 0;
  if (!isWritable || inode.kind !== 'file') throw systemError('EBADF', 'write', path);
  refuseReadOnly(disk, 'write', path);
  const count = roomFor(disk, inode, position + bytes.length) - position;
  if (count <= 0) throw systemError('ENOSPC', 'write', path);
  const lengthBefore = inode.content.length;
  const isWhole = count === bytes.length;
  const part = isWhole ? bytes : bytes.subarray(0, count);
  writeContent(inode.content, part, position, disk.nowMs(), isOwned && isWhole);
  resize(disk, lengthBefore, inode.content.length);
  noteChange(disk, inode, true);
  return count;
}

/** Everything, from where the descriptor stands. */
export function writeAllTo(disk: Disk, descriptor: Descriptor, text: string): void {
  openInode(descriptor, 'write');
  let bytes = Buffer.from(text, 'utf8');
  while (bytes.length > 0) {
    const count = writeTo(disk, descriptor, bytes, descriptor.position, true);
    descriptor.position += count;
    bytes = bytes.subarray(count);
  }
}

export function resizeFile(disk: Disk, inode: FileInode, length: number): void {
  const lengthBefore = inode.content.length;
  truncateContent(inode.content, length, disk.nowMs());
  resize(disk, lengthBefore, length);
  noteChange(disk, inode, true);
}

/** What was neither given nor is another value stays. */
export function setOwnership(
  disk: Disk,
  inode: Inode,
  wanted: { readonly mode?: number; readonly uid?: number; readonly gid?: number },
): void {
  const { mode, uid, gid } = inode;
  if (inode.kind === 'file') inode.durable ??= { mode, uid, gid };
  inode.mode = (wanted.mode ?? mode) & 0o7777;
  inode.uid = wanted.uid ?? uid;
  inode.gid = wanted.gid ?? gid;
  noteChange(disk, inode, false);
}

/** `isWhole`: mode and owner as well. */
export function syncDescriptor(disk: Disk, descriptor: Descriptor, isWhole: boolean): void {
  const inode = openInode(descriptor, isWhole ? 'fsync' : 'fdatasync');
  if (inode.kind === 'directory') {
    disk.tree.makeDurable(inode);
    return;
  }
  syncContent(inode.content);
  if (isWhole) inode.durable = undefined;
}

/**
 * What a failed fsync does. Of a file: what was not durable is given up, and the next fsync
 * succeeds without it. Of a directory: nothing, since a journal that fails stays failed for all.
 */
export function failSync({ inode }: Descriptor): void {
  if (inode.kind === 'file') loseUnsynced(inode.content);
}

/** Closing twice is nothing, as with Node's handles. */
export function closeDescriptor(disk: Disk, descriptor: Descriptor): void {
  if (!descriptor.isOpen) return;
  descriptor.isOpen = false;
  if (descriptor.boot !== disk.boot) return;
  descriptor.inode.opens--;
  releaseUnreachable(disk, descriptor.inode);
}
