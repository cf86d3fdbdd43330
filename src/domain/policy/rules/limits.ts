/** Options that no app may set, and numbers that would cost the whole host. */
import { readInteger } from '../../content/optionValues.ts';
import { type Finding, type Rule, type Subject } from '../rule.ts';

const deniedOptions: readonly string[] = [
  'serverurl',
  'stdout_events_enabled',
  'stderr_events_enabled',
  'stdout_capture_maxbytes',
  'stderr_capture_maxbytes',
];

const stopwaitsecsMax = 300;
const numprocsMax = 64;

export const limitRules: readonly Rule[] = [
  {
    stem: 'OPTION',
    demands:
      '`serverurl`, `*_events_enabled` and `*_capture_maxbytes` are not set: they let a program speak to listeners and to other supervisors.',
    check: ({ options }) =>
      deniedOptions
        .filter((option) => options.has(option))
        .map((option) => ({
          option,
          message: `${option} is not allowed on this host`,
          remedy: 'Remove it.',
        })),
  },
  {
    stem: 'STOPWAITSECS',
    demands: '`stopwaitsecs` is at most 300.',
    check: (subject) =>
      above(subject, 'stopwaitsecs', stopwaitsecsMax, 'a stop may not keep an update that long'),
  },
  {
    stem: 'NUMPROCS',
    demands: '`numprocs` is at most 64.',
    check: (subject) =>
      above(subject, 'numprocs', numprocsMax, 'every process costs every look at the host'),
  },
];

function above({ options }: Subject, option: string, max: number, why: string): readonly Finding[] {
  const number = readInteger(options.get(option) ?? '');
  if (number === undefined || number <= max) return [];
  return [
    {
      option,
      message: `${option} is ${String(number)}: ${why}`,
      remedy: `Write at most ${String(max)}.`,
    },
  ];
}
