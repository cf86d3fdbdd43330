/**
 * `%(name)s` expansions: Python's string formatting, of which supervisor's options need a part.
 *
 * Python would take more (`%r`, `%(x)*d`, widths in the millions), some of it dangerous: a bare
 * `%s` prints supervisord's whole environment. Here: text as `%(name)s`, numbers as `%(name)d` and
 * the like, with `-`, `0` and a width below 100, and `%%`.
 */
import { quote } from '../quote.ts';
import { err, ok, type Result } from '../result.ts';

/** Where in supervisor's reading an option is expanded decides which names it may use. */
export type ExpansionScope =
  /** Once for the program: no `process_num`, no `numprocs`. */
  | 'Program'
  /** For each process. */
  | 'Process'
  /** For each process, after `environment`, whose names count too. */
  | 'ProcessWithEnvironment';

/** Literal text, with `%%` made `%`, or one expansion. */
export type Segment = string | Expansion;

export interface Expansion {
  readonly name: string;
  readonly isLeftAligned: boolean;
  readonly isZeroPadded: boolean;
  readonly width: number;
  readonly conversion: string;
  /** As it stands in the value. */
  readonly text: string;
}

export interface ExpansionFault {
  /** The part of the value that `message` quotes, as it stands in there. */
  readonly quoted?: string;
  readonly message: string;
  readonly remedy: string;
}

const numberNames = ['process_num', 'numprocs'];
const textNames = ['program_name', 'group_name', 'host_node_name', 'here'];
const pattern = /^%\(([^()%\s]+)\)([-0]{0,2})(\d{0,2})([a-zA-Z])/;

export function environmentName({ name }: Expansion): string | undefined {
  return name.startsWith('ENV_') ? name.slice('ENV_'.length) : undefined;
}

/** Splits a value and checks each expansion by the rules of its scope. */
export function parseExpansions(
  value: string,
  scope: ExpansionScope,
): Result<readonly Segment[], ExpansionFault> {
  if (!value.includes('%')) return ok([value]);
  const segments: Segment[] = [];
  let literal = '';
  let at = 0;
  for (;;) {
    const percent = value.indexOf('%', at);
    literal += value.slice(at, percent === -1 ? undefined : percent);
    if (percent === -1) break;
    if (value[percent + 1] === '%') {
      // supervisor replaces the text %(here)s before it looks for %%.
      if (value.startsWith('(here)s', percent + 2)) return err(escapedHere);
      literal += '%';
      at = percent + 2;
      continue;
    }
    const expansion = readExpansion(value.slice(percent, percent + 200));
    if (expansion === undefined) return err(badFormat(value, percent));
    const fault = checkExpansion(expansion, scope);
    if (fault !== undefined) return err(fault);
    segments.push(literal, expansion);
    literal = '';
    at = percent + expansion.text.length;
  }
  segments.push(literal);
  return ok(segments.filter((segment) => segment !== ''));
}

/**
 * Log file names are expanded twice: `%%%%` stands for `%`, and `%%` would begin an expansion in
 * the second pass.
 */
export function parseLogfileExpansions(value: string): Result<readonly Segment[], ExpansionFault> {
  const doubled = value.replaceAll('%%%%', percentStandIn);
  if (doubled.includes('%%')) {
    return err({
      message: 'supervisor expands the name of a log file twice, and %% would become a lone %',
      remedy: 'Write %%%% for a literal %.',
    });
  }
  if (doubled.includes(`${percentStandIn}(here)s`)) return err(escapedHere);
  const segments = parseExpansions(doubled, 'ProcessWithEnvironment');
  if (!segments.ok) return segments;
  return ok(
    segments.value.map((segment) =>
      typeof segment === 'string' ? segment.replaceAll(percentStandIn, '%') : segment,
    ),
  );
}

/** A noncharacter: refused in content, so that it never collides. */
const percentStandIn = '\ufdd0';

/** `lookUp` gives a value for every name that `parseExpansions` lets through. */
export function expand(
  segments: readonly Segment[],
  lookUp: (expansion: Expansion) => string | number,
): string {
  let text = '';
  for (const segment of segments) {
    text += typeof segment === 'string' ? segment : format(segment, lookUp(segment));
  }
  return text;
}

function format(expansion: Expansion, value: string | number): string {
  const { conversion, width, isLeftAligned, isZeroPadded } = expansion;
  const text = typeof value === 'number' ? formatNumber(value, conversion) : value;
  if (text.length >= width) return text;
  if (isLeftAligned) return text.padEnd(width);
  return text.padStart(width, isZeroPadded && conversion !== 's' ? '0' : ' ');
}

function formatNumber(value: number, conversion: string): string {
  if (conversion === 'x') return value.toString(16);
  if (conversion === 'X') return value.toString(16).toUpperCase();
  if (conversion === 'o') return value.toString(8);
  return String(value);
}

function readExpansion(text: string): Expansion | undefined {
  const [whole, name, flags = '', width = '', conversion] = pattern.exec(text) ?? [];
  if (whole === undefined || name === undefined || conversion === undefined) return undefined;
  return {
    name,
    isLeftAligned: flags.includes('-'),
    isZeroPadded: flags.includes('0'),
    width: Number(width),
    conversion,
    text: whole,
  };
}

function checkExpansion(expansion: Expansion, scope: ExpansionScope): ExpansionFault | undefined {
  const { name, conversion, text } = expansion;
  const isNumber = numberNames.includes(name);
  if (!isNumber && !textNames.includes(name) && environmentName(expansion) === undefined) {
    const quoted = quote(text);
    const message = `supervisor has nothing to expand ${quoted} to`;
    return { message, quoted, remedy: knownNames };
  }
  if (isNumber && scope === 'Program') {
    return {
      message: `${quote(text)} cannot be used here: the option is the same for all processes`,
      remedy: knownNames,
    };
  }
  const conversions = isNumber ? 'sdiuxXo' : 's';
  if (!conversions.includes(conversion) || (name === 'here' && text !== '%(here)s')) {
    return {
      message: `${quote(text)} cannot be formatted that way`,
      quoted: quote(text),
      remedy: `Write %(${name})${isNumber ? 'd, or %(process_num)02d for two digits' : 's'}.`,
    };
  }
  return undefined;
}

const knownNames =
  'Use %(program_name)s, %(group_name)s, %(host_node_name)s, %(here)s, %(ENV_x)s with a variable ' +
  'of supervisord, or, where each process has its own value, %(process_num)d and %(numprocs)d.';

const escapedHere: ExpansionFault = {
  message: '"%%(here)s" is replaced by supervisor before it looks for %%',
  remedy: 'Leave out one %, or the whole.',
};

function badFormat(value: string, at: number): ExpansionFault {
  const quoted = quote(value.slice(at, at + 12), 12);
  return {
    message: `${quoted} is not an expansion`,
    quoted,
    remedy: 'Write %% for a literal %, as in date +%%Y.',
  };
}
