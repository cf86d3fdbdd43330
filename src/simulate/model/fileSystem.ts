/**
 * A disk in memory: every call is atomic and takes no time, errors are those of Linux.
 *
 * Two images in one: what processes see, and what a power cut would leave of it. Content, mode and
 * owner of a file are durable after `sync`, entries of a directory after `sync` of the directory;
 * either may be at any time before, and is by itself after 30 s. `crash` chooses what was, see
 * `fileSystemEntries.ts` and `fileSystemContent.ts`. A process that dies loses nothing. Modes of
 * directories and times are durable at once. Everybody is root, so modes refuse nobody. No hard links.
 */
import type { BigFileStats, FileStats } from '../../clients/fileSystem.ts';
import type { Rng } from '../kernel/rng.ts';
import { crashContent, textOf } from './fileSystemContent.ts';
import {
  closeDescriptor,
  type Descriptor,
  failSync,
  openFile,
  openInode,
  readFrom,
  setOwnership,
  syncDescriptor,
  writeAllTo,
  writeTo,
} from './fileSystemDescriptors.ts';
import { blockBytes, createDisk, type Disk, recount } from './fileSystemDisk.ts';
import { systemError } from './fileSystemError.ts';
import { bigStatsOf, type FileInode, statsOf } from './fileSystemInode.ts';
import {
  linkPath,
  makeDirectories,
  removeTree,
  renamePath,
  truncatePath,
  unlinkPath,
} from './fileSystemPaths.ts';
import { constants } from 'node:fs';

export type { Descriptor };

export interface FileSystemModelOptions {
  /** Milliseconds since the epoch: what stamps files. */
  readonly nowMs: () => number;
  /** 0o022 unless told. */
  readonly umask?: number;
  /** Owner of what is created; 0 unless told. */
  readonly uid?: number;
  readonly gid?: number;
}

/** Calls of a process; each throws what Node's would. */
export interface FileSystemCalls {
  open(path: string, flags: number, mode?: number): Descriptor;
  /** Bytes read; 0 at the end. */
  read(
    from: Descriptor,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number;
  /** Bytes written, as many as there is room for. */
  write(to: Descriptor, bytes: Uint8Array, position: number): number;
  /** Everything, from where the descriptor stands. */
  writeText(to: Descriptor, text: string): void;
  fstat(of: Descriptor): FileStats;
  fchown(of: Descriptor, uid: number, gid: number): void;
  fchmod(of: Descriptor, mode: number): void;
  sync(of: Descriptor): void;
  datasync(of: Descriptor): void;
  /** The damage that an fsync does which fails with EIO; throws nothing. */
  failSync(of: Descriptor): void;
  close(it: Descriptor): void;
  stat(path: string): FileStats;
  lstat(path: string): FileStats;
  bigStat(path: string): BigFileStats;
  bigLstat(path: string): BigFileStats;
  readdir(path: string): string[];
  readFile(path: string): Buffer;
  /** The very same text until the file changes: a key for whatever is derived from it. */
  readText(path: string): string;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  /** With whatever is missing above it; the first one that was made. */
  mkdir(path: string, mode?: number): string | undefined;
  chmod(path: string, mode: number): void;
  truncate(path: string, length: number): void;
  /** Told the name of each entry that changes; undefined when it is the directory itself. */
  watch(path: string, tell: (name: string | undefined) => void): () => void;
}

/** What people do on a host, and what happens to disks. */
export interface FileSystemModel extends FileSystemCalls {
  /** In place, as an editor or `>` does; 0o666 less the umask for a new file. */
  writeFile(path: string, text: string): void;
  chown(path: string, uid: number, gid: number): void;
  symlink(target: string, path: string): void;
  /** `rm -rf`. */
  removeTree(path: string): void;
  setReadOnly(isReadOnly: boolean): void;
  /** In blocks of 4 KiB; below what is used nothing can grow. Undefined: without end. */
  setCapacity(bytes: number | undefined): void;
  usedBytes(): number;
  /** As though everything had been synced. */
  syncAll(): void;
  /** A power cut. Every descriptor and watch is gone; what is left is durable. */
  crash(rng: Rng): void;
}

export function createFileSystemModel({
  nowMs,
  umask = 0o022,
  uid = 0,
  gid = 0,
}: FileSystemModelOptions): FileSystemModel {
  const disk = createDisk({ nowMs, umask, uid, gid });
  return { ...descriptorCalls(disk), ...pathCalls(disk), ...hostCalls(disk) };
}

function descriptorCalls(disk: Disk) {
  return {
    open: (path, flags, mode = 0o666) => openFile(disk, path, flags, mode),
    read: readFrom,
    write: (to, bytes, position) => writeTo(disk, to, bytes, position),
    writeText: (to, text) => writeAllTo(disk, to, text),
    fstat: (of) => statsOf(openInode(of, 'fstat')),
    fchown: (of, uid, gid) => setOwnership(disk, openInode(of, 'fchown'), { uid, gid }),
    fchmod: (of, mode) => setOwnership(disk, openInode(of, 'fchmod'), { mode }),
    sync: (of) => syncDescriptor(disk, of, true),
    datasync: (of) => syncDescriptor(disk, of, false),
    failSync,
    close: (it) => closeDescriptor(disk, it),
  } satisfies Partial<FileSystemCalls>;
}

function pathCalls(disk: Disk) {
  const { tree } = disk;
  return {
    stat: (path) => statsOf(tree.get(path, 'stat', true)),
    lstat: (path) => statsOf(tree.get(path, 'lstat', false)),
    bigStat: (path) => bigStatsOf(tree.get(path, 'stat', true)),
    bigLstat: (path) => bigStatsOf(tree.get(path, 'lstat', false)),
    readdir: (path) => {
      const inode = tree.get(path, 'scandir', true);
      if (inode.kind !== 'directory') throw systemError('ENOTDIR', 'scandir', path);
      return [...inode.entries.keys()];
    },
    readFile: (path) => {
      const { bytes, length } = fileAt(disk, path).content;
      return Buffer.from(bytes.subarray(0, length));
    },
    readText: (path) => textOf(fileAt(disk, path).content),
    rename: (from, to) => renamePath(disk, from, to),
    unlink: (path) => unlinkPath(disk, path),
    mkdir: (path, mode = 0o777) => makeDirectories(disk, path, mode),
    chmod: (path, mode) => setOwnership(disk, tree.get(path, 'chmod', true), { mode }),
    truncate: (path, length) => truncatePath(disk, path, length),
    watch: (path, tell) => {
      const inode = tree.get(path, 'watch', true);
      if (inode.kind !== 'directory') throw systemError('ENOTDIR', 'watch', path);
      const watcher = (name: string | undefined): void => tell(name);
      inode.watchers.add(watcher);
      return () => void inode.watchers.delete(watcher);
    },
  } satisfies Partial<FileSystemCalls>;
}

function hostCalls(disk: Disk) {
  const { tree } = disk;
  return {
    writeFile: (path: string, text: string): void => {
      const { O_CREAT, O_TRUNC, O_WRONLY } = constants;
      const file = openFile(disk, path, O_CREAT | O_TRUNC | O_WRONLY, 0o666);
      try {
        writeAllTo(disk, file, text);
      } finally {
        closeDescriptor(disk, file);
      }
    },
    chown: (path: string, uid: number, gid: number): void =>
      setOwnership(disk, tree.get(path, 'chown', true), { uid, gid }),
    symlink: (target: string, path: string): void => linkPath(disk, target, path),
    removeTree: (path: string): void => removeTree(disk, path),
    setReadOnly: (isReadOnly: boolean): void => {
      disk.isReadOnly = isReadOnly;
    },
    setCapacity: (bytes: number | undefined): void => {
      disk.capacityBlocks = bytes === undefined ? undefined : Math.floor(bytes / blockBytes);
    },
    usedBytes: (): number => disk.usedBlocks * blockBytes,
    syncAll: (): void =>
      tree.walk((inode) => {
        if (inode.kind === 'directory') tree.makeDurable(inode);
        if (inode.kind === 'file') settle(inode);
      }),
    crash: (rng: Rng): void => crash(disk, rng),
  };
}

function fileAt(disk: Disk, path: string): FileInode {
  const inode = disk.tree.get(path, 'open', true);
  if (inode.kind === 'directory') throw systemError('EISDIR', 'read', path);
  if (inode.kind === 'link') throw systemError('ELOOP', 'open', path);
  return inode;
}

function settle(inode: FileInode): void {
  inode.content.unsynced = [];
  inode.content.lost = [];
  inode.durable = undefined;
}

function crash(disk: Disk, rng: Rng): void {
  disk.tree.crash(rng);
  disk.tree.walk((inode) => {
    if (inode.kind !== 'file') return;
    crashContent(inode.content, rng);
    if (inode.durable !== undefined && rng.chance(0.5)) Object.assign(inode, inode.durable);
    inode.durable = undefined;
  });
  disk.boot++;
  recount(disk);
}
