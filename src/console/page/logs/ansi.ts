/**
 * What a process has written, as text that can do nothing but be read: SGR colours become looks, and
 * every other escape, control character, direction mark and byte that is no UTF-8 becomes a picture
 * of itself. Nothing is hidden: what a carriage return overwrites is still in the text, before
 * `shownFrom`. Pure.
 */
import { decodeUtf8 } from '../../../domain/utf8.ts';
import { type AnsiLook, plainLook, type Run, withSgr } from './sgr.ts';

/** One line, without its end. */
export interface LogText {
  readonly text: string;
  /** In order; what is in none of them is plain. */
  readonly runs: readonly Run[];
  /** Where that begins which no carriage return has overwritten. */
  readonly shownFrom: number;
  /** So many of them. */
  readonly returns: number;
}

export interface Decoded extends LogText {
  /** For the line after it. */
  readonly look: AnsiLook;
}

/** A tab stays: it moves nothing but what comes after it. */
const odd =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]|(?![\u200c\u200d])\p{Cf}|\p{Cs}/gu;

const sgr = /\u001b\[([0-9;:]{0,60})m/y;

/** `look`: what the line before it left. */
export function decodeLine(bytes: Uint8Array, look: AnsiLook = plainLook): Decoded {
  const out = createOut(look);
  let rest = bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
  while (rest.length > 0) {
    const decoded = decodeUtf8(rest);
    if ('text' in decoded) {
      addText(out, decoded.text);
      break;
    }
    const good = decodeUtf8(rest.subarray(0, decoded.badAt));
    if ('text' in good) addText(out, good.text);
    out.addOdd(`\\x${hex(rest[decoded.badAt] ?? 0, 2)}`);
    rest = rest.subarray(decoded.badAt + 1);
  }
  return out.done();
}

type Out = ReturnType<typeof createOut>;

function createOut(initial: AnsiLook) {
  const runs: Run[] = [];
  let [text, look, shownFrom, lastFrom, returns] = ['', initial, 0, 0, 0];
  const add = (piece: string, how: AnsiLook | 'odd'): void => {
    if (piece === '') return;
    const start = text.length;
    text += piece;
    if (how === plainLook) return;
    const last = runs.at(-1);
    if (last !== undefined && last.end === start && last.look === how) {
      runs[runs.length - 1] = { ...last, end: text.length };
    } else {
      runs.push({ start, end: text.length, look: how });
    }
  };
  return {
    addPlain: (piece: string) => add(piece, look),
    addOdd: (piece: string) => add(piece, 'odd'),
    addSgr: (parameters: string) => (look = withSgr(look, parameters)),
    addReturn: () => {
      // What is empty overwrites nothing.
      if (text.length > lastFrom) shownFrom = lastFrom;
      add('\u240d', 'odd');
      lastFrom = text.length;
      returns += 1;
    },
    done: (): Decoded => {
      if (text.length > lastFrom) shownFrom = lastFrom;
      return { text, runs, shownFrom, returns, look };
    },
  };
}

function addText(out: Out, text: string): void {
  let at = 0;
  odd.lastIndex = 0;
  for (let found = odd.exec(text); found !== null; found = odd.exec(text)) {
    out.addPlain(text.slice(at, found.index));
    at = found.index + found[0].length;
    if (found[0] === '\r') {
      out.addReturn();
      continue;
    }
    sgr.lastIndex = found.index;
    const colours = sgr.exec(text);
    if (colours === null) {
      out.addOdd(pictureOf(found[0]));
    } else {
      out.addSgr(colours[1] ?? '');
      at = sgr.lastIndex;
      odd.lastIndex = at;
    }
  }
  out.addPlain(text.slice(at));
}

/** Of one character. */
export function pictureOf(char: string): string {
  const point = char.codePointAt(0) ?? 0;
  if (point < 0x20) return String.fromCodePoint(0x2400 + point);
  if (point === 0x7f) return '\u2421';
  return point > 0xffff ? `\\u{${hex(point, 5)}}` : `\\u${hex(point, 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
