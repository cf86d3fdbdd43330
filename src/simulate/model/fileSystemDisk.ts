/** What all calls on the model file system share: the tree, room, and who creates what when. */
import { systemError } from './fileSystemError.ts';
import { type Birth, type FileInode, type Inode, touch } from './fileSystemInode.ts';
import { createTree, type Tree } from './fileSystemTree.ts';

export interface DiskOptions {
  /** Milliseconds since the epoch: what stamps files. */
  readonly nowMs: () => number;
  readonly umask: number;
  /** Owner of what is created. */
  readonly uid: number;
  readonly gid: number;
}

export interface Disk {
  readonly tree: Tree;
  readonly nowMs: () => number;
  isReadOnly: boolean;
  /** Undefined: without end. */
  capacityBlocks: number | undefined;
  usedBlocks: number;
  /** Numbers of inodes that are gone, to be used again. */
  freeInos: number[];
  nextIno: number;
  /** Descriptors of an earlier boot are worth nothing. */
  boot: number;
  readonly birth: (mode: number) => Birth;
}

export const blockBytes = 4096;

export function createDisk({ nowMs, umask, uid, gid }: DiskOptions): Disk {
  const disk: Disk = {
    tree: createTree(nowMs),
    nowMs,
    isReadOnly: false,
    capacityBlocks: undefined,
    usedBlocks: 0,
    freeInos: [],
    nextIno: 11,
    boot: 0,
    birth: (mode) => ({ ino: takeIno(disk), mode: mode & ~umask, uid, gid, nowMs: nowMs() }),
  };
  return disk;
}

export function refuseReadOnly(disk: Disk, syscall: string, path: string): void {
  if (disk.isReadOnly) throw systemError('EROFS', syscall, path);
}

/** Its times change, and whoever watches its directory is told. */
export function noteChange(disk: Disk, inode: Inode, isContentChanged: boolean): void {
  touch(inode, disk.nowMs(), isContentChanged);
  const watchers = inode.parent?.watchers;
  if (watchers !== undefined) for (const tell of watchers) tell(inode.name);
  if (inode.kind === 'directory') for (const tell of inode.watchers) tell(undefined);
}

/** How long the file may become at most, of what is wanted. */
export function roomFor(disk: Disk, { content }: FileInode, length: number): number {
  if (disk.capacityBlocks === undefined) return length;
  const blocks = blocksOf(content.length) + Math.max(0, disk.capacityBlocks - disk.usedBlocks);
  return Math.min(length, Math.max(content.length, blocks * blockBytes));
}

export function resize(disk: Disk, lengthBefore: number, length: number): void {
  disk.usedBlocks += blocksOf(length) - blocksOf(lengthBefore);
}

/** Gives back room and number of what nobody can reach any more. */
export function releaseUnreachable(disk: Disk, inode: Inode): void {
  if (inode.parent !== undefined || inode.opens > 0) return;
  if (inode.kind === 'file') resize(disk, inode.content.length, 0);
  disk.freeInos.push(inode.ino);
}

/** After a power cut: what is there, and nothing else, takes room. */
export function recount(disk: Disk): void {
  const inos = new Set<number>();
  const twice: Inode[] = [];
  disk.usedBlocks = 0;
  disk.tree.walk((inode) => {
    inode.opens = 0;
    inode.stats = undefined;
    inode.bigStats = undefined;
    if (inode.kind === 'file') resize(disk, 0, inode.content.length);
    if (inode.kind === 'directory') inode.watchers.clear();
    // What came back may have lost its number to another in the meantime.
    if (inos.has(inode.ino)) twice.push(inode);
    inos.add(inode.ino);
    disk.nextIno = Math.max(disk.nextIno, inode.ino + 1);
  });
  disk.freeInos = [];
  for (const inode of twice) inode.ino = takeIno(disk);
}

function takeIno(disk: Disk): number {
  return disk.freeInos.pop() ?? disk.nextIno++;
}

function blocksOf(length: number): number {
  return Math.ceil(length / blockBytes);
}
