/** What a program may see of supervisord's environment, and what it may set for itself. */
import { quote } from '../../quote.ts';
import { programOptions } from '../../content/programOptions.ts';
import { environmentPairs, shownVariables, unknownMark } from '../resolveOption.ts';
import { type Rule } from '../rule.ts';
import { runsAsRoot } from './user.ts';

/** They make a program load or run something else. */
const deniedNames = /^(?:LD_.*|PYTHON.*|PERL5.*|RUBY.*|NODE_OPTIONS|BASH_ENV|ENV|GCONV_PATH)$/s;

export const environmentRules: readonly Rule[] = [
  {
    stem: 'ENVIRONMENT_NAME',
    demands:
      '`environment` does not set `LD_*`, `PYTHON*`, `PERL5*`, `RUBY*`, `NODE_OPTIONS`, `BASH_ENV`, `ENV` or `GCONV_PATH`, nor a name that only the host knows.',
    check: (subject) =>
      names(environmentPairs(subject))
        .filter((name) => deniedNames.test(name) || name.includes(unknownMark))
        .map((name) => ({
          option: 'environment',
          message: name.includes(unknownMark)
            ? 'environment sets a variable whose name only the host knows'
            : `environment sets ${quote(name, 40)}, which makes programs run other code`,
          remedy: 'Remove it, or set it in a script that starts the program.',
        })),
  },
  {
    stem: 'ENVIRONMENT_PATH',
    demands: '`environment` does not set `PATH` for a program that runs as root.',
    check: (subject) =>
      runsAsRoot(subject) && names(environmentPairs(subject)).includes('PATH')
        ? [
            {
              option: 'environment',
              message: 'environment sets PATH for a program that runs as root',
              remedy: 'Remove it, or run the program as another user.',
            },
          ]
        : [],
  },
  {
    stem: 'ENV_EXPANSION',
    demands:
      '`%(ENV_x)s` shows only variables of supervisord that `policy.environment` names: its environment holds secrets.',
    check: (subject) =>
      programOptions.flatMap(({ name: option }) =>
        shownVariables(subject, option)
          .filter((variable) => !subject.policy.environment.includes(variable))
          .map((variable) => ({
            option,
            message: `${option} shows ${quote(variable, 40)} of supervisord's environment`,
            remedy: 'Write the value itself, or let policy.environment on the host name it.',
          })),
      ),
  },
];

function names(pairs: readonly (readonly [string, string])[]): readonly string[] {
  return [...new Set(pairs.map(([name]) => name))];
}
