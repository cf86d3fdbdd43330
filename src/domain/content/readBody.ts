/**
 * The lines of a body as options, read as Python's configparser reads them for supervisor.
 *
 * `;` and `#` begin a comment at the start of a line and after a blank, inside quotes too; a line
 * indented deeper than the option it follows goes on with its value; blank lines in a value stay;
 * names are lower case; the last of several wins. Text without forbidden characters is assumed:
 * then Python and JavaScript agree on what is white space.
 */
import { quote } from '../quote.ts';
import { type Problem } from '../types.ts';

export interface RawOption {
  readonly name: string;
  /** Lines joined by LF, each without the blanks around it; none at the end. */
  readonly value: string;
  /** 1-based, of the name. */
  readonly line: number;
  /** A comment was cut off behind the value: a hint when the value makes no sense. */
  readonly hasInlineComment: boolean;
  /** Lines that continue the value though they look like an option of this name. */
  readonly lookalikes: readonly Lookalike[];
}

export interface Lookalike {
  readonly name: string;
  readonly line: number;
}

export interface Body {
  /** By name in lower case; the last of several. */
  readonly options: ReadonlyMap<string, RawOption>;
  /** In the order of their lines. */
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

interface OpenOption {
  readonly name: string;
  readonly values: string[];
  readonly line: number;
  hasInlineComment: boolean;
  readonly lookalikes: Lookalike[];
}

/** Reports `E_SECTION_HEADER`, `E_COMMENT`, `E_SYNTAX` and `W_DUPLICATE_OPTION`. */
export function readBody(text: string): Body {
  const options = new Map<string, OpenOption>();
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  let open: OpenOption | undefined;
  let indent = 0;
  let lineNumber = 0;
  for (const line of text.split('\n')) {
    lineNumber += 1;
    const trimmed = line.trim();
    const first = trimmed.charCodeAt(0);
    if (first === semicolon || first === hash) continue;
    if (trimmed === '') {
      open?.values.push('');
      continue;
    }
    // In a continuation line configparser takes it for text, but people do not.
    if (first === bracket) {
      errors.push(sectionHeader(trimmed, lineNumber));
      open = undefined;
      continue;
    }
    const comment = commentStart(line);
    if (comment === 'Ambiguous') errors.push(ambiguousComment(lineNumber));
    const isCut = typeof comment === 'number';
    const value = isCut ? line.slice(0, comment).trim() : trimmed;
    const lineIndent = line.length === trimmed.length ? 0 : line.length - line.trimStart().length;
    if (open !== undefined && lineIndent > indent) {
      open.values.push(value);
      open.hasInlineComment ||= isCut;
      const lookalike = /^[a-z_]+(?=[ \t]*=)/i.exec(value)?.[0].toLowerCase();
      if (lookalike !== undefined) open.lookalikes.push({ name: lookalike, line: lineNumber });
      continue;
    }
    indent = lineIndent;
    const delimiter = delimiterAt(value);
    if (delimiter <= 0) {
      errors.push(syntax(value, delimiter, lineNumber));
      continue;
    }
    const name = value.slice(0, delimiter).trimEnd().toLowerCase();
    const before = options.get(name);
    if (before !== undefined) warnings.push(duplicate(name, before.line, lineNumber));
    open = {
      name,
      values: [value.slice(delimiter + 1).trimStart()],
      line: lineNumber,
      hasInlineComment: isCut,
      lookalikes: [],
    };
    options.set(name, open);
  }
  return { options: closeAll(options), errors, warnings };
}

/** Of the first `=` or `:`; -1 for none. */
function delimiterAt(value: string): number {
  const equals = value.indexOf('=');
  const colon = value.indexOf(':');
  return equals === -1 || colon === -1 ? Math.max(equals, colon) : Math.min(equals, colon);
}

const semicolon = 59;
const hash = 35;
const bracket = 91;

function closeAll(options: ReadonlyMap<string, OpenOption>): ReadonlyMap<string, RawOption> {
  const closed = new Map<string, RawOption>();
  for (const { name, values, line, hasInlineComment, lookalikes } of options.values()) {
    const value = values.length === 1 ? (values[0] ?? '') : values.join('\n').trimEnd();
    closed.set(name, { name, value, line, hasInlineComment, lookalikes });
  }
  return closed;
}

/**
 * Where an inline comment begins; undefined for nowhere.
 *
 * Up to Python 3.12 configparser looks at the first `;` and the first `#`, then at the second of
 * each, and so on, and stops at the first round with a blank before one of them; from 3.13 the
 * leftmost counts. Where the two differ a line means different things on different hosts.
 */
export function commentStart(line: string): number | 'Ambiguous' | undefined {
  const a = firstAfterBlank(line, ';');
  const b = firstAfterBlank(line, '#');
  if (a === undefined || b === undefined) return (a ?? b)?.at;
  const [left, right] = a.at < b.at ? [a, b] : [b, a];
  return right.round < left.round ? 'Ambiguous' : left.at;
}

function firstAfterBlank(line: string, prefix: string) {
  let round = 0;
  for (let at = line.indexOf(prefix); at !== -1; at = line.indexOf(prefix, at + 1)) {
    if (at === 0 || line[at - 1]?.trim() === '') return { at, round };
    round += 1;
  }
  return undefined;
}

function sectionHeader(trimmed: string, line: number): Problem {
  return {
    code: 'E_SECTION_HEADER',
    line,
    message: `the line begins with [ like a section header: ${quote(trimmed, 40)}`,
    remedy: 'Give only what stands below [program:x]; the headers are added on each host.',
  };
}

function ambiguousComment(line: number): Problem {
  return {
    code: 'E_COMMENT',
    line,
    message: 'where the comment begins depends on the version of Python on the host',
    remedy: 'Put the comment on a line of its own, and no blank before a ; or # that is meant.',
  };
}

function syntax(value: string, delimiter: number, line: number): Problem {
  const shown = quote(value, 20);
  const isNameless = delimiter === 0;
  return {
    code: 'E_SYNTAX',
    line,
    message: isNameless ? `no name before ${shown}` : `neither option nor comment: ${shown}`,
    remedy: isNameless
      ? 'Write the name of an option before the = or :.'
      : 'Write name=value, put a ; in front, or indent the line to continue the value above.',
  };
}

function duplicate(name: string, before: number, line: number): Problem {
  return {
    code: 'W_DUPLICATE_OPTION',
    line,
    message: `${quote(name)} is already set in line ${String(before)}; this line wins`,
    remedy: 'Remove one of the two.',
  };
}
