/**
 * What supervisord reads besides our files: its main configuration and everything that its
 * `[include]` covers. Never throws; what cannot be read counts as empty, as for supervisord.
 */
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type FileSystem, nodeFileSystem } from '../../src/clients/fileSystem.ts';
import {
  hasGlobCharacter,
  includePatterns,
  matchesGlob,
  readConfSections,
} from '../../src/domain/supervisorConf.ts';
import { describeErrno, errnoOf } from './errno.ts';

export interface IncludeGlobs {
  /** Absolute patterns in the order of the file. */
  readonly globs: readonly string[];
  /** Patterns with a name that cannot be known here, `%(ENV_x)s` above all. */
  readonly unresolved: readonly string[];
  /** Why the main file could not be read. */
  readonly error: string | undefined;
}

/** `environment` is supervisord's, for `%(ENV_x)s`, where it is known. */
export async function readIncludeGlobs(
  configPath: string,
  environment: ReadonlyMap<string, string> = new Map(),
  fileSystem: FileSystem = nodeFileSystem,
): Promise<IncludeGlobs> {
  const here = dirname(resolve(configPath));
  let text: string;
  try {
    text = await fileSystem.readFile(configPath, 'utf8');
  } catch (error) {
    const why = describeErrno(errnoOf(error) ?? String(error));
    return { globs: [], unresolved: [], error: `cannot read ${configPath}: ${why}` };
  }
  const variables = [...environment].map(([name, value]) => [`ENV_${name}`, value] as const);
  const expansions = new Map([...variables, ['here', here], ['host_node_name', hostname()]]);
  const { patterns, unresolved } = includePatterns(readConfSections(text), expansions);
  return { globs: patterns.map((pattern) => resolve(here, pattern)), unresolved, error: undefined };
}

/** Would supervisord include `<confDir>/<app>.supervene.conf`? (Fault B19.) */
export async function coversConfDir(globs: readonly string[], confDir: string): Promise<boolean> {
  const wanted = await identity(nodeFileSystem, confDir);
  for (const glob of globs) {
    const slash = glob.lastIndexOf('/');
    if (!matchesGlob(glob.slice(slash + 1), 'app-1.supervene.conf')) continue;
    for (const directory of await expandGlob(glob.slice(0, slash) || '/')) {
      if (resolve(directory) === resolve(confDir)) return true;
      if (wanted !== undefined && (await identity(nodeFileSystem, directory)) === wanted)
        return true;
    }
  }
  return false;
}

/** Existing paths that an absolute pattern matches, sorted, as Python's glob does. */
export async function expandGlob(
  glob: string,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<readonly string[]> {
  let bases: readonly string[] = ['/'];
  let isListed = false;
  for (const part of glob.split('/').filter((item) => item !== '')) {
    const expanded = bases.map((base) => expandPart(fileSystem, base, part));
    bases = (await Promise.all(expanded)).flat();
    isListed = hasGlobCharacter(part);
  }
  if (isListed) return [...bases].sort();
  const identities = await Promise.all(bases.map((path) => identity(fileSystem, path)));
  return bases.filter((_path, index) => identities[index] !== undefined).sort();
}

/** The texts of the main configuration and all that it includes, for what is set in them. */
export async function readSupervisorConfs(
  configPath: string,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<readonly string[]> {
  const { globs } = await readIncludeGlobs(configPath, new Map(), fileSystem);
  const included = await Promise.all(globs.map((glob) => expandGlob(glob, fileSystem)));
  const paths = [configPath, ...included.flat()];
  return Promise.all(paths.map((path) => fileSystem.readFile(path, 'utf8').catch(() => '')));
}

async function expandPart(
  fileSystem: FileSystem,
  base: string,
  part: string,
): Promise<readonly string[]> {
  if (!hasGlobCharacter(part)) return [join(base, part)];
  try {
    const names = await fileSystem.readdir(base);
    return names.filter((name) => matchesGlob(part, name)).map((name) => join(base, name));
  } catch {
    return [];
  }
}

async function identity(fileSystem: FileSystem, path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await fileSystem.stat(path, { bigint: true });
    return `${String(dev)}:${String(ino)}`;
  } catch {
    return undefined;
  }
}
