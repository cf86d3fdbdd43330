/** The option `environment`: `KEY=value` pairs, read as supervisor's dict_of_key_value_pairs. */
import { err, ok, type Result } from '../result.ts';
import { splitEnvironment } from './shellWords.ts';

export interface Environment {
  readonly pairs: ReadonlyMap<string, string>;
  /** Something other than a comma stands between two pairs, and supervisor drops it. */
  readonly hasDropped: boolean;
}

export interface EnvironmentFault {
  readonly message: string;
  readonly remedy: string;
}

const remedy = 'Write KEY="value",OTHER="value", with quotes around each value.';

/**
 * The value is taken as expanded. Names may be odd, since the kernel takes all but the empty one
 * and those with a `=`. Messages show names, never values.
 */
export function parseEnvironment(value: string): Result<Environment, EnvironmentFault> {
  const tokens = splitEnvironment(value);
  if (!tokens.ok) return err({ message: 'a quotation mark is never closed', remedy });
  const pairs = new Map<string, string>();
  let hasDropped = false;
  for (let at = 0; at < tokens.value.length; at += 4) {
    const [name, equals, quoted] = tokens.value.slice(at, at + 3);
    hasDropped ||= (tokens.value[at + 3] ?? ',') !== ',';
    const place = `pair ${String(at / 4 + 1)}`;
    if (name === undefined || equals !== '=' || quoted === undefined) {
      return err({ message: `${place} is not KEY=value`, remedy });
    }
    if (name === ',' || name.includes('=')) {
      return err({ message: `the name of ${place} is no name of a variable`, remedy });
    }
    pairs.set(name, stripQuotes(quoted));
  }
  return ok({ pairs, hasDropped });
}

/** Python's `strip('\'"')`; a regular expression would take quadratic time on many quotes. */
function stripQuotes(text: string): string {
  const isQuote = (char: string | undefined) => char === "'" || char === '"';
  let start = 0;
  let end = text.length;
  while (start < end && isQuote(text[start])) start += 1;
  while (end > start && isQuote(text[end - 1])) end -= 1;
  return text.slice(start, end);
}
