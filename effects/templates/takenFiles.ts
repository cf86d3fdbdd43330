/**
 * Files that a template may not have, because they are somebody else's: they would overwrite one another
 * for ever. Directories are compared and not paths, as a link may lead to the same one.
 */
import { basename, dirname } from 'node:path';
import type { FileSystem } from '../../src/clients/fileSystem.ts';

export interface TakenFiles {
  /** Of the templates before this one. */
  readonly dests: readonly string[];
  /** Undefined: there is none. */
  readonly configPath: string | undefined;
  /** Where the files of apps are. */
  readonly confDir: string;
}

/** A sentence; undefined when the file is free, or its directory cannot be looked at. */
export async function whyTaken(
  fileSystem: FileSystem,
  dest: string,
  { dests, configPath, confDir }: TakenFiles,
): Promise<string | undefined> {
  const name = basename(dest);
  const isSameDirectory = async (path: string): Promise<boolean> => {
    if (path === dirname(dest)) return true;
    const [theirs, ours] = await Promise.all([
      identityOf(fileSystem, path),
      identityOf(fileSystem, dirname(dest)),
    ]);
    return theirs !== undefined && theirs === ours;
  };
  const isSame = async (path: string): Promise<boolean> =>
    basename(path) === name && (await isSameDirectory(dirname(path)));
  for (const other of dests) {
    if (await isSame(other)) return `${dest} is ${other}, which another template makes`;
  }
  if (configPath !== undefined && (await isSame(configPath))) {
    return `${dest} is ${configPath}, the file of settings`;
  }
  if (name.endsWith('.supervene.conf') && (await isSameDirectory(confDir))) {
    return `${dest} is in ${confDir}, where files of that name are those of apps`;
  }
  return undefined;
}

async function identityOf(fileSystem: FileSystem, path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await fileSystem.stat(path, { bigint: true });
    return `${String(dev)}:${String(ino)}`;
  } catch {
    return undefined;
  }
}
