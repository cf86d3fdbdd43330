/** The files to take over: found, looked at and read, with the names that they will get. */
import { lstat, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readIncludeGlobs } from '../../../streams/conf/includes.ts';
import type { State } from '../../../reducers/state.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { matchesGlob } from '../../domain/supervisorConf.ts';
import type { Fault } from '../commandIo.ts';
import { type OldFile, readOldFile } from './oldFile.ts';

export interface FoundFile extends OldFile {
  readonly text: string;
  readonly aside: string;
  /** Where what is not taken over would go. */
  readonly restPath: string;
}

export interface FindInput {
  readonly foreign: State['confDir']['foreign'];
  readonly configPath: string;
  /** Names of apps that etcd places here. */
  readonly wanted: ReadonlySet<string>;
  /** Absolute; undefined: every file that defines one of `wanted`. */
  readonly file: string | undefined;
  /** In the name that the old file gets. */
  readonly stamp: string;
}

/** Empty when there is nothing to take over. */
export async function findOldFiles(input: FindInput): Promise<Result<readonly FoundFile[], Fault>> {
  const { foreign, file, wanted } = input;
  const paths = file === undefined ? pathsOf(foreign, wanted) : [file];
  if (file !== undefined && !foreign.some(({ path }) => path === file)) {
    const message = `supervisord does not include ${file}, or it is not there`;
    return err({ message, remedy: 'without FILE the files are found that define apps of etcd' });
  }
  const { globs, error } = await readIncludeGlobs(input.configPath);
  if (error !== undefined) {
    return err({ message: error, remedy: 'correct supervisor.config (--supervisor-config)' });
  }
  const found: FoundFile[] = [];
  for (const path of paths) {
    const one = await readOne(path, input.stamp, globs);
    if (!one.ok) return one;
    found.push(one.value);
  }
  const conflict = conflictElsewhere(found, foreign);
  return conflict === undefined ? ok(found) : err(conflict);
}

/** Which of two files wins depends on their names: with the old one away it may be the other. */
function conflictElsewhere(
  found: readonly FoundFile[],
  foreign: FindInput['foreign'],
): Fault | undefined {
  const chosen = new Set(found.map(({ path }) => path));
  // Left by a run that was cut off: it says what the old file says, or is refused later.
  const rests = new Set(found.map(({ restPath }) => restPath));
  const names = new Set(found.flatMap(({ groups }) => groups.map(({ name }) => name)));
  for (const { path, sections } of foreign) {
    if (chosen.has(path) || rests.has(path)) continue;
    const name = sections.map(definedBy).find((one) => one !== undefined && names.has(one));
    if (name !== undefined) {
      const [first] = chosen;
      return {
        message: `${name} is defined in ${String(first)} and in ${path}, which supervisord merges`,
        remedy: 'take it out of one of them first',
      };
    }
  }
  return undefined;
}

function definedBy(section: string): string | undefined {
  return /^(?:group|program):(.+)$/.exec(section)?.[1]?.trim();
}

function pathsOf(foreign: FindInput['foreign'], wanted: ReadonlySet<string>): readonly string[] {
  const defines = (section: string): boolean => {
    const name = definedBy(section);
    return name !== undefined && wanted.has(name);
  };
  return foreign
    .filter(({ sections }) => sections.some(defines))
    .map(({ path }) => path)
    .sort();
}

async function readOne(
  path: string,
  stamp: string,
  globs: readonly string[],
): Promise<Result<FoundFile, Fault>> {
  const kind = await kindOf(path);
  if (kind !== undefined) {
    return err({ message: `${path} is ${kind}`, remedy: 'only a regular file is taken over' });
  }
  const aside = `${path}.adopted-${stamp}`;
  const covering = globs.find((glob) => covers(glob, aside));
  if (covering !== undefined) {
    const message = `supervisord would go on including ${basename(path)} as ${basename(aside)}`;
    return err({ message, remedy: `write *.conf for ${covering} in its [include] section` });
  }
  try {
    const text = await readFile(path, 'utf8');
    const restPath = join(dirname(path), `${basename(path).replace(/\.conf$/, '')}.rest.conf`);
    return ok({ ...readOldFile(path, text), text, aside, restPath });
  } catch (error) {
    return err({ message: `cannot read ${path}: ${String(error)}` });
  }
}

/** Undefined for a regular file. */
async function kindOf(path: string): Promise<string | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return 'gone';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  return stats.isFile() ? undefined : 'no regular file';
}

/** By its last component: the others cannot make a file of another name be included. */
function covers(glob: string, path: string): boolean {
  return matchesGlob(basename(glob), basename(path));
}
