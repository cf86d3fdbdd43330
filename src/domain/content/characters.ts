/**
 * Characters that must never reach a supervisor file, and where they stand.
 *
 * Each has done harm: a NUL in `command` kills supervisord, a lone CR starts a new line and so a
 * new section, a control character in a name makes every XML-RPC answer of the host unreadable.
 */
import { type Problem } from '../types.ts';

// C0 but tab and line feed, DEL, C1 (with U+0085), the Unicode line breaks, the byte order mark,
// noncharacters (XML cannot carry U+FFFE and U+FFFF) and surrogates without their other half.
const forbidden =
  /[\0-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufdd0-\ufdef\ufffe\uffff]|\p{Cs}/u;

/** The first forbidden character as a problem; undefined when there is none. */
export function findForbiddenCharacter(text: string): Problem | undefined {
  const at = forbidden.exec(text)?.index;
  if (at === undefined) return undefined;
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  return { ...describe(text.charCodeAt(at), column), line };
}

function describe(unit: number, column: number): Omit<Problem, 'line'> {
  const place = `in column ${String(column)}`;
  switch (unit) {
    case 0:
      return {
        code: 'E_NUL',
        message: `a NUL character ${place}: supervisord would die of it`,
        remedy: 'Remove it; the content may have been saved as UTF-16.',
      };
    case 0x0d:
      return {
        code: 'E_LONE_CR',
        message: `a carriage return ${place} that does not belong to a line end`,
        remedy: 'End lines with LF or CRLF.',
      };
    case 0xfeff:
      return {
        code: 'E_BOM',
        message: `a byte order mark ${place}: supervisor would take it for a part of a name`,
        remedy: 'Save the content as UTF-8 without a byte order mark.',
      };
    default:
      return {
        code: 'E_CONTROL_CHARACTER',
        message: `the character ${codePoint(unit)} ${place} is not text`,
        remedy: 'Remove it; only tab and line feed are allowed of the control characters.',
      };
  }
}

export function codePoint(value: number): string {
  return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
}
