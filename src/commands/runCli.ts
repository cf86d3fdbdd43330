/**
 * One run of the command line: parses, reads the settings, runs the command, gives the exit code.
 *
 * Bad input never shows a stack trace: it is said what is wrong, where, and what to do.
 */
import { CommanderError } from 'commander';
import { allSettings } from '../settings/schema.ts';
import { readSettings } from '../settings/readSettings.ts';
import { type Result, ok } from '../domain/result.ts';
import type { Settings } from '../settings/settings.ts';
import type { SettingsError } from '../settings/sources.ts';
import { type CommandIo, exitDone, exitFailed, exitUsedWrongly, tellFault } from './commandIo.ts';
import { type Invocation, createProgram } from './createProgram.ts';

export async function runCli(
  argv: readonly string[],
  version: string,
  io: CommandIo,
): Promise<number> {
  const parsed = parse(argv, version, io);
  if (typeof parsed === 'number') return parsed;
  const { definition, args, options, flags } = parsed;
  const settings = settingsFor(parsed, io, flags);
  if (!settings.ok) {
    for (const error of settings.error) tellSettingsError(io, error);
    return exitUsedWrongly;
  }
  try {
    const run = await definition.load();
    const text = (name: string): string | undefined => {
      const value = options.get(name);
      return value === true ? undefined : value;
    };
    const has = (name: string): boolean => options.has(name);
    return await run({ io, version, args, options: { has, text }, settings: settings.value });
  } catch (error) {
    tellUnexpected(io, error);
    return exitFailed;
  }
}

function parse(argv: readonly string[], version: string, io: CommandIo): Invocation | number {
  let invocation: Invocation | undefined;
  const program = createProgram(version, {
    writeOut: io.writeOut,
    writeError: io.writeError,
    invoked: (given) => {
      invocation = given;
    },
  });
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitDone;
    tellMisplacedSetting(argv, io);
    return exitUsedWrongly;
  }
  return invocation ?? exitUsedWrongly;
}

/** Settings belong behind the command; that is worth a hint of its own. */
function tellMisplacedSetting(argv: readonly string[], io: CommandIo): void {
  const flag = argv[0]?.split('=')[0];
  const isSetting = allSettings.some((setting) => setting.flag === flag) || flag === '--config';
  if (isSetting) io.writeError(`  write it behind the command: supervene COMMAND ${flag} …\n`);
}

function settingsFor(
  { definition }: Invocation,
  io: CommandIo,
  flags: ReadonlyMap<string, string>,
): Result<Settings, readonly SettingsError[]> {
  const takesSettings = definition.scopes.length > 0;
  return readSettings({
    flags,
    env: takesSettings ? io.env : {},
    readText: takesSettings ? io.readText : () => ok(undefined),
    workingDir: io.workingDir,
    hostName: io.hostName,
    isTerminal: io.isErrorTerminal,
  });
}

function tellSettingsError(io: CommandIo, { source, message, remedy }: SettingsError): void {
  tellFault(io, { message: `${source}: ${message}`, remedy });
}

function tellUnexpected(io: CommandIo, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  tellFault(io, {
    message: `unexpected: ${message}`,
    remedy: 'this is a fault in supervene: please report it with what you did',
  });
}
