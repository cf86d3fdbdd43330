/** What must be known of a parsed program to plan for it, and what must be asked of its host. */
import { type HostQuestion } from '../plan.ts';
import { type AppName, type ProgramOptions } from '../types.ts';
import { parseEnvironment } from './environment.ts';
import {
  environmentName,
  type Expansion,
  expand,
  parseExpansions,
  parseLogfileExpansions,
  type Segment,
} from './expansions.ts';
import {
  readAutorestart,
  readBoolean,
  readExitCodes,
  readInteger,
  readLogFile,
} from './optionValues.ts';
import { programOptions } from './programOptions.ts';
import { type RenderInput, withDefaults } from './renderApp.ts';

export interface ProgramFacts {
  readonly autostart: boolean;
  readonly autorestart: 'true' | 'false' | 'unexpected';
  readonly startsecs: number;
  readonly startretries: number;
  readonly stopwaitsecs: number;
  readonly exitcodes: readonly number[];
  readonly numprocs: number;
  readonly priority: number;
}

type Defaults = RenderInput['defaults'];

/** Of options that `parseProgram` accepted; supervisor's own defaults come last. */
export function programFacts(options: ProgramOptions, defaults: Defaults = []): ProgramFacts {
  const merged = withDefaults(options, defaults);
  const integer = (name: string, otherwise: number) =>
    readInteger(merged.get(name) ?? '') ?? otherwise;
  return {
    autostart: readBoolean(merged.get('autostart') ?? '') ?? true,
    autorestart: readAutorestart(merged.get('autorestart') ?? '') ?? 'unexpected',
    startsecs: integer('startsecs', 1),
    startretries: integer('startretries', 3),
    stopwaitsecs: integer('stopwaitsecs', 10),
    exitcodes: readExitCodes(merged.get('exitcodes') ?? '0') ?? [0],
    numprocs: integer('numprocs', 1),
    priority: integer('priority', 999),
  };
}

/**
 * What supervisor will ask of the host when it reads the file; in a stable order, each once.
 *
 * Names and paths may still hold `%(host_node_name)s`, `%(here)s`, `%(ENV_x)s` and `%%` for a
 * literal `%`, and a path a leading `~`. Not asked for is a log directory that depends on the
 * program's own `environment`, or on an expansion in the last part of the path; supervisor finds
 * out on rereading.
 */
export function hostQuestions(
  app: AppName,
  options: ProgramOptions,
  defaults: Defaults,
): readonly HostQuestion[] {
  const merged = withDefaults(options, defaults);
  const questions = new Map<string, HostQuestion>();
  const processes = processRange(app, merged);
  const own = ownEnvironment(merged, processes);
  for (const { name, type, expands } of programOptions) {
    const value = merged.get(name);
    if (value === undefined || expands === undefined) continue;
    if (type !== 'User' && type !== 'LogFile' && !value.includes('%')) continue;
    const parsed =
      type === 'LogFile' ? parseLogfileExpansions(value) : parseExpansions(value, expands);
    if (!parsed.ok) continue;
    const segments = parsed.value;
    const owned = expands === 'ProcessWithEnvironment' ? own : new Set<string>();
    for (const variable of variables(segments)) {
      if (!owned.has(variable)) add(questions, { type: 'EnvironmentHas', name: variable });
    }
    if (type === 'User') {
      const user = expandKnown(segments, processes, 0);
      add(questions, { type: 'UserExists', user });
    } else if (type === 'LogFile' && !variables(segments).some((each) => owned.has(each))) {
      for (const path of logDirectories(segments, processes)) {
        add(questions, { type: 'LogDirectoryExists', path });
      }
    }
  }
  return [...questions.values()];
}

interface ProcessRange {
  readonly app: AppName;
  readonly first: number;
  readonly count: number;
}

function processRange(app: AppName, options: ProgramOptions): ProcessRange {
  return {
    app,
    first: readInteger(options.get('numprocs_start') ?? '') ?? 0,
    count: readInteger(options.get('numprocs') ?? '') ?? 1,
  };
}

function add(questions: Map<string, HostQuestion>, question: HostQuestion): void {
  questions.set(JSON.stringify(question), question);
}

function variables(segments: readonly Segment[]): readonly string[] {
  return segments.flatMap((segment) =>
    typeof segment === 'string' ? [] : (environmentName(segment) ?? []),
  );
}

/** Names that `environment` sets for every process: supervisor expands them in some other options. */
function ownEnvironment(options: ProgramOptions, range: ProcessRange): ReadonlySet<string> {
  const value = options.get('environment');
  const segments = value === undefined ? undefined : parseExpansions(value, 'Process');
  if (segments?.ok !== true) return new Set();
  let names: readonly string[] | undefined;
  for (let index = 0; index < (isNumbered(segments.value) ? range.count : 1); index += 1) {
    const text = expand(segments.value, (expansion) => {
      const known = knownValue(expansion, range, index);
      return known === expansion.text ? 'x' : known;
    });
    const environment = parseEnvironment(text);
    const own: ReadonlyMap<string, string> = environment.ok ? environment.value.pairs : new Map();
    names = (names ?? [...own.keys()]).filter((name) => own.has(name));
  }
  return new Set(names);
}

function isNumbered(segments: readonly Segment[]): boolean {
  return segments.some((each) => typeof each !== 'string' && each.name === 'process_num');
}

/** Expands what does not depend on the host; the rest stays as written, `%` as `%%`. */
function expandKnown(segments: readonly Segment[], range: ProcessRange, index: number): string {
  const escaped = segments.map((segment) =>
    typeof segment === 'string' ? segment.replaceAll('%', '%%') : segment,
  );
  return expand(escaped, (expansion) => knownValue(expansion, range, index));
}

function knownValue({ name, text }: Expansion, range: ProcessRange, index: number) {
  switch (name) {
    case 'program_name':
    case 'group_name':
      return range.app;
    case 'process_num':
      return range.first + index;
    case 'numprocs':
      return range.count;
    default:
      return text;
  }
}

/** What a host expands them to may have slashes, so that the directory is not known here. */
const hasUnknownSlashes = /%\((?:here|ENV_[^()]*)\)/;

function logDirectories(segments: readonly Segment[], range: ProcessRange): readonly string[] {
  const directories = new Set<string>();
  for (let index = 0; index < (isNumbered(segments) ? range.count : 1); index += 1) {
    const path = expandKnown(segments, range, index);
    const slash = path.lastIndexOf('/');
    // Without a slash supervisor asks nothing; /dev is everywhere.
    if (slash === -1 || readLogFile(path) !== 'Path') continue;
    if (hasUnknownSlashes.test(path.slice(slash))) continue;
    const directory = path.slice(0, slash).replace(/\/+$/, '') || '/';
    if (directory !== '/' && directory !== '/dev') directories.add(directory);
  }
  return [...directories];
}
