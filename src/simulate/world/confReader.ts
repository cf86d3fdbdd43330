/** What supervisord reads: its main file and, by name, what stands in the conf directory. */
import type { FileSystemModel } from '../model/fileSystem.ts';
import type { ConfText } from '../model/supervisordConfig.ts';
import { confDir, mainConf } from './hostSettings.ts';

export function createConfReader(disk: FileSystemModel): () => readonly ConfText[] {
  const read = (path: string): ConfText => {
    try {
      return { path, text: disk.readText(path) };
    } catch {
      // A dangling link, a directory: supervisord passes over it in silence.
      return { path, text: undefined };
    }
  };
  return () => {
    // As `*.conf` matches.
    const names = listNames(disk).filter((name) => name.endsWith('.conf') && !name.startsWith('.'));
    return [read(mainConf), ...names.sort().map((name) => read(`${confDir}/${name}`))];
  };
}

export function listNames(disk: FileSystemModel): string[] {
  try {
    return disk.readdir(confDir);
  } catch {
    return [];
  }
}

/** A file that the simulation put there as somebody else's. */
export function isForeignName(name: string): boolean {
  return name.startsWith('zz-');
}
