/** What a program may see of supervisord's environment, and what it may set for itself. */
import { quote } from '../../quote.ts';
import { programOptions } from '../../content/programOptions.ts';
import { environmentPairs, shownVariables, unknownMark } from '../resolveOption.ts';
import { type Rule, type Subject } from '../rule.ts';
import { commandVariables } from './command.ts';
import { runsAsRoot } from './user.ts';

/** They make a program load or run something else. A deny list: what is not known here is let through. */
const deniedNames = new RegExp(
  '^(?:' +
    [
      ...['LD_.*', 'GLIBC_TUNABLES', 'GCONV_PATH', 'LOCPATH', 'OPENSSL_(?:CONF|ENGINES|MODULES)'],
      ...['BASH_.*', 'BASHOPTS', 'SHELLOPTS', 'ENV', 'IFS', 'PS[0-4]', 'PROMPT_COMMAND', 'CDPATH'],
      ...['ZDOTDIR', 'KSH_ENV', 'FPATH', 'PYTHON.*', 'PERL.*', 'RUBY.*', 'GEM_.*', 'BUNDLE_.*'],
      ...['NODE_OPTIONS', 'NODE_PATH', 'npm_config_.*', 'PHPRC', 'PHP_INI_SCAN_DIR', 'LUA_.*'],
      ...['TCLLIBPATH', 'R_(?:PROFILE|ENVIRON|LIBS).*', 'ERL_.*', 'AWK(?:LIB)?PATH', 'JULIA_.*'],
      ...['JAVA_TOOL_OPTIONS', '_JAVA_OPTIONS', 'JDK_JAVA_OPTIONS', 'CLASSPATH', 'CORECLR_.*'],
      ...['DOTNET_STARTUP_HOOKS', 'DOTNET_(?:ADDITIONAL_DEPS|SHARED_STORE)', 'DOTNET_ROOT.*'],
      ...['GIT_.*', 'LESSOPEN', 'LESSCLOSE', 'EDITOR', 'VISUAL', 'PAGER', 'BROWSER', 'MAKEFLAGS'],
      ...['TAR_OPTIONS', 'RSYNC_RSH', 'GUILE_LOAD_.*', 'VIMINIT', 'EXINIT'],
    ].join('|') +
    ')$',
  's',
);

export const environmentRules: readonly Rule[] = [
  {
    stem: 'ENVIRONMENT_NAME',
    demands:
      'Neither `environment` nor `env NAME=value` in the command sets a variable that makes programs run other code (`LD_*`, `PYTHON*`, `PERL*`, `RUBY*`, `BASH_*`, `ENV`, `SHELLOPTS`, `NODE_OPTIONS`, `JAVA_TOOL_OPTIONS`, `GIT_*`, … below), nor one whose name only the host knows.',
    check: (subject) =>
      variables(subject)
        .filter(({ name }) => deniedNames.test(name) || name.includes(unknownMark))
        .map(({ option, name }) => ({
          option,
          message: name.includes(unknownMark)
            ? `${option} sets a variable whose name only the host knows`
            : `${option} sets ${quote(name, 40)}, which makes programs run other code`,
          remedy: 'Remove it, or set it in a script that starts the program.',
        })),
  },
  {
    stem: 'ENVIRONMENT_PATH',
    demands:
      'Neither `environment` nor `env PATH=…` in the command sets `PATH` for a program that runs as root.',
    check: (subject) =>
      variables(subject)
        .filter(({ name }) => name === 'PATH' && runsAsRoot(subject))
        .map(({ option }) => ({
          option,
          message: `${option} sets PATH for a program that runs as root`,
          remedy: 'Remove it, or run the program as another user.',
        })),
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

interface SetVariable {
  readonly option: 'environment' | 'command';
  readonly name: string;
}

/** That it gets besides supervisord's, each once. */
function variables(subject: Subject): readonly SetVariable[] {
  const own = new Set(environmentPairs(subject).map(([name]) => name));
  return [
    ...[...own].map((name) => ({ option: 'environment', name }) as const),
    ...commandVariables(subject).map((name) => ({ option: 'command', name }) as const),
  ];
}
