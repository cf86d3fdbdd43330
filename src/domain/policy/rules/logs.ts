/** Where supervisord, which is root, opens log files for a program that is not. */
import { parseLogfileExpansions } from '../../content/expansions.ts';
import { readLogFile } from '../../content/optionValues.ts';
import { quote } from '../../quote.ts';
import { baseName, isBelow, normalisePath } from '../paths.ts';
import { resolveOption, unknownMark } from '../resolveOption.ts';
import { type Finding, type Rule, type Subject } from '../rule.ts';

const logOptions = ['stdout_logfile', 'stderr_logfile'];
const devices = ['/dev/stdout', '/dev/stderr'];

export const logRules: readonly Rule[] = [
  {
    stem: 'LOG_PATH',
    demands:
      'Log files are `NONE`, `AUTO`, `syslog`, `/dev/stdout`, `/dev/stderr`, or lie below one of `policy.logDirs`, and are not called `supervisord.log`.',
    check: (subject) => logOptions.flatMap((option) => pathFindings(subject, option)),
  },
  {
    stem: 'LOG_EXPANSION',
    demands:
      'The path of a log file does not hold `%(ENV_x)s` or `%(here)s`, which may have slashes.',
    check: ({ options }) =>
      logOptions
        .filter((option) => hasSlashyExpansion(options.get(option) ?? ''))
        .map((option) => ({
          option,
          message: `${option} depends on an environment or a directory of the host`,
          remedy: 'Write the path itself; %(program_name)s and %(process_num)d may stand in it.',
        })),
  },
];

function pathFindings(subject: Subject, option: string): readonly Finding[] {
  // What LOG_EXPANSION refuses would only be refused twice.
  if (hasSlashyExpansion(subject.options.get(option) ?? '')) return [];
  const { logDirs } = subject.policy;
  return resolveOption(subject, option)
    .map((value) => value.replaceAll(unknownMark, 'host'))
    .filter((value) => readLogFile(value) === 'Path' && !devices.includes(value))
    .filter((value) => {
      const path = normalisePath(value);
      // Behind a link `..` leads elsewhere than it reads.
      const isOdd = value.endsWith('/') || value.split('/').includes('..');
      return (
        path === undefined ||
        isOdd ||
        isOfSupervisord(path) ||
        !logDirs.some((dir) => isBelow(path, dir))
      );
    })
    .slice(0, 1)
    .map((value) => ({
      option,
      message: `supervisord would open ${quote(value, 80)} as root, and it ${isOfSupervisord(value) ? 'is its own log' : 'lies outside of policy.logDirs'}`,
      remedy: `Write NONE, /dev/stdout or a file below ${logDirs.join(', ')}.`,
    }));
}

/** With those that were rolled over. */
function isOfSupervisord(path: string): boolean {
  return /^supervisord\.log(?:\.\d+)?$/.test(baseName(path));
}

/** A host name has none. */
function hasSlashyExpansion(value: string): boolean {
  const segments = parseLogfileExpansions(value);
  if (!segments.ok) return true;
  return segments.value.some(
    (each) => typeof each !== 'string' && (each.name === 'here' || each.name.startsWith('ENV_')),
  );
}
