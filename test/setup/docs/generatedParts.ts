/**
 * The parts of docs/ that are made from the code: the settings, what each command takes, and who may
 * call which route of the console.
 *
 * They stand between two marks; what is around them is written by hand. `npm run docs` writes them
 * anew, and a test compares.
 */
import { type CommandDefinition } from '../../../src/commands/command.ts';
import { definitions } from '../../../src/commands/definitions.ts';
import { type Route, routes } from '../../../src/domain/console/routes.ts';
import { allSettings } from '../../../src/settings/schema.ts';
import {
  configEnv,
  configFlag,
  defaultConfigPath,
  defaultProgramOptions,
  programEnv,
  programFlag,
} from '../../../src/settings/specialSources.ts';

const begin = (name: string): string => `<!-- ${name}: made by npm run docs -->`;
const end = (name: string): string => `<!-- end of ${name} -->`;

export interface GeneratedPart {
  /** From the project's root. */
  readonly file: string;
  readonly name: string;
  readonly text: string;
}

export function generatedParts(): readonly GeneratedPart[] {
  return [
    { file: 'docs/settings.md', name: 'settings', text: settingsTable() },
    { file: 'docs/commands.md', name: 'commands', text: definitions.map(section).join('\n\n') },
    { file: 'docs/console.md', name: 'routes', text: routesTable() },
  ];
}

/** The text of the file with the part in its place, not formatted; undefined without the marks. */
export function withPart(text: string, { name, text: part }: GeneratedPart): string | undefined {
  const [from, to] = [text.indexOf(begin(name)), text.indexOf(end(name))];
  if (from < 0 || to < from) return undefined;
  return `${text.slice(0, from)}${begin(name)}\n\n${part}\n\n${text.slice(to)}`;
}

function settingsTable(): string {
  const rows = allSettings.map(
    ({ key, flag, env, placeholder, fallbackText, scope, description }) => [
      ...[key, placeholder === undefined ? flag : `${flag} ${placeholder}`, env].map(code),
      /^\S+$/.test(fallbackText) && fallbackText !== 'none' ? code(fallbackText) : fallbackText,
      scope,
      prose(description),
    ],
  );
  const programs = defaultProgramOptions.map(([name, value]) => code(`${name}=${value}`));
  return table(
    ['key', 'flag and value', 'environment', 'default', 'for', 'what'],
    [
      ...rows,
      [
        ...['program.*', `${programFlag} OPTION=VALUE`, programEnv].map(code),
        programs.join(', '),
        'agent',
        'options for what content does not set',
      ],
      [
        '–',
        code(`${configFlag} PATH`),
        code(configEnv),
        code(defaultConfigPath),
        'all',
        'the file of settings, if it exists',
      ],
    ],
  );
}

const reaches: Readonly<Record<Route['about'], string>> = {
  nothing: '',
  somewhere: 'anything; the answer shows only what is granted',
  app: 'that app, on any host',
  host: 'all apps on that host',
  place: 'that app on that host',
  each: 'every app and host that it is about',
  everywhere: 'all apps on all hosts',
};

function routesTable(): string {
  const rows = Object.values<Route>(routes).map(({ method, path, role, about }) => [
    code(`${method} ${path}`),
    role === 'user' ? 'whoever is logged in' : role,
    reaches[about],
  ]);
  return table(['route', 'role', 'granted for'], rows);
}

function section(definition: CommandDefinition): string {
  const { name, args, description, options, scopes, exits, examples } = definition;
  const usage = [name, ...args.map(([arg]) => arg.replaceAll(/[<>]/g, ''))].join(' ');
  const given = [
    ...args.map(([arg, text]) => [code(arg.replaceAll(/[<>]/g, '')), prose(text)]),
    ...options.map(([flags, text]) => [code(flags), prose(text)]),
  ];
  const taken = scopes.length === 0 ? 'none' : scopes.map(code).join(', ');
  return [
    `### ${usage.replaceAll('[', '\\[')}`,
    prose(description),
    ...(given.length === 0 ? [] : [table(['argument or option', 'what'], given)]),
    `Settings: ${taken}. Exit codes: ${exits.map(([exit, text]) => `${String(exit)} ${prose(text)}`).join('; ')}.`,
    ['```', ...examples.flatMap(exampleLines), '```'].join('\n'),
  ].join('\n\n');
}

function exampleLines([command, text]: readonly [string, string]): readonly string[] {
  return [`# ${text}`, command];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

/** One line; outside of code in back quotes nothing means something to Markdown. */
function prose(text: string): string {
  const pieces = text.replaceAll(/\s+/g, ' ').split('`');
  return pieces
    .map((piece, at) => (at % 2 === 1 ? piece : piece.replaceAll(/[\\*_<>[\]]/g, String.raw`\$&`)))
    .join('`')
    .replaceAll('|', String.raw`\|`);
}
