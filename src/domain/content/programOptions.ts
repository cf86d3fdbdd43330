/**
 * Every option that supervisor 4.2 reads in a [program:x] section: type, range, default.
 *
 * The order is the one in which files are rendered. Ranges are narrower than supervisor's own
 * where a value would harm more than its program: XML-RPC cannot carry integers beyond 31 bits, so
 * that one such value makes `supervisorctl avail` fail for the whole host.
 */
import { type ExpansionScope } from './expansions.ts';

export type OptionType =
  | 'Command'
  | 'ProcessName'
  | 'Integer'
  | 'Boolean'
  | 'ByteSize'
  | 'Autorestart'
  | 'ExitCodes'
  | 'Signal'
  | 'Umask'
  | 'User'
  | 'Path'
  | 'LogFile'
  | 'Environment'
  | 'Text';

export interface ProgramOption {
  readonly name: string;
  readonly type: OptionType;
  /** What supervisor takes when it is not set, as text; undefined for nothing. */
  readonly default: string | undefined;
  /** Of integers and, in bytes, of sizes; both ends allowed. */
  readonly min: number;
  readonly max: number;
  /** Undefined: the value must be known before it reaches a host. */
  readonly expands: ExpansionScope | undefined;
  readonly description: string;
}

const int32Max = 2 ** 31 - 1;

/** Each process costs every poll and every answer of the host's supervisord. */
const numprocsMax = 1000;

/** supervisord counts down through all of them, in its only thread, whenever a log rolls over. */
const backupsMax = 10_000;

type Details = Partial<Pick<ProgramOption, 'min' | 'max' | 'expands'>>;

function option(
  name: string,
  type: OptionType,
  byDefault: string | undefined,
  description: string,
  { min = 0, max = int32Max, expands }: Details = {},
): ProgramOption {
  return { name, type, default: byDefault, min, max, expands, description };
}

const late: Details = { expands: 'ProcessWithEnvironment' };

export const programOptions: readonly ProgramOption[] = [
  option('command', 'Command', undefined, 'What is run: a program and its arguments.', late),
  option('process_name', 'ProcessName', '%(program_name)s', 'The name of each process.', {
    expands: 'Process',
  }),
  option('numprocs', 'Integer', '1', 'How many processes are run.', { min: 1, max: numprocsMax }),
  option('numprocs_start', 'Integer', '0', 'The first process_num.', {
    max: int32Max - numprocsMax,
  }),
  option('priority', 'Integer', '999', 'Low ones start first and stop last.', {
    min: -int32Max - 1,
  }),
  option('autostart', 'Boolean', 'true', 'Started with supervisord.'),
  option('autorestart', 'Autorestart', 'unexpected', 'Started again after an exit.'),
  option('startsecs', 'Integer', '1', 'Seconds it must run to count as started.'),
  option('startretries', 'Integer', '3', 'Attempts to start before it is FATAL.'),
  option('exitcodes', 'ExitCodes', '0', 'Exit codes that are expected, with commas.', {
    max: 255,
  }),
  option('stopsignal', 'Signal', 'TERM', 'The signal that asks it to stop.'),
  option('stopwaitsecs', 'Integer', '10', 'Seconds between that signal and KILL.'),
  option('stopasgroup', 'Boolean', 'false', 'The stop signal goes to the process group.'),
  option('killasgroup', 'Boolean', undefined, 'KILL goes to the process group.'),
  option('user', 'User', undefined, 'Name or id of the user it runs as.', { expands: 'Program' }),
  option('directory', 'Path', undefined, 'The directory it starts in.', late),
  option('umask', 'Umask', undefined, 'Its umask, octal.', { max: 0o777 }),
  option('environment', 'Environment', '', 'KEY="value" pairs with commas.', {
    expands: 'Process',
  }),
  option('redirect_stderr', 'Boolean', 'false', 'Standard error goes to the log of stdout.'),
  ...logOptions('stdout'),
  ...logOptions('stderr'),
  option('serverurl', 'Text', 'AUTO', 'SUPERVISOR_SERVER_URL of the process.', {
    expands: 'Program',
  }),
];

function logOptions(stream: 'stdout' | 'stderr'): readonly ProgramOption[] {
  return [
    option(`${stream}_logfile`, 'LogFile', 'AUTO', `Path for ${stream}, or AUTO or NONE.`, late),
    option(`${stream}_logfile_maxbytes`, 'ByteSize', '50MB', 'Size of a roll-over; 0 for never.'),
    option(`${stream}_logfile_backups`, 'Integer', '10', 'Old log files kept.', {
      max: backupsMax,
    }),
    option(`${stream}_capture_maxbytes`, 'ByteSize', '0', 'Buffer of capture mode; 0 for off.'),
    option(`${stream}_events_enabled`, 'Boolean', 'false', 'Each write becomes an event.'),
    option(`${stream}_syslog`, 'Boolean', 'false', `${stream} goes to syslog too.`),
  ];
}

export const programOptionsByName: ReadonlyMap<string, ProgramOption> = new Map(
  programOptions.map((each) => [each.name, each]),
);
