/**
 * The command line, made from the definitions and from the schema of the settings.
 *
 * `--help` is complete because nothing in it is written twice.
 */
import { Command, Option } from 'commander';
import { allSettings } from '../settings/schema.ts';
import { type SettingInfo } from '../settings/setting.ts';
import { configEnv, configFlag, defaultConfigPath } from '../settings/specialSources.ts';
import { programEnv, programFlag } from '../settings/specialSources.ts';
import type { CommandDefinition } from './command.ts';
import { definitions } from './definitions.ts';

/** What was called, with everything that was given. */
export interface Invocation {
  readonly definition: CommandDefinition;
  readonly args: readonly string[];
  /** Own options by flag without dashes; `true` when it has no value, several by line breaks. */
  readonly options: ReadonlyMap<string, string | true>;
  /** Settings by flag. */
  readonly flags: ReadonlyMap<string, string>;
}

export interface ProgramDeps {
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly invoked: (invocation: Invocation) => void;
}

/** Throws commander's own errors; `runCli` knows them. */
export function createProgram(version: string, deps: ProgramDeps): Command {
  const program = new Command('supervene')
    .description('Keeps the processes of a cluster equal to a configuration in etcd.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this')
    .helpCommand('help [COMMAND]', 'show the help of a command')
    .exitOverride()
    .configureOutput({ writeOut: deps.writeOut, writeErr: deps.writeError })
    .configureHelp({ helpWidth: 100, showGlobalOptions: false })
    .showHelpAfterError('  supervene --help lists the commands')
    .addHelpText('after', `\n${mainHelp}`);
  for (const definition of definitions) addCommand(program, definition, deps);
  return program;
}

const mainHelp = `Exit codes: 0 done; 1 failed; 2 used wrongly; 3 there are differences.
Settings are flags of the commands, environment variables and keys of ${defaultConfigPath};
\`supervene agent --help\` lists those of a host, \`supervene console --help\` those of the console.
`;

function addCommand(program: Command, definition: CommandDefinition, deps: ProgramDeps): void {
  const command = program
    .command(definition.name)
    .summary(definition.summary)
    .description(definition.description)
    .helpOption('-h, --help', 'show this')
    .showHelpAfterError(`  supervene ${definition.name} --help shows how it is used`)
    .addHelpText('after', `\n${helpTail(definition)}`);
  for (const [name, text] of definition.args) command.argument(name, text);
  const own = definition.options.map(([flags, text]) => ownOption(flags, text));
  const settings = definition.scopes.length === 0 ? [] : settingOptions(definition);
  for (const option of [...own, ...settings]) command.addOption(option);
  command.action(() => {
    const given: Readonly<Record<string, unknown>> = command.opts();
    deps.invoked({
      definition,
      args: command.args,
      options: new Map(own.flatMap((option) => ownEntry(option, given))),
      flags: new Map(settings.flatMap((option) => settingEntry(option, given))),
    });
  });
}

/**
 * Its text is broken where the terminal ends, and nowhere else: where it is broken in the
 * definition depends on no other option of the command.
 *
 * `<X...>` takes every argument up to the next flag; `<X,...>` one, and may be repeated, so that an
 * argument of the command may follow it.
 */
function ownOption(flags: string, text: string): Option {
  const option = new Option(flags, text.replaceAll('\n', ' '));
  return flags.endsWith(',...>') ? option.argParser(collect) : option;
}

function collect(value: string, before: unknown): string {
  return typeof before === 'string' ? `${before}\n${value}` : value;
}

function ownEntry(option: Option, given: Readonly<Record<string, unknown>>) {
  const value = given[option.attributeName()];
  // Of `--no-history` commander says `history: false`.
  if (option.negate) return value === false ? [[option.name(), true] as const] : [];
  if (value === undefined || value === false) return [];
  if (Array.isArray(value)) return [[option.name(), value.join('\n')] as const];
  return [[option.name(), typeof value === 'string' ? value : true] as const];
}

function settingEntry(option: Option, given: Readonly<Record<string, unknown>>) {
  const value = given[option.attributeName()];
  return value === undefined ? [] : [[`--${option.name()}`, String(value)] as const];
}

function settingOptions(definition: CommandDefinition): readonly Option[] {
  const scoped = allSettings.filter((setting) => definition.scopes.includes(setting.scope));
  const options = scoped.map((setting) => {
    const value = setting.placeholder === undefined ? '' : ` <${setting.placeholder}>`;
    return new Option(`${setting.flag}${value}`, settingHelp(setting));
  });
  const config = new Option(
    `${configFlag} <PATH>`,
    `file of settings\n${configEnv}, default ${defaultConfigPath} if it exists`,
  );
  const all = definition.scopes.includes('agent')
    ? [config, ...options, programOption()]
    : [config, ...options];
  return all.map((option) =>
    option.helpGroup('Settings (flag, variable, file, default; first wins):'),
  );
}

function settingHelp({ description, env, key, fallbackText }: SettingInfo): string {
  return `${description}\n${env}, ${key}, default ${fallbackText}`;
}

function programOption(): Option {
  return new Option(
    `${programFlag} <OPTION=VALUE>`,
    `option for what the content of an app does not set; may be repeated\n` +
      `${programEnv} (one a line), table program, default as below`,
  ).argParser(collect);
}

function helpTail({ examples, exits }: CommandDefinition): string {
  const width = Math.max(...examples.map(([command]) => command.length));
  const lines = [
    'Examples:',
    ...examples.map(([command, text]) =>
      width > 60 ? `  # ${text}\n  ${command}` : `  ${command.padEnd(width)}  # ${text}`,
    ),
    '',
    'Exit codes:',
    ...exits.map(([code, text]) => `  ${code}  ${text}`),
  ];
  return `${lines.join('\n')}\n`;
}
