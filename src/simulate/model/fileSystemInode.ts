/** Files, directories and symbolic links of the model file system, and what `stat` says of them. */
import type { BigFileStats, FileStats } from '../../clients/fileSystem.ts';
import { type Content, createContent } from './fileSystemContent.ts';

interface Common {
  /** Unique among what exists; used again when it is gone, as on a real disk. */
  ino: number;
  /** Permission bits. */
  mode: number;
  uid: number;
  gid: number;
  mtimeMs: number;
  ctimeMs: number;
  /** Where its entry is; undefined once nothing leads to it any more. */
  parent: DirectoryInode | undefined;
  name: string;
  /** Descriptors that are open on it. */
  opens: number;
  stats: FileStats | undefined;
  bigStats: BigFileStats | undefined;
}

export interface FileInode extends Common {
  readonly kind: 'file';
  readonly content: Content;
  /** What of mode and owner is on disk, where that is something else. */
  durable: Ownership | undefined;
}

export interface DirectoryInode extends Common {
  readonly kind: 'directory';
  readonly entries: Map<string, Inode>;
  /** Called with the name of the entry, undefined for the directory itself. */
  readonly watchers: Set<(name: string | undefined) => void>;
}

export interface LinkInode extends Common {
  readonly kind: 'link';
  readonly target: string;
}

export type Inode = FileInode | DirectoryInode | LinkInode;

export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface Birth extends Ownership {
  readonly ino: number;
  readonly nowMs: number;
}

export function createFile(birth: Birth): FileInode {
  return { kind: 'file', content: createContent(), durable: undefined, ...common(birth) };
}

export function createDirectory(birth: Birth): DirectoryInode {
  return { kind: 'directory', entries: new Map(), watchers: new Set(), ...common(birth) };
}

export function createLink(birth: Birth, target: string): LinkInode {
  return { kind: 'link', target, ...common(birth) };
}

/** The times of an inode move in steps of the kernel's tick. */
const tickMs = 4;

export function touch(inode: Inode, nowMs: number, isContentChanged: boolean): void {
  const timeMs = inTicks(nowMs);
  inode.ctimeMs = timeMs;
  if (isContentChanged) inode.mtimeMs = timeMs;
  inode.stats = undefined;
  inode.bigStats = undefined;
}

export function statsOf(inode: Inode): FileStats {
  return (inode.stats ??= { ...numbersOf(inode), ...questions[inode.kind] });
}

export function bigStatsOf(inode: Inode): BigFileStats {
  return (inode.bigStats ??= makeBigStats(inode));
}

function makeBigStats(inode: Inode): BigFileStats {
  const { dev, ino, mode, uid, gid, size } = numbersOf(inode);
  return {
    dev: BigInt(dev),
    ino: BigInt(ino),
    mode: BigInt(mode),
    uid: BigInt(uid),
    gid: BigInt(gid),
    size: BigInt(size),
    ctimeMs: BigInt(inode.ctimeMs),
    mtimeNs: BigInt(inode.mtimeMs) * 1_000_000n,
    ctimeNs: BigInt(inode.ctimeMs) * 1_000_000n,
    ...questions[inode.kind],
  };
}

function numbersOf(inode: Inode) {
  const { ino, uid, gid } = inode;
  return { dev: 1, ino, mode: kindBits[inode.kind] | inode.mode, uid, gid, size: sizeOf(inode) };
}

function sizeOf(inode: Inode): number {
  switch (inode.kind) {
    case 'file':
      return inode.content.length;
    case 'directory':
      return 4096;
    case 'link':
      return inode.target.length;
  }
}

const kindBits = { file: 0o100000, directory: 0o040000, link: 0o120000 } as const;

const questions = {
  file: answers({ isFile: true }),
  directory: answers({ isDirectory: true }),
  link: answers({ isSymbolicLink: true }),
} as const;

function answers(is: { isFile?: true; isDirectory?: true; isSymbolicLink?: true }) {
  return {
    isFile: () => is.isFile ?? false,
    isDirectory: () => is.isDirectory ?? false,
    isSymbolicLink: () => is.isSymbolicLink ?? false,
    isFIFO: () => false,
  };
}

function common({ ino, mode, uid, gid, nowMs }: Birth): Common {
  const timeMs = inTicks(nowMs);
  return {
    ino,
    mode,
    uid,
    gid,
    mtimeMs: timeMs,
    ctimeMs: timeMs,
    parent: undefined,
    name: '',
    opens: 0,
    stats: undefined,
    bigStats: undefined,
  };
}

function inTicks(nowMs: number): number {
  return Math.floor(nowMs / tickMs) * tickMs;
}
