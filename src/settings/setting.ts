/** One row of the schema: a setting with its three names, its type and its default. */
import type { SettingType } from './settingTypes.ts';

/** Which commands take the flag. The file and the environment are read whole by every command. */
export type SettingScope =
  /** Every command that reads or writes etcd. */
  | 'etcd'
  /** Who this host is. */
  | 'host'
  /** Where the agent of this host keeps its journal and its control socket. */
  | 'journal'
  /** Whose signatures are known here. */
  | 'trust'
  /** The console, and its users. */
  | 'console'
  /** Only what acts on this host: `agent`, `plan`, `doctor`. */
  | 'agent';

/** What is alike for settings of every type. */
export interface SettingInfo {
  readonly key: string;
  readonly flag: string;
  readonly env: string;
  /** Undefined for a flag without a value. */
  readonly placeholder: string | undefined;
  /** The default as people read it. */
  readonly fallbackText: string;
  readonly scope: SettingScope;
  readonly description: string;
}

export interface Setting<T> extends SettingInfo {
  readonly type: SettingType<T>;
  readonly fallback: T;
}

/** The variable is named after the flag. */
export function setting<T>(
  key: string,
  flag: string,
  scope: SettingScope,
  type: SettingType<T>,
  fallback: T,
  description: string,
  fallbackText: string = type.format(fallback),
): Setting<T> {
  const env = `SUPERVENE_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`;
  const { placeholder } = type;
  return { key, flag, env, placeholder, fallbackText, scope, description, type, fallback };
}
