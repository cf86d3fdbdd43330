/**
 * Colours and weights as terminals know them (ECMA-48 SGR, xterm's 256 and true colours), as looks that
 * a page can wear. What hides or blinks is not taken over. Pure.
 */
export interface AnsiLook {
  readonly fg: AnsiColour | undefined;
  readonly bg: AnsiColour | undefined;
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isItalic: boolean;
  readonly isUnderlined: boolean;
  readonly isStruck: boolean;
  readonly isInverse: boolean;
}

/** 0 to 15: whatever the theme has for them; else `#rrggbb`. */
export type AnsiColour = number | `#${string}`;

/** `odd`: a picture of what cannot be shown. */
export interface Run {
  readonly start: number;
  readonly end: number;
  readonly look: AnsiLook | 'odd';
}

export const plainLook: AnsiLook = {
  fg: undefined,
  bg: undefined,
  isBold: false,
  isDim: false,
  isItalic: false,
  isUnderlined: false,
  isStruck: false,
  isInverse: false,
};

/** `1;38;5;208`, or with colons, as between `ESC [` and `m`. What is not known changes nothing. */
export function withSgr(look: AnsiLook, parameters: string): AnsiLook {
  const words = parameters.split(';');
  let now = look;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const code = Number(word.split(':')[0]);
    if (code !== 38 && code !== 48) {
      now = withCode(now, code, word);
      continue;
    }
    const inner = word.includes(':');
    const sub = inner ? word.split(':').slice(1) : words.slice(at + 1);
    const { colour, used } = colourOf(sub, inner);
    if (!inner) at += used;
    if (colour !== undefined) now = { ...now, [code === 38 ? 'fg' : 'bg']: colour };
  }
  return isPlain(now) ? plainLook : now;
}

function withCode(look: AnsiLook, code: number, word: string): AnsiLook {
  const known = plainCodes.get(code);
  if (code === 0) return plainLook;
  // 4:0 takes an underline away; 4:1 to 4:5 are kinds of it.
  if (code === 4 && word === '4:0') return { ...look, isUnderlined: false };
  if (known !== undefined) return { ...look, ...known };
  if (code >= 30 && code <= 37) return { ...look, fg: code - 30 };
  if (code >= 40 && code <= 47) return { ...look, bg: code - 40 };
  if (code >= 90 && code <= 97) return { ...look, fg: code - 90 + 8 };
  if (code >= 100 && code <= 107) return { ...look, bg: code - 100 + 8 };
  return look;
}

const plainCodes: ReadonlyMap<number, Partial<AnsiLook>> = new Map<number, Partial<AnsiLook>>([
  [1, { isBold: true }],
  [2, { isDim: true }],
  [3, { isItalic: true }],
  [4, { isUnderlined: true }],
  [7, { isInverse: true }],
  [9, { isStruck: true }],
  [21, { isUnderlined: true }],
  [22, { isBold: false, isDim: false }],
  [23, { isItalic: false }],
  [24, { isUnderlined: false }],
  [27, { isInverse: false }],
  [29, { isStruck: false }],
  [39, { fg: undefined }],
  [49, { bg: undefined }],
]);

/** `5;N` and `2;R;G;B`; with colons also `2::R:G:B`, where a colour space may stand. */
function colourOf(
  words: readonly string[],
  isInner: boolean,
): { readonly colour: AnsiColour | undefined; readonly used: number } {
  const kind = words[0];
  if (kind === '5') return { colour: indexed(byteOf(words[1])), used: 2 };
  if (kind !== '2') return { colour: undefined, used: 1 };
  const parts = isInner && words.length >= 5 ? words.slice(2, 5) : words.slice(1, 4);
  const [r, g, b] = parts.map(byteOf);
  if (r === undefined || g === undefined || b === undefined) return { colour: undefined, used: 4 };
  return { colour: `#${[r, g, b].map(hexOf).join('')}`, used: 4 };
}

/** Xterm's: 16 of the theme, a cube of 6 × 6 × 6, 24 greys. */
function indexed(index: number | undefined): AnsiColour | undefined {
  if (index === undefined || index < 16) return index;
  if (index >= 232) {
    const grey = hexOf(8 + (index - 232) * 10);
    return `#${grey}${grey}${grey}`;
  }
  const at = index - 16;
  const steps = [Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6];
  return `#${steps.map((step) => hexOf(step === 0 ? 0 : 55 + step * 40)).join('')}`;
}

/** An empty one is 0, as everywhere in SGR. */
function byteOf(word: string | undefined): number | undefined {
  const value = Number(word ?? Number.NaN);
  return Number.isInteger(value) && value >= 0 && value <= 255 ? value : undefined;
}

function hexOf(value: number): string {
  return value.toString(16).padStart(2, '0');
}

function isPlain(look: AnsiLook): boolean {
  const { fg, bg, isBold, isDim, isItalic, isUnderlined, isStruck, isInverse } = look;
  const isColoured = fg !== undefined || bg !== undefined;
  return !(isColoured || isBold || isDim || isItalic || isUnderlined || isStruck || isInverse);
}
