/** What a program may be, and what may run it. */
import { splitCommand } from '../../content/shellWords.ts';
import { quote } from '../../quote.ts';
import { isLauncher, type Launches, launchesOf } from '../launches.ts';
import { isWithin, normalisePath } from '../paths.ts';
import { matchesAny } from '../../wildcard.ts';
import { resolveOption, unknownMark } from '../resolveOption.ts';
import { type Finding, type Rule, type Subject } from '../rule.ts';

/** What stands there, others write. */
const oddPlaces = ['/proc', '/dev'];

export const commandRules: readonly Rule[] = [
  {
    stem: 'COMMAND_EXPANSION',
    demands: 'Which program runs does not depend on what only the host knows.',
    check: (subject) =>
      anyLaunch(subject, ({ isUnknown }) => isUnknown)
        ? [
            {
              option: 'command',
              message:
                'which program runs depends on an environment, on the host or on its directories',
              remedy: 'Write the path of the program itself; its arguments may be expanded.',
            },
          ]
        : [],
  },
  {
    stem: 'COMMAND_RELATIVE',
    demands:
      'The program is an absolute path; so is what `env`, `nice` and the like run, and the script of a shell or an interpreter.',
    check: (subject) =>
      programs(subject)
        .filter((program) => normalisePath(program) === undefined)
        .map((program) => ({
          option: 'command',
          message: `${called(subject, program)} is no absolute path, so that anything may be found`,
          remedy: 'Write its absolute path.',
        })),
  },
  {
    stem: 'COMMAND_PREFIX',
    demands:
      'The program, and the script of a shell or an interpreter, lies below one of `policy.commandPrefixes`, never in `/proc` or `/dev`. Shells, interpreters and wrappers of apps of `policy.shellApps` may lie elsewhere.',
    check: (subject) =>
      programs(subject).flatMap((program): readonly Finding[] => {
        const path = normalisePath(program);
        if (path === undefined) return [];
        const isOdd = oddPlaces.some((place) => isWithin(path, place));
        const prefixes = prefixesFor(subject, program);
        if (!isOdd && prefixes.some((prefix) => isWithin(path, prefix))) return [];
        return [
          {
            option: 'command',
            message: `${called(subject, program)} lies outside of policy.commandPrefixes`,
            remedy: `Put it below ${subject.policy.commandPrefixes.join(', ')}, or add its place on the host.`,
          },
        ];
      }),
  },
  {
    stem: 'SHELL',
    demands:
      'No shell and no interpreter is given code (`-c`, `-e`, …) or reads it from its input, also not behind a wrapper; only apps of `policy.shellApps` may.',
    check: (subject) => codeFindings(subject, 'Shell'),
  },
  {
    stem: 'WRAPPER',
    demands:
      'No program is run through something that changes who runs, or that hides what runs (`sudo`, `chroot`, `env -S`, …); only apps of `policy.shellApps` may.',
    check: (subject) => codeFindings(subject, 'Wrapper'),
  },
];

function codeFindings(subject: Subject, type: 'Shell' | 'Wrapper'): readonly Finding[] {
  if (isShellApp(subject) || !anyLaunch(subject, ({ code }) => code?.type === type)) return [];
  const message =
    type === 'Shell'
      ? 'a shell or an interpreter is given code to run'
      : 'it is run through a program that hides what is run, or as whom';
  const remedy =
    type === 'Shell'
      ? 'Put the code into a script of its own below policy.commandPrefixes, or let policy.shellApps on the host name the app.'
      : 'Run the program itself, or let policy.shellApps on the host name the app.';
  return [{ option: 'command', message, remedy }];
}

export function isShellApp({ app, policy }: Subject): boolean {
  return matchesAny(app, policy.shellApps);
}

/** Where this program may lie. */
export function prefixesFor(subject: Subject, program: string): readonly string[] {
  return isShellApp(subject) && isLauncher(program) ? ['/'] : subject.policy.commandPrefixes;
}

/** Programs and scripts of every process, each once. */
export function programs(subject: Subject): readonly string[] {
  return [...new Set(launches(subject).flatMap((each) => [...each.programs, ...each.scripts]))];
}

/** Names of variables that the command itself sets, each once. */
export function commandVariables(subject: Subject): readonly string[] {
  return [...new Set(launches(subject).flatMap(({ variables }) => variables))];
}

/** May be a secret: it comes out of `environment`, or was written where something else belongs. */
export function isPrivate({ options }: Subject, program: string): boolean {
  const command = options.get('command') ?? '';
  if (command.includes('%(ENV_') || program.includes('=')) return true;
  return !program.startsWith('/') && !command.trimStart().startsWith(program);
}

function called(subject: Subject, program: string): string {
  if (isPrivate(subject, program)) return 'the program, or what it runs,';
  return `the program ${quote(normalisePath(program) ?? program, 80)}`;
}

function anyLaunch(subject: Subject, is: (launches: Launches) => boolean): boolean {
  return launches(subject).some(is);
}

function launches(subject: Subject): readonly Launches[] {
  return resolveOption(subject, 'command').map((command) => {
    const words = splitCommand(command);
    // What an own variable holds may break the quotes: then nobody knows.
    return words.ok ? launchesOf(words.value) : launchesOf([unknownMark]);
  });
}
