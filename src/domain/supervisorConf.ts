/**
 * Supervisor's configuration files as Python's configparser reads them, as far as we must know
 * them: which sections a file defines, what the main file includes, what it adds to the environment.
 *
 * Lenient: lines that supervisor would refuse are passed over. Not for app content, whose parser
 * is strict. Source: configparser.RawConfigParser._read with the options that supervisor 4.2 gives.
 */

export interface ConfSection {
  /** As written between the brackets: `program:web`. */
  readonly name: string;
  /** Keys in lower case; of a repeated key the last one counts. */
  readonly options: ReadonlyMap<string, string>;
}

export interface IncludePatterns {
  /** As written, relative to the directory of the main file, with everything expanded. */
  readonly patterns: readonly string[];
  /** Patterns with a `%(…)s` that cannot be known here. */
  readonly unresolved: readonly string[];
}

/** A line at which supervisor refuses the whole file. */
export interface RefusedLine {
  /** 1-based. */
  readonly line: number;
  /** Without its end. */
  readonly text: string;
  readonly type: 'BeforeAnySection' | 'NoOption';
}

interface OpenSection {
  readonly name: string;
  readonly values: Map<string, string[]>;
}

/** In the order of their first lines; sections that stand twice are one. */
export function readConfSections(
  text: string,
  onRefusedLine: (refused: RefusedLine) => void = () => undefined,
): readonly ConfSection[] {
  const sections = new Map<string, OpenSection>();
  let section: OpenSection | undefined;
  let value: string[] | undefined;
  let indent = 0;
  let lineNumber = 0;
  for (const line of text.split(/\r\n|\r|\n/)) {
    lineNumber += 1;
    const { content, hasComment } = withoutComment(line);
    if (content === '') {
      if (!hasComment) value?.push('');
      continue;
    }
    const lineIndent = line.length - trimStart(line).length;
    if (value !== undefined && lineIndent > indent) {
      value.push(content);
      continue;
    }
    indent = lineIndent;
    // Greedy: up to the last bracket; what follows it is dropped.
    const header = /^\[(.+)\]/.exec(content)?.[1];
    if (header !== undefined) {
      section = sections.get(header) ?? { name: header, values: new Map() };
      sections.set(header, section);
      value = undefined;
      continue;
    }
    const delimiter = content.search(/[=:]/);
    const key = trim(content.slice(0, Math.max(0, delimiter)));
    if (section === undefined || key === '') {
      const type = section === undefined ? 'BeforeAnySection' : 'NoOption';
      onRefusedLine({ line: lineNumber, text: line, type });
      continue;
    }
    value = [trim(content.slice(delimiter + 1))];
    section.values.set(key.toLowerCase(), value);
  }
  return [...sections.values()].map(closeSection);
}

/** What `[include] files=` of the main file names; none when there is no such section. */
export function includePatterns(
  sections: readonly ConfSection[],
  expansions: ReadonlyMap<string, string>,
): IncludePatterns {
  const files = sections.find(({ name }) => name === 'include')?.options.get('files') ?? '';
  const patterns: string[] = [];
  const unresolved: string[] = [];
  for (const pattern of files.split(whiteSpace).filter((item) => item !== '')) {
    const expanded = expand(pattern, expansions);
    if (expanded === undefined) unresolved.push(pattern);
    else patterns.push(expanded);
  }
  return { patterns, unresolved };
}

/** Names that `environment=` of a `[supervisord]` section sets; sorted, no duplicates. */
export function environmentNames(sections: readonly ConfSection[]): readonly string[] {
  const text = sections.find(({ name }) => name === 'supervisord')?.options.get('environment');
  if (text === undefined) return [];
  // As supervisor's lexer splits it: KEY=value, with quotes around values that have commas.
  const pairs = text.matchAll(/([^\s,="']+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s,"']*)/g);
  return [...new Set([...pairs].map(([, key]) => key ?? ''))].sort();
}

/** `%(name)s` by the map and `%%`; undefined when a name is not in it or the text is malformed. */
export function expand(text: string, values: ReadonlyMap<string, string>): string | undefined {
  let isKnown = true;
  const expanded = text.replace(/%(?:\(([^)]*)\)s|%|)/g, (whole, name: string | undefined) => {
    if (whole === '%%') return '%';
    const value = name === undefined ? undefined : values.get(name);
    if (value === undefined) isKnown = false;
    return value ?? '';
  });
  return isKnown ? expanded : undefined;
}

/** Does a name match one component of a pattern, as Python's glob decides it? */
export function matchesGlob(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  return globExpression(pattern).test(name);
}

export function hasGlobCharacter(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

function globExpression(pattern: string): RegExp {
  const source = pattern.replace(
    /\[(!?)(\]?[^\]]*)\]|[\s\S]/g,
    (item, not?: string, set?: string) => {
      if (item === '*') return '[\\s\\S]*';
      if (item === '?') return '[\\s\\S]';
      if (set === undefined || set === '') return item.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      return `[${not === '!' ? '^' : ''}${classItems(set)}]`;
    },
  );
  return new RegExp(`^${source}$`);
}

/** Ranges and characters; a range that runs backwards holds nothing. */
function classItems(set: string): string {
  return set.replace(/([\s\S])-([\s\S])|[\s\S]/g, (item, from?: string, to?: string) => {
    if (from === undefined || to === undefined) return escaped(item);
    return from > to ? '' : `${escaped(from)}-${escaped(to)}`;
  });
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function closeSection({ name, values }: OpenSection): ConfSection {
  const options = [...values].map(([key, lines]) => [key, trimEnd(lines.join('\n'))] as const);
  return { name, options: new Map(options) };
}

function withoutComment(line: string): { content: string; hasComment: boolean } {
  const start = commentStart(line);
  if (start === undefined) return { content: trim(line), hasComment: false };
  return { content: trim(line.slice(0, start)), hasComment: true };
}

/**
 * A `;` or `#` after white space. Python looks at the first of each, then at the second of each:
 * an earlier comment goes unseen when more of its own kind precede it than of the other.
 */
function commentStart(line: string): number | undefined {
  if (/^[;#]/.test(trimStart(line))) return 0;
  let semicolon = line.indexOf(';');
  let hash = line.indexOf('#');
  while (semicolon >= 0 || hash >= 0) {
    const starts = [semicolon, hash].filter((at) => at > 0 && whiteSpace.test(line.charAt(at - 1)));
    if (starts.length > 0) return Math.min(...starts);
    semicolon = semicolon < 0 ? -1 : line.indexOf(';', semicolon + 1);
    hash = hash < 0 ? -1 : line.indexOf('#', hash + 1);
  }
  return undefined;
}

// Python's idea of white space: with the separators x1c to x1f and NEL, without the BOM.
const whiteSpace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

function trimStart(text: string): string {
  let start = 0;
  while (start < text.length && whiteSpace.test(text.charAt(start))) start += 1;
  return text.slice(start);
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && whiteSpace.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

function trim(text: string): string {
  return trimStart(trimEnd(text));
}
