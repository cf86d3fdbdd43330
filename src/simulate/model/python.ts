/** The little of Python that shows in what supervisord says: `repr`, `%` formatting, its errors. */
import { err, ok, type Result } from '../../domain/result.ts';

/** `repr` of a string. */
export function repr(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  let quoted = mark;
  for (const char of text) {
    if (char === mark || char === '\\') quoted += `\\${char}`;
    else quoted += escapes.get(char) ?? (isShown(char) ? char : hexadecimal(char));
  }
  return quoted + mark;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function isShown(char: string): boolean {
  return !/[\p{C}\p{Zl}\p{Zp}]/u.test(char) && (char === ' ' || !/\p{Zs}/u.test(char));
}

function hexadecimal(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

export type Expansions = ReadonlyMap<string, string | number>;

/** `text % expansions`, with supervisor's sentence for what cannot be expanded. */
export function format(text: string, expansions: Expansions, name: string): Result<string, string> {
  if (!text.includes('%')) return ok(text);
  let formatted = '';
  let at = 0;
  for (;;) {
    const percent = text.indexOf('%', at);
    if (percent < 0) return ok(formatted + text.slice(at));
    formatted += text.slice(at, percent);
    const item = readItem(text, percent);
    if (typeof item === 'string') return err(badFormat(text, name, item));
    at = item.end;
    if (item.conversion === '%') {
      formatted += '%';
      continue;
    }
    // Without a name the whole dictionary is what is formatted; nobody means that.
    const value = item.key === undefined ? '{}' : expansions.get(item.key);
    if (value === undefined) return err(unknownName(text, name, item.key ?? '', expansions));
    if (item.key === undefined && !'sra'.includes(item.conversion)) {
      const reason = `%${item.conversion} format: a real number is required, not dict`;
      return err(badFormat(text, name, reason));
    }
    if (typeof value === 'string' && !'sra'.includes(item.conversion)) {
      const reason = `%${item.conversion} format: a real number is required, not str`;
      return err(badFormat(text, name, reason));
    }
    formatted += pad(converted(value, item.conversion), item);
  }
}

interface Item {
  readonly key: string | undefined;
  readonly flags: string;
  readonly width: number;
  readonly conversion: string;
  readonly end: number;
}

/** A text: what Python says is wrong. */
function readItem(text: string, percent: number): Item | string {
  let at = percent + 1;
  let key: string | undefined;
  if (text[at] === '(') {
    const close = text.indexOf(')', at);
    if (close < 0) return 'incomplete format key';
    key = text.slice(at + 1, close);
    at = close + 1;
  }
  const [whole = '', flags = '', width = ''] =
    /^([-+ #0]*)(\d*)(?:\.\d*)?[hlL]?/.exec(text.slice(at)) ?? [];
  at += whole.length;
  const conversion = text[at];
  if (conversion === undefined) return 'incomplete format';
  if (!'diouxXeEfFgGcrsa%'.includes(conversion)) {
    const code = (conversion.codePointAt(0) ?? 0).toString(16);
    return `unsupported format character '${conversion}' (0x${code}) at index ${String(at)}`;
  }
  return { key, flags, width: Number(width), conversion, end: at + 1 };
}

function converted(value: string | number, conversion: string): string {
  if (typeof value === 'string') return conversion === 's' ? value : repr(value);
  if (conversion === 'x') return value.toString(16);
  if (conversion === 'X') return value.toString(16).toUpperCase();
  return conversion === 'o' ? value.toString(8) : String(value);
}

function pad(text: string, { flags, width, conversion }: Item): string {
  if (text.length >= width) return text;
  if (flags.includes('-')) return text.padEnd(width);
  const isZeroPadded = flags.includes('0') && !'sra'.includes(conversion);
  return text.padStart(width, isZeroPadded ? '0' : ' ');
}

function unknownName(text: string, name: string, key: string, expansions: Expansions): string {
  const names = [...expansions.keys()].sort().join(', ');
  return (
    `Format string ${repr(text)} for ${repr(name)} contains names (${repr(key)}) ` +
    `which cannot be expanded. Available names: ${names}`
  );
}

function badFormat(text: string, name: string, reason: string): string {
  return `Format string ${repr(text)} for ${repr(name)} is badly formatted: ${reason}`;
}
