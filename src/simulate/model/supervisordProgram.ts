/**
 * A `[program:x]` section as the processes that supervisor 4.2.5 makes of it
 * (`ServerOptions._processes_from_section`), in its order, so that of several faults the same one is
 * told. Throws a refusal.
 */
import { type Behaviour, readBehaviour } from './behaviour.ts';
import { type Expansions, format } from './python.ts';
import type { SupervisordHost } from './supervisordHost.ts';
import {
  autorestart,
  boolean,
  byteSize,
  exitCodes,
  integer,
  keyValuePairs,
  logAuto,
  type LogFile,
  logFile,
  logNone,
  logSyslog,
  octal,
  processOrGroupName,
  refuse,
  signalNumber,
  unwrap,
  userId,
} from './supervisordValues.ts';

export interface ProcessConfig {
  readonly name: string;
  readonly command: string;
  readonly behaviour: Behaviour;
  readonly priority: number;
  readonly autostart: boolean;
  readonly autorestart: 'true' | 'false' | 'unexpected';
  readonly startsecs: number;
  readonly startretries: number;
  readonly stopsignal: number;
  readonly stopwaitsecs: number;
  readonly exitcodes: readonly number[];
  readonly stdoutLogFile: LogFile;
  readonly stderrLogFile: LogFile;
  /** Everything else that supervisor compares, as one text. */
  readonly others: string;
}

export interface ProgramSection {
  /** As written between the brackets. */
  readonly name: string;
  /** Undefined for what is set neither there nor in `[DEFAULT]`. */
  readonly get: (option: string) => string | undefined;
}

export interface ProgramSurroundings {
  readonly host: SupervisordHost;
  readonly here: string;
  /** `ENV_x` of supervisord and of `[supervisord] environment=`. */
  readonly environment: Expansions;
  readonly groupName: string;
  /** `[supervisord] environment=`. */
  readonly commonEnvironment: ReadonlyMap<string, string>;
}

/** Sorted by priority, then name. */
export function processesFrom(
  section: ProgramSection,
  around: ProgramSurroundings,
): readonly ProcessConfig[] {
  const reader = createReader(section, around);
  const { expansions } = reader;
  const options = readOptions(reader, around.host);
  const { first, numprocs } = options;
  const environment = section.get('environment') ?? '';
  const processName = processOrGroupName(section.get('process_name') ?? '%(program_name)s');
  if (numprocs > 1 && !processName.includes('%(process_num)')) {
    refuse('%(process_num) must be present within process_name when numprocs > 1');
  }
  if (options.stopasgroup && !options.killasgroup) {
    refuse('Cannot set stopasgroup=true and killasgroup=false');
  }
  const processes: ProcessConfig[] = [];
  for (let number = first; number < first + numprocs; number++) {
    expansions.set('process_num', number);
    expansions.set('numprocs', numprocs);
    for (const [name, value] of around.environment) expansions.set(name, value);
    const own = keyValuePairs(unwrap(format(environment, expansions, 'environment')));
    for (const [name, value] of own) expansions.set(`ENV_${name}`, value);
    const directory = reader.getMaybe('directory');
    const logs = readLogs(reader, options.isRedirected, around.host);
    const command =
      reader.getMaybe('command') ??
      refuse(`program section ${section.name} does not specify a command`);
    const environmentPairs = new Map([...around.commonEnvironment, ...own]);
    processes.push({
      name: unwrap(format(processName, expansions, 'process_name')),
      command,
      behaviour: readBehaviour(command),
      ...options.lifecycle,
      stdoutLogFile: logs.stdout,
      stderrLogFile: logs.stderr,
      others: JSON.stringify([
        directory,
        options.others,
        logs.others,
        [...environmentPairs].sort(([a], [b]) => (a < b ? -1 : 1)),
      ]),
    });
  }
  return processes.sort(byPriorityAndName);
}

type Get = (option: string, otherwise: string) => string;

interface Reader {
  /** What the options are expanded with; grows while a process is read. */
  readonly expansions: Map<string, string | number>;
  readonly get: Get;
  readonly getMaybe: (option: string) => string | undefined;
}

function createReader(section: ProgramSection, around: ProgramSurroundings): Reader {
  const expansions = new Map<string, string | number>([
    ...around.environment,
    ['here', around.here],
    ['program_name', processOrGroupName(section.name.slice(section.name.indexOf(':') + 1))],
    ['host_node_name', around.host.nodeName],
    ['group_name', around.groupName],
  ]);
  const getMaybe = (option: string): string | undefined => {
    const value = section.get(option);
    if (value === undefined) return undefined;
    return unwrap(format(value, expansions, `${section.name}.${option}`));
  };
  return { expansions, getMaybe, get: (option, otherwise) => getMaybe(option) ?? otherwise };
}

/** In supervisor's order. */
function readOptions({ get, getMaybe }: Reader, host: SupervisordHost) {
  const lifecycle = {
    priority: integer(get('priority', '999')),
    autostart: boolean(get('autostart', 'true')),
    autorestart: autorestart(get('autorestart', 'unexpected')),
    startsecs: integer(get('startsecs', '1')),
    startretries: integer(get('startretries', '3')),
    stopsignal: signalNumber(get('stopsignal', 'TERM')),
    stopwaitsecs: integer(get('stopwaitsecs', '10')),
  };
  const stopasgroup = boolean(get('stopasgroup', 'false'));
  const killasgroup = boolean(get('killasgroup', String(stopasgroup)));
  const exitcodes = exitCodes(get('exitcodes', '0'));
  const isRedirected = boolean(get('redirect_stderr', 'false'));
  const numprocs = integer(get('numprocs', '1'));
  const first = integer(get('numprocs_start', '0'));
  const others = [
    byteSize(get('stdout_capture_maxbytes', '0')),
    boolean(get('stdout_events_enabled', 'false')),
    byteSize(get('stderr_capture_maxbytes', '0')),
    boolean(get('stderr_events_enabled', 'false')),
    getMaybe('serverurl')?.replace(/^\s*auto\s*$/i, ''),
    maybe(getMaybe('user'), (user) => userId(user, host)),
    maybe(getMaybe('umask'), octal),
    stopasgroup,
    killasgroup,
    isRedirected,
  ];
  return {
    lifecycle: { ...lifecycle, exitcodes },
    ...{ stopasgroup, killasgroup, isRedirected, numprocs, first, others },
  };
}

function maybe<Value>(text: string | undefined, read: (text: string) => Value) {
  return text === undefined ? undefined : read(text);
}

function readLogs(
  { get, getMaybe, expansions }: Reader,
  isRedirected: boolean,
  host: SupervisordHost,
) {
  const others: unknown[] = [];
  const read = (stream: 'stdout' | 'stderr'): LogFile => {
    const option = `${stream}_logfile`;
    const written = getMaybe(option);
    // Expanded a second time, as supervisor does.
    const expanded = written === undefined ? logAuto : unwrap(format(written, expansions, option));
    const file = logFile(expanded, host);
    const backups = integer(get(`${option}_backups`, '10'));
    const maxBytes = byteSize(get(`${option}_maxbytes`, '50MB'));
    const syslog = boolean(get(`${stream}_syslog`, 'false'));
    others.push(backups, maxBytes, syslog || file === logSyslog);
    return file === logSyslog ? logNone : file;
  };
  const stdout = read('stdout');
  const stderr = read('stderr');
  return { stdout, stderr: isRedirected ? logNone : stderr, others };
}

function byPriorityAndName(a: ProcessConfig, b: ProcessConfig): number {
  if (a.priority !== b.priority) return a.priority - b.priority;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** As supervisor compares: an AUTO log file is taken for the same as whatever it was before. */
export function isSameProcess(fresh: ProcessConfig, active: ProcessConfig): boolean {
  return (
    fresh === active ||
    (fresh.name === active.name &&
      fresh.command === active.command &&
      fresh.priority === active.priority &&
      fresh.autostart === active.autostart &&
      fresh.autorestart === active.autorestart &&
      fresh.startsecs === active.startsecs &&
      fresh.startretries === active.startretries &&
      fresh.stopsignal === active.stopsignal &&
      fresh.stopwaitsecs === active.stopwaitsecs &&
      fresh.exitcodes.join() === active.exitcodes.join() &&
      fresh.others === active.others &&
      isSameLog(fresh.stdoutLogFile, active.stdoutLogFile) &&
      isSameLog(fresh.stderrLogFile, active.stderrLogFile))
  );
}

/** Once a group is active its AUTO is the path of a temporary file. */
function isSameLog(fresh: LogFile, active: LogFile): boolean {
  return fresh === logAuto || fresh === active;
}
