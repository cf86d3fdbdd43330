/** What can be written at a place of a program's text, and what stands there means. Pure. */
import {
  type ProgramOption,
  programOptions,
  programOptionsByName,
} from '../../../domain/content/programOptions.ts';
import { commentStart, readBody } from '../../../domain/content/readBody.ts';
import { fill, type Language } from '../core/language.ts';
import { nameIn } from './checkDraft.ts';
import { expansionTexts, optionTexts, optionWords } from './optionTexts.ts';

export interface Suggestion {
  readonly label: string;
  /** What is written for it. */
  readonly apply: string;
  readonly kind: 'option' | 'value' | 'expansion';
  /** A word or two beside it. */
  readonly detail: string;
  /** In sentences. */
  readonly info: string;
}

export interface Suggestions {
  /** Offsets in the text: what is replaced. */
  readonly from: number;
  readonly to: number;
  readonly suggestions: readonly Suggestion[];
}

export interface Explanation {
  readonly from: number;
  readonly to: number;
  readonly title: string;
  readonly lines: readonly string[];
}

interface Spot {
  readonly lineStart: number;
  readonly line: string;
  /** In the line. */
  readonly column: number;
  /** The option whose value this is; undefined where a name stands, or could. */
  readonly option: string | undefined;
  /** Where its value begins in this line. */
  readonly valueAt: number;
  readonly isComment: boolean;
}

function spotAt(text: string, position: number): Spot {
  const lineStart = text.lastIndexOf('\n', position - 1) + 1;
  const lineEnd = text.indexOf('\n', position);
  const line = text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd);
  const column = position - lineStart;
  const comment = commentStart(line);
  const isComment = /^\s*[;#]/.test(line) || (typeof comment === 'number' && column > comment);
  const spot = { lineStart, line, column, isComment };
  const before = /^\s/.test(line) ? optionAbove(text, lineStart) : undefined;
  if (before !== undefined) return { ...spot, option: before, valueAt: 0 };
  const delimiter = line.search(/[=:]/);
  const isName = delimiter === -1 || column <= delimiter;
  if (isName) return { ...spot, option: undefined, valueAt: 0 };
  return { ...spot, option: line.slice(0, delimiter).trim().toLowerCase(), valueAt: delimiter + 1 };
}

/** The option that an indented line goes on with. */
function optionAbove(text: string, lineStart: number): string | undefined {
  const lines = text.slice(0, Math.max(0, lineStart - 1)).split('\n');
  for (const line of lines.toReversed()) {
    if (line.trim() === '' || /^\s/.test(line) || /^[;#]/.test(line)) continue;
    return nameIn(line)?.name.toLowerCase();
  }
  return undefined;
}

/** Undefined where there is nothing to suggest. */
export function suggestAt(
  text: string,
  position: number,
  language: Language,
): Suggestions | undefined {
  const spot = spotAt(text, position);
  if (spot.isComment) return undefined;
  return spot.option === undefined
    ? suggestNames(text, spot, language)
    : suggestValues(spot, spot.option, language);
}

function suggestNames(text: string, spot: Spot, language: Language): Suggestions {
  const { line, column, lineStart } = spot;
  const start = line.length - line.trimStart().length;
  const word = /^[A-Za-z_]*/.exec(line.slice(Math.min(start, column)))?.[0] ?? '';
  const hasDelimiter = /[=:]/.test(line);
  const lineNumber = text.slice(0, lineStart).split('\n').length;
  const linesByName = new Map(
    [...readBody(text).options].map(([name, option]) => [name, option.line]),
  );
  const words = optionWords[language];
  const suggestions = programOptions.map((option): Suggestion => {
    const setAt = linesByName.get(option.name);
    const isSet = setAt !== undefined && setAt !== lineNumber;
    const byDefault =
      option.default === undefined || option.default === '' ? words.none : option.default;
    return {
      label: option.name,
      apply: hasDelimiter ? option.name : `${option.name}=`,
      kind: 'option',
      detail: isSet ? fill(words.set, { line: setAt }) : `${words.default}: ${byDefault}`,
      info: explainOption(option, language).join('\n'),
    };
  });
  const from = lineStart + Math.min(start, column);
  // What is set already comes last.
  const isNew = (one: Suggestion): boolean =>
    (linesByName.get(one.label) ?? lineNumber) === lineNumber;
  const sorted = [...suggestions.filter(isNew), ...suggestions.filter((one) => !isNew(one))];
  return { from, to: Math.max(from + word.length, lineStart + column), suggestions: sorted };
}

function suggestValues(spot: Spot, name: string, language: Language): Suggestions | undefined {
  const { line, column, lineStart, valueAt } = spot;
  const option = programOptionsByName.get(name);
  if (option === undefined) return undefined;
  const before = line.slice(valueAt, column);
  const expansion = /%\(?[A-Za-z_]*$/.exec(before)?.[0];
  if (expansion !== undefined && option.expands !== undefined) {
    const from = lineStart + column - expansion.length;
    return { from, to: lineStart + column, suggestions: suggestExpansions(option, language) };
  }
  const word = before.trimStart();
  const suggestions = valuesOf(option).map((value): Suggestion => {
    const isDefault = value === option.default;
    const detail = isDefault ? optionWords[language].default : '';
    return { label: value, apply: value, kind: 'value', detail, info: '' };
  });
  if (suggestions.length === 0 || /\s/.test(word)) return undefined;
  return { from: lineStart + column - word.length, to: lineStart + column, suggestions };
}

function suggestExpansions({ expands }: ProgramOption, language: Language): readonly Suggestion[] {
  const texts = expansionTexts[language];
  const all = [
    ...(['program_name', 'group_name', 'host_node_name', 'here'] as const),
    ...(expands === 'Program' ? [] : (['process_num', 'numprocs'] as const)),
  ];
  const known = all.map((name): Suggestion => {
    const written = `%(${name})${name === 'process_num' || name === 'numprocs' ? 'd' : 's'}`;
    return { label: written, apply: written, kind: 'expansion', detail: '', info: texts[name] };
  });
  const variable = '%(ENV_HOME)s';
  return [
    ...known,
    { label: variable, apply: variable, kind: 'expansion', detail: '', info: texts.ENV_ },
    { label: '%%', apply: '%%', kind: 'expansion', detail: '', info: texts.percent },
  ];
}

function valuesOf({ type, name, default: byDefault }: ProgramOption): readonly string[] {
  switch (type) {
    case 'Boolean':
      return ['true', 'false'];
    case 'Autorestart':
      return ['unexpected', 'true', 'false'];
    case 'Signal':
      return ['TERM', 'INT', 'QUIT', 'HUP', 'KILL', 'USR1', 'USR2'];
    case 'LogFile': {
      const stream = name.startsWith('stderr') ? 'stderr' : 'stdout';
      return [
        'AUTO',
        'NONE',
        `/dev/${stream}`,
        `/var/log/supervisor/%(program_name)s-${stream}.log`,
      ];
    }
    case 'ByteSize':
      return ['0', '1MB', '10MB', '50MB', '100MB'];
    case 'Umask':
      return ['022', '027', '077'];
    case 'ExitCodes':
      return ['0', '0,2'];
    case 'ProcessName':
      return ['%(program_name)s', '%(program_name)s_%(process_num)02d'];
    case 'Integer':
      return byDefault === undefined ? [] : [byDefault];
    case 'Environment':
    case 'Command':
    case 'User':
    case 'Path':
    case 'Text':
      return [];
    default:
      return type satisfies never;
  }
}

/** What stands at that place; undefined for nothing that there is something to say of. */
export function explainAt(
  text: string,
  position: number,
  language: Language,
): Explanation | undefined {
  const { line, lineStart, column, isComment } = spotAt(text, position);
  if (isComment) return undefined;
  for (const match of line.matchAll(/%\(([A-Za-z_][A-Za-z0-9_]*)\)[-0]{0,2}\d{0,2}[a-zA-Z]/g)) {
    const end = match.index + match[0].length;
    if (column < match.index || column > end) continue;
    const texts = expansionTexts[language];
    const name = match[1] ?? '';
    const said = name.startsWith('ENV_')
      ? texts.ENV_
      : (texts as Readonly<Record<string, string>>)[name];
    if (said === undefined) return undefined;
    return { from: lineStart + match.index, to: lineStart + end, title: match[0], lines: [said] };
  }
  const named = nameIn(line);
  if (named === undefined || column > named.end) return undefined;
  const option = programOptionsByName.get(named.name.toLowerCase());
  if (option === undefined) return undefined;
  const from = lineStart + named.end - named.name.length;
  return {
    ...{ from, to: lineStart + named.end, title: option.name },
    lines: explainOption(option, language),
  };
}

/** The same; in a value, of the option that it is of. */
export function explainNear(
  text: string,
  position: number,
  language: Language,
): Explanation | undefined {
  const found = explainAt(text, position, language);
  const { option: name, isComment } = spotAt(text, position);
  if (found !== undefined || name === undefined || isComment) return found;
  const option = programOptionsByName.get(name);
  if (option === undefined) return undefined;
  return { from: position, to: position, title: name, lines: explainOption(option, language) };
}

/** What it does, what values it takes, what it is when it is not set. */
export function explainOption(option: ProgramOption, language: Language): readonly string[] {
  const words = optionWords[language];
  const key = option.name.replace(/^std(?:out|err)_/, 'log_');
  const said =
    (optionTexts[language] as Readonly<Record<string, string>>)[key] ?? option.description;
  const byDefault =
    option.default === undefined || option.default === '' ? words.none : option.default;
  return [
    said,
    `${words.values}: ${kindOf(option, language)}${option.expands === undefined ? '' : `; ${words.expands}`}`,
    `${words.default}: ${byDefault}`,
  ];
}

function kindOf({ type, min, max }: ProgramOption, language: Language): string {
  const words = optionWords[language];
  switch (type) {
    case 'Boolean':
      return words.yesNo;
    case 'Autorestart':
      return words.autorestart;
    case 'Integer':
      return fill(words.integer, { min, max });
    case 'ByteSize':
      return words.size;
    case 'Umask':
      return words.octal;
    case 'Signal':
      return words.signal;
    case 'ExitCodes':
      return words.codes;
    case 'LogFile':
      return words.pathOrWord;
    case 'Path':
      return words.path;
    case 'User':
      return words.user;
    case 'Environment':
      return 'KEY="value",…';
    case 'Command':
    case 'ProcessName':
    case 'Text':
      return words.text;
    default:
      return type satisfies never;
  }
}
