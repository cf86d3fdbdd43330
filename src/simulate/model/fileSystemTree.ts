/**
 * Names to inodes: how a path leads through directories and symbolic links, and how entries come
 * and go. Paths are absolute and normalised, as production code makes them.
 */
import { posix } from 'node:path';
import { systemError } from './fileSystemError.ts';
import { createUnsyncedEntries, type EntryChange } from './fileSystemEntries.ts';
import { createDirectory, type DirectoryInode, type Inode, touch } from './fileSystemInode.ts';

/** Where a path leads: the entry of a directory, which need not exist. */
export interface Place {
  readonly directory: DirectoryInode;
  readonly name: string;
  readonly inode: Inode | undefined;
}

const linksMax = 40;

export function createTree(nowMs: () => number) {
  const root = createDirectory({ ino: 2, mode: 0o755, uid: 0, gid: 0, nowMs: nowMs() });
  const top: Place = { directory: root, name: '', inode: root };
  const unsynced = createUnsyncedEntries();
  /** Which directory a path leads to; emptied whenever a directory or a link comes or goes. */
  const directories = new Map<string, DirectoryInode>();

  /** Follows every link; the last one only when asked to. */
  const find = (path: string, syscall: string, isFollowing: boolean, links = 0): Place => {
    if (path === '/') return top;
    const slash = path.lastIndexOf('/');
    if (slash === -1) throw new Error(`${path} is not absolute`);
    const above = slash === 0 ? '/' : path.slice(0, slash);
    const directory = directoryAt(above, path, syscall, links);
    const name = path.slice(slash + 1);
    const inode = directory.entries.get(name);
    if (inode?.kind !== 'link' || !isFollowing) return { directory, name, inode };
    if (links >= linksMax) throw systemError('ELOOP', syscall, path);
    return find(posix.resolve(above, inode.target), syscall, true, links + 1);
  };

  const directoryAt = (
    path: string,
    whole: string,
    syscall: string,
    links: number,
  ): DirectoryInode => {
    const known = directories.get(path);
    if (known !== undefined) return known;
    const { inode } = find(path, syscall, true, links);
    if (inode === undefined) throw systemError('ENOENT', syscall, whole);
    if (inode.kind !== 'directory') throw systemError('ENOTDIR', syscall, whole);
    directories.set(path, inode);
    return inode;
  };

  /** What exists there, or ENOENT. */
  const get = (path: string, syscall: string, isFollowing: boolean): Inode => {
    const { inode } = find(path, syscall, isFollowing);
    if (inode === undefined) throw systemError('ENOENT', syscall, path);
    return inode;
  };

  /** One atomic change of one or two entries. */
  const change = (changes: readonly EntryChange[]): void => {
    const now = nowMs();
    for (const { directory, name, before, after } of changes) {
      if (before !== undefined) before.parent = undefined;
      enter(directory, name, after);
      touch(directory, now, true);
      if ((before ?? after)?.kind !== 'file' || (after ?? before)?.kind !== 'file') {
        directories.clear();
      }
    }
    unsynced.push(changes, now);
    for (const { directory, name } of changes) {
      for (const tell of directory.watchers) tell(name);
    }
  };

  return {
    root,
    find,
    get,
    change,
    makeDurable: unsynced.makeDurable,
    crash: (rng: Parameters<typeof unsynced.crash>[0]): void => {
      unsynced.crash(rng);
      directories.clear();
    },
    /** Every inode that a path leads to, parents first. */
    walk: (visit: (inode: Inode) => void): void => walk(root, visit),
  };
}

function walk(inode: Inode, visit: (inode: Inode) => void): void {
  visit(inode);
  if (inode.kind !== 'directory') return;
  for (const [name, entry] of inode.entries) {
    // A crash puts entries back without telling the inodes.
    enter(inode, name, entry);
    walk(entry, visit);
  }
}

function enter(directory: DirectoryInode, name: string, inode: Inode | undefined): void {
  if (inode === undefined) {
    directory.entries.delete(name);
    return;
  }
  directory.entries.set(name, inode);
  inode.parent = directory;
  inode.name = name;
}

export type Tree = ReturnType<typeof createTree>;
