/**
 * A directory of app files as it lies on the disk: what is there, two levels deep, and the bytes of
 * what is wanted. Links are followed as long as they stay inside.
 */
import { constants, type Dirent } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { err, ok, type Result } from '../domain/result.ts';

export type DirItem = Readonly<{ name: string }> &
  (
    | Readonly<{ type: 'File'; bytes: Uint8Array }>
    /** Undefined: further down is not looked. */
    | Readonly<{ type: 'Directory'; items: readonly DirItem[] | undefined }>
    | Readonly<{ type: 'PassedOver' }>
    /** Neither file nor directory, a link that leads outside, or not to be read: why. */
    | Readonly<{ type: 'Refused'; reason: string }>
  );

export interface DirQuery {
  /** Of a file; one byte more is read of one that has more. */
  readonly sizeMaxBytes: number;
  /** `isFile`: it is known to be one. */
  readonly isPassedOver: (name: string, isFile: boolean) => boolean;
}

/** Sorted by name. The error says why the directory cannot be read. */
export async function readAppDir(
  dir: string,
  query: DirQuery,
): Promise<Result<readonly DirItem[], string>> {
  try {
    const root = await realpath(dir);
    return ok(await readItems(root, root, query, 1));
  } catch (error) {
    return err(`cannot read ${dir}: ${codeOf(error)}`);
  }
}

const levels = 2;

async function readItems(
  root: string,
  dir: string,
  query: DirQuery,
  level: number,
): Promise<readonly DirItem[]> {
  const found = await readdir(dir, { withFileTypes: true });
  found.sort((a, b) => (a.name < b.name ? -1 : 1));
  const items: DirItem[] = [];
  for (const entry of found) items.push(await readItem(root, dir, entry, query, level));
  return items;
}

async function readItem(
  root: string,
  dir: string,
  { name }: Dirent,
  query: DirQuery,
  level: number,
): Promise<DirItem> {
  if (query.isPassedOver(name, false)) return { name, type: 'PassedOver' };
  try {
    const path = await realpath(join(dir, name));
    if (!path.startsWith(`${root}${sep}`)) {
      return { name, type: 'Refused', reason: 'it is a link that leads out of the directory' };
    }
    const facts = await stat(path);
    if (facts.isDirectory()) {
      const items = level < levels ? await readItems(root, path, query, level + 1) : undefined;
      return { name, type: 'Directory', items };
    }
    if (facts.isFile() && query.isPassedOver(name, true)) return { name, type: 'PassedOver' };
    if (facts.isFile()) return { name, type: 'File', bytes: await readBytes(path, query) };
    return { name, type: 'Refused', reason: 'it is neither a file nor a directory' };
  } catch (error) {
    return { name, type: 'Refused', reason: `it cannot be read: ${codeOf(error)}` };
  }
}

async function readBytes(path: string, { sizeMaxBytes }: DirQuery): Promise<Uint8Array> {
  // Not to wait for ever on what became a pipe meanwhile.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(sizeMaxBytes + 1);
    let size = 0;
    for (let count = -1; count !== 0 && size <= sizeMaxBytes; size += count) {
      ({ bytesRead: count } = await file.read(buffer, size, buffer.length - size, null));
    }
    return Buffer.from(buffer.subarray(0, size));
  } finally {
    await file.close();
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is nothing there',
  EACCES: 'permission denied',
  ENOTDIR: 'it is no directory',
  ELOOP: 'too many symbolic links',
};

export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return reasons[code] ?? code;
}
