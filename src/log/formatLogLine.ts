/**
 * A line of the log for people: `[14:03:07.120] INFO: message {"app":"web"}`, in local time.
 *
 * It is made from the JSON line, so both formats tell the same. Whatever could move a cursor, turn
 * the reading direction or begin a second line is shown as an escape.
 */
const levels: Readonly<Record<string, readonly [name: string, colour: number]>> = {
  '20': ['DEBUG', 34],
  '30': ['INFO', 32],
  '40': ['WARN', 33],
  '50': ['ERROR', 31],
};
const grey = 90;

/** What every line begins with; fields may have the same names, so these two are taken by place. */
const start = /^\{"level":(\d+),"time":"([^"]+)"/;

/** `json` is one line of the log; ends in a line feed, as that does. */
export function formatLogLine(json: string, hasColours: boolean): string {
  const [whole, level = '', time = ''] = start.exec(json) ?? [];
  const rest = whole === undefined ? undefined : parseRest(json.slice(whole.length));
  if (rest === undefined) return `${harmless(json.trimEnd())}\n`;
  const { msg, ...fields } = rest;
  const [name, colour] = levels[level] ?? [level, grey];
  const paint = (text: string, code: number): string =>
    hasColours ? `\u001b[${String(code)}m${text}\u001b[39m` : text;
  const message = harmless(typeof msg === 'string' ? msg : '');
  const data = Object.keys(fields).length === 0 ? '' : harmless(JSON.stringify(fields));
  const tail = data === '' ? '' : ` ${paint(data, grey)}`;
  return `[${localTime(new Date(time))}] ${paint(name, colour)}: ${message}${tail}\n`;
}

function parseRest(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(`{${text.replace(/^,/, '')}`) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

function localTime(at: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  const ms = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
}

/** Control and format characters, and the line ends that are neither, as `\u009b`. */
function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (found) =>
    [...found].map((point) => `\\u${hex(point)}`).join(''),
  );
}

function hex(point: string): string {
  const code = (point.codePointAt(0) ?? 0).toString(16);
  return code.length <= 4 ? code.padStart(4, '0') : `{${code}}`;
}
