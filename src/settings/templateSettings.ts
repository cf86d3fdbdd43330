/**
 * The `[[template]]` tables of supervene.toml: files that are made of what the fleet tells. They have no
 * flag and no variable: what is run as root stands in a file that root wrote.
 */
import { dirname, isAbsolute } from 'node:path';
import type { TomlTable, TomlValue } from 'smol-toml';
import { splitCommand } from '../domain/content/shellWords.ts';
import { didYouMean } from '../domain/nearest.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { destMark, stagedMark, type Template } from '../domain/template/template.ts';
import { duration, fileMode, owner, path, type SettingType } from './settingTypes.ts';
import type { FileSource, SettingsError } from './sources.ts';

/** Names what a table may hold; the rest is in `readOne`. */
const fields: readonly string[] = [
  ...['src', 'dest', 'mode', 'owner'],
  ...['check', 'checkTimeout', 'reload', 'reloadTimeout'],
];

const tableName = 'template';
const templatesMax = 100;

/** `errors` receives what is wrong, with its place in the file. */
export function readTemplates(
  filePath: string,
  given: FileSource['templates'],
  errors: SettingsError[],
): readonly Template[] {
  if (given === undefined) return [];
  const tables = asTables(given.value);
  const lines = locateTables(given.text);
  const at = (line: number | undefined): string => `${filePath}:${String(line ?? 1)}`;
  if (tables === undefined || tables.length > templatesMax) {
    const message =
      tables === undefined
        ? 'template is not a list of tables'
        : `there are more than ${String(templatesMax)} templates`;
    errors.push({ source: at(lines[0]?.line), message, remedy: 'begin each with [[template]]' });
    return [];
  }
  const templates: Template[] = [];
  const lineByDest = new Map<string, number>();
  for (const [index, table] of tables.entries()) {
    const found = lines[index] ?? { line: 1, keys: new Map<string, number>() };
    const place = (key: string): string => at(found.keys.get(key) ?? found.line);
    const before = errors.length;
    const template = readOne(table, dirname(filePath), place, errors);
    if (template === undefined || errors.length > before) continue;
    const other = lineByDest.get(template.dest);
    lineByDest.set(template.dest, found.line);
    if (other === undefined) templates.push(template);
    else {
      const message = `template.dest ${template.dest} is that of the template at line ${String(other)}`;
      errors.push({ source: place('dest'), message, remedy: 'give each a file of its own' });
    }
  }
  return templates;
}

function asTables(value: TomlValue): readonly TomlTable[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const tables = value.filter(
    (one): one is TomlTable =>
      typeof one === 'object' && !Array.isArray(one) && !(one instanceof Date),
  );
  return tables.length === value.length ? tables : undefined;
}

type Place = (key: string) => string;

function readOne(
  table: TomlTable,
  baseDir: string,
  place: Place,
  errors: SettingsError[],
): Template | undefined {
  for (const key of Object.keys(table).filter((one) => !fields.includes(one))) {
    const remedy = didYouMean(key, fields, `a template has ${fields.join(', ')}`);
    errors.push({ source: place(key), message: `unknown setting template.${key}`, remedy });
  }
  const read = <T>(key: string, type: SettingType<T>): T | undefined => {
    const value = table[key];
    if (value === undefined) return undefined;
    const parsed = typeof value === 'string' ? type.parse(value, baseDir) : err('a text in quotes');
    if (parsed.ok) return parsed.value;
    const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : 'it';
    const message = `template.${key}: ${shown} is not ${parsed.error}`;
    errors.push({ source: place(key), message, remedy: 'correct it, or leave it out' });
    return undefined;
  };
  const src = read('src', path);
  const dest = read('dest', path);
  for (const key of ['src', 'dest'].filter((one) => table[one] === undefined)) {
    const remedy = `write ${key} = "/etc/…" below [[template]]`;
    errors.push({ source: place(key), message: `template.${key} is missing`, remedy });
  }
  for (const [key, hook] of [
    ['checkTimeout', 'check'],
    ['reloadTimeout', 'reload'],
  ] as const) {
    if (table[key] === undefined || table[hook] !== undefined) continue;
    const message = `template.${key} is given without template.${hook}`;
    errors.push({ source: place(key), message, remedy: `give ${hook} too, or neither` });
  }
  const check = read('check', checkWords);
  const checkTimeoutMs = read('checkTimeout', timeLimit) ?? 10_000;
  const reload = read('reload', reloadWords);
  const reloadTimeoutMs = read('reloadTimeout', timeLimit) ?? 30_000;
  const mode = read('mode', fileMode) ?? 0o644;
  const fileOwner = read('owner', owner) ?? { user: 'root', group: undefined };
  if (src === undefined || dest === undefined) return undefined;
  if (src === dest) {
    const message = 'template.dest is the template itself';
    errors.push({ source: place('dest'), message, remedy: 'write the text to another file' });
  }
  return {
    ...{ src, dest, mode, owner: fileOwner },
    check: check && { words: check, timeoutMs: checkTimeoutMs },
    reload: reload && { words: reload, timeoutMs: reloadTimeoutMs },
  };
}

const timeLimit = duration(100, 600_000);

const checkWords: SettingType<readonly string[]> = {
  placeholder: 'COMMAND',
  format: (words) => words.join(' '),
  parse: (text) => parseWords(text, [stagedMark, destMark]),
};

const reloadWords: SettingType<readonly string[]> = {
  ...checkWords,
  parse: (text) =>
    text.includes(stagedMark)
      ? err(`a command that can run: the new text is in place by then, write ${destMark}`)
      : parseWords(text, [destMark]),
};

function parseWords(text: string, marks: readonly string[]): Result<readonly string[], string> {
  const words = splitCommand(text);
  if (!words.ok) return err('a command: a quote or a backslash has no end');
  const [program = ''] = words.value;
  if (program === '' || /\p{Cc}/u.test(text)) return err('a command on one line');
  // A relative path would be one to wherever the agent was started.
  const isKnown = isAbsolute(program) || !program.includes('/');
  if (!isKnown) return err('a command with an absolute path, or a plain name');
  const mistyped = words.value.map((word) => whyMistyped(word, marks)).find((why) => why !== '');
  return mistyped === undefined ? ok(words.value) : err(`a command: ${mistyped}`);
}

/** Braces may be meant for the program: `{print $1}`. */
function whyMistyped(word: string, marks: readonly string[]): string {
  const unknown = word.match(/\{+\s*[\w-]+\s*\}+/g)?.find((mark) => !marks.includes(mark));
  if (unknown !== undefined) return `there is no ${unknown}, but ${marks.join(' and ')}`;
  let depth = 0;
  for (const sign of word) {
    if (sign === '{') depth += 1;
    if (sign === '}') depth -= 1;
    if (depth < 0) break;
  }
  return depth === 0 ? '' : `a brace of ${word} stands alone`;
}

interface TableLines {
  /** Of its header, from 1. */
  readonly line: number;
  readonly keys: Map<string, number>;
}

/** In the order of the file. Tables written inline are not found. */
function locateTables(text: string): readonly TableLines[] {
  const tables: TableLines[] = [];
  let open: TableLines | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*(\[\[?)\s*["']?([^\]"']+?)["']?\s*\]/.exec(line);
    if (header !== null) {
      const isOurs = header[1] === '[[' && header[2] === tableName;
      open = isOurs ? { line: index + 1, keys: new Map() } : undefined;
      if (open !== undefined) tables.push(open);
    }
    const key = /^\s*["']?([A-Za-z0-9_-]+)["']?\s*=/.exec(line)?.[1];
    if (key !== undefined) open?.keys.set(key, index + 1);
  }
  return tables;
}
