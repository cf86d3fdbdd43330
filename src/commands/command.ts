/** The form every command has: what it is called with, what `--help` says, and how it runs. */
import type { Settings } from '../settings/settings.ts';
import type { SettingScope } from '../settings/setting.ts';
import type { CommandIo } from './commandIo.ts';

export interface CommandInput {
  readonly io: CommandIo;
  readonly version: string;
  /** In the order of the definition; an optional one that is not given is absent. */
  readonly args: readonly string[];
  readonly options: CommandOptions;
  /** The defaults only, for a command that takes no settings. */
  readonly settings: Settings;
}

/** The command's own options, by the name of their flag without dashes. */
export interface CommandOptions {
  /** Given at all. */
  readonly has: (name: string) => boolean;
  /** The value, when there is one. */
  readonly text: (name: string) => string | undefined;
}

/** Resolves with the exit code. */
export type CommandRun = (input: CommandInput) => Promise<number>;

export interface CommandDefinition {
  readonly name: string;
  /** `<APP>`, `[HOST]`, `<FILE...>` with what they mean. */
  readonly args: readonly (readonly [string, string])[];
  readonly summary: string;
  readonly description: string;
  /** Flags with what they mean; `<X,...>` may be repeated. */
  readonly options: readonly (readonly [string, string])[];
  /** Whose flags it takes; empty for a command that reads no settings. */
  readonly scopes: readonly SettingScope[];
  readonly exits: readonly (readonly [number, string])[];
  readonly examples: readonly (readonly [string, string])[];
  /** Only what is run is loaded. */
  readonly load: () => Promise<CommandRun>;
}
