/**
 * Options for what the content of an app does not set: the `[program]` table.
 *
 * The sources add up, option by option, on top of the built-in defaults; an option keeps its place.
 */
import { checkDefaults } from '../domain/content/parseProgram.ts';
import { didYouMean } from '../domain/nearest.ts';
import { defaultProgramOptions, programEnv, programFlag } from './specialSources.ts';
import type { Given, SettingsError } from './sources.ts';

interface Input {
  readonly flags: ReadonlyMap<string, string>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `errors` receives what is wrong. */
export function readProgramDefaults(
  input: Input,
  table: readonly (readonly [string, Given])[],
  errors: SettingsError[],
): readonly (readonly [string, string])[] {
  const options = new Map(defaultProgramOptions);
  const given = [
    ...table,
    ...splitLines(input.env[programEnv], programEnv, errors),
    ...splitLines(input.flags.get(programFlag), programFlag, errors),
  ];
  for (const [written, { text, source }] of given) {
    const name = written.toLowerCase();
    const error = optionError(name, text, source);
    if (error === undefined) options.set(name, text);
    else errors.push(error);
  }
  return [...options];
}

/** `option=value` lines, as flag and variable hold them. */
function splitLines(
  lines: string | undefined,
  source: string,
  errors: SettingsError[],
): (readonly [string, Given])[] {
  const found: (readonly [string, Given])[] = [];
  for (const line of (lines ?? '').split('\n').filter((each) => each.trim() !== '')) {
    const at = line.indexOf('=');
    const text = line.slice(at + 1).trim();
    if (at > 0) found.push([line.slice(0, at).trim(), { text, source }]);
    else errors.push({ source, message: `${JSON.stringify(line)} is not OPTION=VALUE`, remedy });
  }
  return found;
}

const remedy = 'write for example stdout_logfile=/dev/stdout';

function optionError(name: string, text: string, source: string): SettingsError | undefined {
  if (!allowed.includes(name)) {
    const hint = didYouMean(name, allowed, 'see supervisord’s manual, [program:x] Section');
    return { source, message: `${name} cannot be a default of programs`, remedy: hint };
  }
  if (text.trim() === '' || /\p{Cc}/u.test(text)) {
    return { source, message: `program.${name} is not one line of text`, remedy };
  }
  // One bad default would break the file of every app.
  const [problem] = checkDefaults([[name, text]]);
  if (problem === undefined) return undefined;
  return { source, message: `program.${name}: ${problem.message}`, remedy: problem.remedy };
}

/** What can sensibly be the same for every app. */
const allowed: readonly string[] = [
  'priority',
  'autostart',
  'autorestart',
  'startsecs',
  'startretries',
  'exitcodes',
  'stopsignal',
  'stopwaitsecs',
  'stopasgroup',
  'killasgroup',
  'user',
  'redirect_stderr',
  'stdout_logfile',
  'stdout_logfile_maxbytes',
  'stdout_logfile_backups',
  'stdout_capture_maxbytes',
  'stdout_events_enabled',
  'stdout_syslog',
  'stderr_logfile',
  'stderr_logfile_maxbytes',
  'stderr_logfile_backups',
  'stderr_capture_maxbytes',
  'stderr_events_enabled',
  'stderr_syslog',
  'environment',
  'directory',
  'umask',
];
