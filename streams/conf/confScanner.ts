/**
 * Looks at the conf directory and at everything else that supervisord includes.
 *
 * A file that has not changed since it was last read costs one `lstat`. Never throws.
 */
import { basename, join } from 'node:path';
import { from, lastValueFrom, mergeMap } from 'rxjs';
import {
  type BigFileStats,
  type FileSystem,
  nodeFileSystem,
} from '../../src/clients/fileSystem.ts';
import { err, ok, type Result } from '../../src/domain/result.ts';
import { type ConfFile } from '../../src/domain/types.ts';
import { describeErrno, errnoOf } from './errno.ts';
import { expandGlob, readIncludeGlobs } from './includes.ts';
import {
  appOfFileName,
  readForeignFile,
  readOurFile,
  type WantedMetadata,
  type FileReading,
} from './readConfFile.ts';

export interface ConfScannerOptions extends WantedMetadata {
  /** Absolute. */
  readonly confDir: string;
  /** supervisord's main configuration. */
  readonly configPath: string;
  /** By the clock that stamps files. */
  readonly nowMs: () => number;
  readonly fileSystem?: FileSystem | undefined;
}

export interface ConfScanner {
  /** Which directory stands at the path now; an error in words when none does. */
  readonly directory: () => Promise<Result<string, string>>;
  /** Every file by its path. */
  readonly scanAll: () => Promise<Result<ReadonlyMap<string, ConfFile>, string>>;
  /** These entries of the conf directory by their paths; undefined for what is not there. */
  readonly scanNames: (
    names: readonly string[],
  ) => Promise<ReadonlyMap<string, ConfFile | undefined>>;
}

interface Remembered {
  readonly key: string;
  /** False when the file was so fresh that a further change might not show in its times. */
  readonly isSettled: boolean;
  readonly file: ConfFile | undefined;
}

/** Open files at a time: far below any limit of descriptors. */
const concurrency = 16;

/** File times move in steps of the kernel's tick: 10 ms at most, 4 ms mostly. */
const timeStepMs = 100;

/** What may matter in the conf directory: hidden files are matched by no `*.conf`. */
export function isConfName(name: string): boolean {
  return name.endsWith('.conf') && !name.startsWith('.');
}

export function createConfScanner(options: ConfScannerOptions): ConfScanner {
  const { confDir, configPath, nowMs, fileSystem = nodeFileSystem } = options;
  const remembered = new Map<string, Remembered>();

  const readOnce = async (
    path: string,
    stats: BigFileStats,
    read: () => Promise<FileReading>,
  ): Promise<ConfFile | undefined> => {
    const key = keyOf(stats);
    const before = remembered.get(path);
    if (before?.isSettled === true && before.key === key) return before.file;
    const isOld = nowMs() - Number(stats.ctimeMs) > timeStepMs;
    const { file, isLasting } = await read();
    remembered.set(path, { key, isSettled: isOld && isLasting, file });
    return file;
  };

  const scanEntry = async (name: string, seen: Set<string>): Promise<ConfFile | undefined> => {
    const path = join(confDir, name);
    const stats = await statsOf(path, fileSystem.lstat);
    if (stats === undefined) return undefined;
    seen.add(identityOf(stats));
    if (appOfFileName(name) !== undefined) {
      return readOnce(path, stats, () => readOurFile(fileSystem, path, stats, options));
    }
    return scanForeign(path);
  };

  const scanForeign = async (path: string): Promise<ConfFile> => {
    const stats = await statsOf(path, fileSystem.stat);
    const nothing: ConfFile = { type: 'Foreign', path, sections: [] };
    if (stats === undefined) return nothing;
    return (await readOnce(path, stats, () => readForeignFile(fileSystem, path))) ?? nothing;
  };

  const scanNames: ConfScanner['scanNames'] = async (names) => {
    const files = new Map<string, ConfFile | undefined>();
    await eachOf(names, async (name) => {
      files.set(join(confDir, name), await scanEntry(name, new Set()));
    });
    return files;
  };

  const scanAll: ConfScanner['scanAll'] = async () => {
    const names = await listDirectory(fileSystem, confDir);
    if (!names.ok) return names;
    const files = new Map<string, ConfFile>();
    const seen = new Set<string>();
    await eachOf(names.value.filter(isConfName), async (name) => {
      const file = await scanEntry(name, seen);
      if (file !== undefined) files.set(file.path, file);
    });
    const { globs } = await readIncludeGlobs(configPath, new Map(), fileSystem);
    const expanded = await Promise.all(globs.map((glob) => expandGlob(glob, fileSystem)));
    const elsewhere = [...new Set([configPath, ...expanded.flat()])].filter(
      (path) => !files.has(path),
    );
    await eachOf(elsewhere, async (path) => {
      // Put there since the directory was listed, by us perhaps: judged as what the listing names.
      const name = basename(path);
      if (path === join(confDir, name) && isConfName(name)) {
        const file = await scanEntry(name, seen);
        if (file !== undefined) files.set(path, file);
        return;
      }
      // The conf directory may be included under another name: those are no foreign files.
      const stats = await statsOf(path, fileSystem.stat);
      if (stats === undefined || seen.has(identityOf(stats))) return;
      files.set(path, await scanForeign(path));
    });
    for (const path of remembered.keys()) if (!files.has(path)) remembered.delete(path);
    return ok(files);
  };

  return { directory: () => directoryIdentity(fileSystem, confDir), scanAll, scanNames };
}

async function directoryIdentity(
  fileSystem: FileSystem,
  path: string,
): Promise<Result<string, string>> {
  try {
    const stats = await fileSystem.lstat(path, { bigint: true });
    if (stats.isDirectory()) return ok(identityOf(stats));
    const what = stats.isSymbolicLink() ? 'a symbolic link' : 'not a directory';
    return err(`${path} is ${what}; it must be a real directory`);
  } catch (error) {
    return err(`cannot use ${path}: ${describeErrno(errnoOf(error) ?? String(error))}`);
  }
}

async function listDirectory(
  fileSystem: FileSystem,
  path: string,
): Promise<Result<readonly string[], string>> {
  try {
    return ok(await fileSystem.readdir(path));
  } catch (error) {
    return err(`cannot list ${path}: ${describeErrno(errnoOf(error) ?? String(error))}`);
  }
}

async function statsOf(
  path: string,
  look: (path: string, options: { bigint: true }) => Promise<BigFileStats>,
): Promise<BigFileStats | undefined> {
  try {
    return await look(path, { bigint: true });
  } catch {
    return undefined;
  }
}

async function eachOf(
  items: readonly string[],
  run: (item: string) => Promise<void>,
): Promise<void> {
  await lastValueFrom(from(items).pipe(mergeMap(run, concurrency)), { defaultValue: undefined });
}

function identityOf(stats: BigFileStats): string {
  return `${String(stats.dev)}:${String(stats.ino)}`;
}

function keyOf(stats: BigFileStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
}
