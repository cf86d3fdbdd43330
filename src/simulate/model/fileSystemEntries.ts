/**
 * Changes of directory entries that are not durable yet, and which of them a power cut leaves.
 *
 * Either in order within each directory, as a journalling file system such as ext4 has it, or in
 * order for each name only, which POSIX allows and other file systems do: code that survives the
 * second relies on nothing but what was fsynced. Directories never wait for one another, and no
 * entry waits for the content of its file: a rename may be durable before the data is. A rename
 * is one change: no crash leaves both names or neither.
 */
import type { Rng } from '../kernel/rng.ts';
import { writeBackMs } from './fileSystemContent.ts';
import type { DirectoryInode, Inode } from './fileSystemInode.ts';

export interface EntryChange {
  readonly directory: DirectoryInode;
  readonly name: string;
  readonly before: Inode | undefined;
  readonly after: Inode | undefined;
}

export interface UnsyncedEntries {
  /** These belong together; they are made already. */
  readonly push: (changes: readonly EntryChange[], nowMs: number) => void;
  /** An fsync of the directory. */
  readonly makeDurable: (directory: DirectoryInode) => void;
  /** Takes back in the tree what the disk does not have. */
  readonly crash: (rng: Rng) => void;
}

interface Operation {
  readonly atMs: number;
  readonly changes: readonly EntryChange[];
}

export function createUnsyncedEntries(): UnsyncedEntries {
  let operations: Operation[] = [];
  return {
    push: (changes, nowMs) => {
      if (nowMs - (operations[0]?.atMs ?? nowMs) > writeBackMs) {
        operations = operations.filter(({ atMs }) => nowMs - atMs <= writeBackMs);
      }
      operations.push({ atMs: nowMs, changes });
    },
    makeDurable: (directory) => {
      if (operations.length === 0) return;
      const directories = reachedFrom(directory, operations);
      operations = operations.filter(
        ({ changes }) => !changes.some((change) => directories.has(change.directory)),
      );
    },
    crash: (rng) => {
      const isInOrder = rng.chance(0.5);
      const taken = isInOrder ? cutInOrder(operations, rng) : cutByName(operations, rng);
      for (const { changes } of taken.reverse()) changes.forEach(takeBack);
      operations = [];
    },
  };
}

/** What moved between two directories is durable in both or in neither. */
function reachedFrom(
  directory: DirectoryInode,
  operations: readonly Operation[],
): ReadonlySet<DirectoryInode> {
  const reached = new Set([directory]);
  for (let size = 0; size !== reached.size;) {
    size = reached.size;
    for (const { changes } of operations) {
      if (changes.length < 2 || !changes.some((change) => reached.has(change.directory))) continue;
      for (const change of changes) reached.add(change.directory);
    }
  }
  return reached;
}

/** From somewhere on, in each directory, nothing. */
function cutInOrder(operations: readonly Operation[], rng: Rng): Operation[] {
  const left = new Map<DirectoryInode, number>();
  for (const { changes } of operations) {
    for (const { directory } of changes) left.set(directory, (left.get(directory) ?? 0) + 1);
  }
  for (const [directory, count] of left) left.set(directory, rng.below(count + 1));
  return operations.filter(({ changes }) => {
    const isCut = changes.some(({ directory }) => (left.get(directory) ?? 0) <= 0);
    for (const { directory } of changes) {
      left.set(directory, isCut ? 0 : (left.get(directory) ?? 0) - 1);
    }
    return isCut;
  });
}

/** Any of them, and then whatever follows under the same names. */
function cutByName(operations: readonly Operation[], rng: Rng): Operation[] {
  const cutNames = new Map<DirectoryInode, Set<string>>();
  const share = rng.next();
  return operations.filter(({ changes }) => {
    const isChosen = rng.chance(share);
    const isCut =
      isChosen ||
      changes.some(({ directory, name }) => cutNames.get(directory)?.has(name) === true);
    if (isCut) {
      for (const { directory, name } of changes) {
        const names = cutNames.get(directory) ?? new Set();
        cutNames.set(directory, names.add(name));
      }
    }
    return isCut;
  });
}

function takeBack({ directory, name, before }: EntryChange): void {
  if (before === undefined) directory.entries.delete(name);
  else directory.entries.set(name, before);
}
