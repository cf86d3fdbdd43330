/**
 * The files of a supervisord as the groups it makes of them, or the sentence with which it refuses
 * them all (`ServerOptions.read_config` and `process_groups_from_parser` of supervisor 4.2.5).
 *
 * Not modelled: event listeners, FastCGI, RPC plug-ins, and of `[supervisord]` all but
 * `environment`. What was read once is not read again while its text is the same.
 */
import { ok, type Result } from '../../domain/result.ts';
import {
  type ConfSection,
  readConfSections,
  type RefusedLine,
} from '../../domain/supervisorConf.ts';
import { type Expansions, format, repr } from './python.ts';
import type { SupervisordHost } from './supervisordHost.ts';
import { isSameProcess, type ProcessConfig, processesFrom } from './supervisordProgram.ts';
import {
  integer,
  keyValuePairs,
  processOrGroupName,
  refusalOf,
  refuse,
  unwrap,
} from './supervisordValues.ts';

export interface ConfText {
  readonly path: string;
  /** Undefined: cannot be read. An included file is then passed over without a word. */
  readonly text: string | undefined;
}

export interface GroupConfig {
  readonly name: string;
  readonly priority: number;
  /** Sorted by priority, then name. */
  readonly processes: readonly ProcessConfig[];
}

/** The first is the main file. The very same list again while the texts are the same. */
export type ReadConfig = (confs: readonly ConfText[]) => Result<readonly GroupConfig[], string>;

export function createConfigReader(host: SupervisordHost): ReadConfig {
  let lastConfs: readonly ConfText[] | undefined;
  let last: Result<readonly GroupConfig[], string> = ok([]);
  const filesByText = new Map<string, ConfContents>();
  const programs: ProgramCache = { context: '', byOptions: new WeakMap() };
  const contentsOf = (text: string): ConfContents => {
    const known = filesByText.get(text);
    if (known !== undefined) return known;
    if (filesByText.size >= textsMax) filesByText.clear();
    const contents = readContents(text);
    filesByText.set(text, contents);
    return contents;
  };
  return (confs) => {
    if (lastConfs !== undefined && isSameConfs(confs, lastConfs)) return last;
    lastConfs = [...confs];
    last = refusalOf(() => readGroups({ host, confs, contentsOf, programs }));
    return last;
  };
}

/** Texts of a long run; more than any host has at a time. */
const textsMax = 2_000;

function isSameConfs(a: readonly ConfText[], b: readonly ConfText[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ path, text }, index) => {
      const other = b[index];
      return other !== undefined && text === other.text && path === other.path;
    })
  );
}

interface ConfContents {
  readonly sections: readonly ConfSection[];
  /** The sentence that refuses the file, with its path to be put in; undefined for none. */
  readonly refusal: ((path: string) => string) | undefined;
}

function readContents(text: string): ConfContents {
  const refused: RefusedLine[] = [];
  const sections = readConfSections(text, (line) => refused.push(line));
  const linesCount = text.split(/\r\n|\r|\n/).length;
  const shown = ({ line, text: whole }: RefusedLine) =>
    repr(line < linesCount ? `${whole}\n` : whole);
  const early = refused.find(({ type }) => type === 'BeforeAnySection');
  if (early !== undefined) {
    const refusal = (path: string): string =>
      `File contains no section headers.\nfile: ${repr(path)}, line: ${String(early.line)}\n${shown(early)}`;
    return { sections, refusal };
  }
  if (refused.length === 0) return { sections, refusal: undefined };
  const lines = refused.map(
    (each) => `\n\t[line ${String(each.line).padStart(2)}]: ${shown(each)}`,
  );
  return {
    sections,
    refusal: (path) => `Source contains parsing errors: ${repr(path)}${lines.join('')}`,
  };
}

interface Reading {
  readonly host: SupervisordHost;
  readonly confs: readonly ConfText[];
  readonly contentsOf: (text: string) => ConfContents;
  readonly programs: ProgramCache;
}

type Options = ReadonlyMap<string, string>;

/** What options were read as, by name of section and group, in the surroundings that all share. */
interface ProgramCache {
  context: string;
  byOptions: WeakMap<Options, Map<string, readonly ProcessConfig[]>>;
}

interface Merged {
  /** As they stand in their file, while they stand in one file only. */
  readonly options: Options;
  readonly path: string;
}

/** Throws a refusal. */
function readGroups(reading: Reading): readonly GroupConfig[] {
  const { host, confs } = reading;
  const sections = mergeSections(reading);
  const here = directoryOf(confs[0]?.path ?? '');
  if (!sections.has('supervisord')) refuse('.ini file does not include supervisord section');
  const environment = new Map<string, string>(
    [...host.environment].map(([name, value]) => [`ENV_${name}`, value]),
  );
  const common = commonEnvironment(sections, environment, { host, here });
  for (const [name, value] of common) environment.set(`ENV_${name}`, value);
  const around = { host, here, environment, commonEnvironment: common };
  const defaults = sections.get('DEFAULT')?.options;
  const context = [here, [...environment], [...common], [...(defaults ?? [])]];
  const cacheOf = cacheFor(reading.programs, JSON.stringify(context));
  const readPrograms = (name: string, groupName: string): readonly ProcessConfig[] => {
    const { options = noOptions, path = '' } = sections.get(name) ?? {};
    const cache = cacheOf(options);
    const key = `${name}\0${groupName}`;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const get = (option: string) => options.get(option) ?? defaults?.get(option);
    const found = refusalOf(() => processesFrom({ name, get }, { ...around, groupName }));
    if (!found.ok) return refuse(`${found.error} in section ${repr(name)} (file: ${repr(path)})`);
    cache.set(key, found.value);
    return found.value;
  };
  const number = (section: string, expansions: Expansions): number => {
    const own = sections.get(section)?.options.get('priority');
    const text = own ?? defaults?.get('priority') ?? '999';
    return integer(unwrap(format(text, expansions, `${section}.priority`)));
  };
  const expansions = new Map([...environment, ['here', here] as const]);
  const groups = explicitGroups(sections, expansions, readPrograms, number);
  return groups.sort(byPriorityAndName);
}

const noOptions: Options = new Map();

function cacheFor(programs: ProgramCache, context: string) {
  if (programs.context !== context) programs.byOptions = new WeakMap();
  programs.context = context;
  return (options: Options): Map<string, readonly ProcessConfig[]> => {
    const cache = programs.byOptions.get(options) ?? new Map<string, readonly ProcessConfig[]>();
    programs.byOptions.set(options, cache);
    return cache;
  };
}

type ReadPrograms = (section: string, groupName: string) => readonly ProcessConfig[];
type ReadNumber = (section: string, expansions: Expansions) => number;

function explicitGroups(
  sections: ReadonlyMap<string, Merged>,
  expansions: Expansions,
  readPrograms: ReadPrograms,
  priorityOf: ReadNumber,
): GroupConfig[] {
  const groups: GroupConfig[] = [];
  const grouped = new Set<string>();
  for (const [section, { options }] of sections) {
    if (!section.startsWith('group:')) continue;
    const name = processOrGroupName(section.slice('group:'.length));
    const written = unwrap(
      format(options.get('programs') ?? '', expansions, `${section}.programs`),
    );
    const priority = priorityOf(section, expansions);
    const processes: ProcessConfig[] = [];
    let shown = section;
    for (const program of written === '' ? [] : written.split(',').map((each) => each.trim())) {
      const programSection = `program:${program}`;
      if (!sections.has(programSection)) {
        refuse(`[${shown}] names unknown program or fcgi-program ${program}`);
      }
      // supervisor has one variable for both.
      shown = programSection;
      grouped.add(programSection);
      processes.push(...readPrograms(programSection, name));
    }
    groups.push({ name, priority, processes });
  }
  for (const section of sections.keys()) {
    if (!section.startsWith('program:') || grouped.has(section)) continue;
    const name = processOrGroupName(section.slice('program:'.length));
    const priority = priorityOf(section, expansions);
    groups.push({ name, priority, processes: readPrograms(section, name) });
  }
  return groups;
}

/** In the order in which they first come up; what several files set is one section. */
function mergeSections({ confs, contentsOf }: Reading): ReadonlyMap<string, Merged> {
  const merged = new Map<string, Merged>();
  confs.forEach(({ path, text }, index) => {
    if (text === undefined) {
      if (index === 0) refuse(`could not read config file ${path}`);
      return;
    }
    const { sections, refusal } = contentsOf(text);
    if (refusal !== undefined) refuse(refusal(path));
    for (const { name, options } of sections) {
      const before = merged.get(name);
      const own = withHere(options, path);
      if (before === undefined) merged.set(name, { options: own, path });
      else merged.set(name, { ...before, options: new Map([...before.options, ...own]) });
    }
  });
  return merged;
}

/** The directory of the file that it stands in, whatever else is expanded. */
function withHere(options: Options, path: string): Options {
  for (const value of options.values()) {
    if (!value.includes('%(here)s')) continue;
    const here = directoryOf(path);
    return new Map([...options].map(([name, text]) => [name, text.replaceAll('%(here)s', here)]));
  }
  return options;
}

function commonEnvironment(
  sections: ReadonlyMap<string, Merged>,
  environment: ReadonlyMap<string, string>,
  { host, here }: { readonly host: SupervisordHost; readonly here: string },
): ReadonlyMap<string, string> {
  const text = sections.get('supervisord')?.options.get('environment') ?? '';
  const expansions = new Map([
    ...environment,
    ['here', here] as const,
    ['host_node_name', host.nodeName] as const,
  ]);
  return keyValuePairs(unwrap(format(text, expansions, 'environment')));
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/'))) || '/';
}

function byPriorityAndName(a: GroupConfig, b: GroupConfig): number {
  if (a.priority !== b.priority) return a.priority - b.priority;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** As supervisor compares what it has read with what is active. */
export function isSameGroup(fresh: GroupConfig, active: GroupConfig): boolean {
  return (
    fresh === active ||
    (fresh.name === active.name &&
      fresh.priority === active.priority &&
      fresh.processes.length === active.processes.length &&
      fresh.processes.every((process, index) => {
        const other = active.processes[index];
        return other !== undefined && isSameProcess(process, other);
      }))
  );
}
