/**
 * The three places a setting can come from, as texts with their places.
 *
 * Whatever is found that is not a setting becomes an error that names the nearest one.
 */
import { type TomlTable, type TomlValue, TomlError, parse } from 'smol-toml';
import { type Result, err, ok } from '../domain/result.ts';
import { locateKey } from './locateKey.ts';
import { didYouMean } from '../domain/nearest.ts';
import { allSettings } from './schema.ts';
import { type SettingInfo } from './setting.ts';
import { configEnv, otherVariables, programEnv } from './specialSources.ts';

export interface SettingsError {
  /** Flag, variable, or `file:line`; where the value stands. */
  readonly source: string;
  readonly message: string;
  readonly remedy: string;
}

/** A text and where it stands. */
export interface Given {
  readonly text: string;
  readonly source: string;
}

export interface FileSource {
  readonly given: ReadonlyMap<string, Given>;
  /** The `[program]` table, in the order of the file. */
  readonly program: readonly (readonly [string, Given])[];
  /** What stands under `template`, unread, and the whole file. */
  readonly templates: { readonly value: TomlValue; readonly text: string } | undefined;
}

export const emptyFile: FileSource = { given: new Map(), program: [], templates: undefined };

/** `[[template]]`: tables with keys of their own, read elsewhere. */
const templateKey = 'template';

/** Reads a whole supervene.toml. Every fault is reported, not only the first. */
export function readToml(path: string, text: string): Result<FileSource, readonly SettingsError[]> {
  let table: TomlTable;
  try {
    table = parse(text);
  } catch (error) {
    return err([tomlSyntaxError(path, error)]);
  }
  const errors: SettingsError[] = [];
  const given = new Map<string, Given>();
  const program: [string, Given][] = [];
  const { [templateKey]: templates, ...settings } = table;
  for (const [key, value] of leaves(settings, '')) {
    const source = `${path}:${locateKey(text, key)}`;
    const valueText = toText(value);
    const isProgram = key.startsWith('program.');
    if (!isProgram && !settingsByKey.has(key)) {
      errors.push(unknownKey(key, source));
    } else if (valueText === undefined) {
      errors.push({ source, message: `${key} has a value of a wrong kind`, remedy: quoteIt });
    } else if (isProgram) {
      program.push([key.slice('program.'.length), { text: valueText, source }]);
    } else {
      given.set(key, { text: valueText, source });
    }
  }
  if (errors.length > 0) return err(errors);
  const found = templates === undefined ? undefined : { value: templates, text };
  return ok({ given, program, templates: found });
}

const quoteIt = 'write the value as a string in quotes';

const settingsByKey: ReadonlyMap<string, SettingInfo> = new Map(
  allSettings.map((one) => [one.key, one]),
);

function tomlSyntaxError(path: string, error: unknown): SettingsError {
  const place = error instanceof TomlError ? `${path}:${error.line}` : path;
  const detail = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  return { source: place, message: detail, remedy: 'correct the file; it is TOML (toml.io)' };
}

/** Every value that is not a table, with its dotted key, in the order of the file. */
function* leaves(table: TomlTable, prefix: string): Generator<readonly [string, TomlValue]> {
  for (const [name, value] of Object.entries(table)) {
    const key = `${prefix}${name}`;
    if (isTable(value)) yield* leaves(value, `${key}.`);
    else yield [key, value];
  }
}

function isTable(value: TomlValue): value is TomlTable {
  return typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
}

/** As it would be written in a flag; undefined for kinds no setting has. */
function toText(value: TomlValue): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  if (!Array.isArray(value)) return undefined;
  const items = value.filter((item) => typeof item === 'string');
  return items.length === value.length ? items.join(',') : undefined;
}

function unknownKey(key: string, source: string): SettingsError {
  const last = key.slice(key.lastIndexOf('.') + 1);
  const sameName = allSettings.find((one) => one.key.endsWith(`.${last}`));
  const hint =
    sameName === undefined
      ? didYouMean(
          key,
          [...settingsByKey.keys(), templateKey],
          'supervene agent --help lists every setting',
        )
      : `did you mean ${sameName.key}?`;
  return { source, message: `unknown setting ${key}`, remedy: hint };
}

/** Variables that begin like ours and are not. */
export function unknownVariables(
  env: Readonly<Record<string, string | undefined>>,
): SettingsError[] {
  const known = [...allSettings.map((one) => one.env), configEnv, programEnv];
  return Object.keys(env)
    .filter((name) => name.startsWith('SUPERVENE_'))
    .filter((name) => !known.includes(name) && !otherVariables.includes(name))
    .sort()
    .map((name) => ({
      source: name,
      message: 'unknown environment variable',
      remedy: didYouMean(name, known, 'unset it; supervene agent --help lists every setting'),
    }));
}
