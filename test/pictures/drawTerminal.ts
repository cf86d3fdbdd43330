/**
 * A terminal as SVG: lines of text on a dark ground. Each piece is stretched to its columns, so that the
 * picture has the same size with whatever monospaced font there is; none is fetched.
 */
import { type Line, type Piece } from './terminalText.ts';

const cell = { width: 8.4, height: 18, size: 14 };
const margin = { x: 16, top: 40, bottom: 14 };
const ground = '#16181d';
const ink = '#d6d9e0';
const inks: Readonly<Record<number, string>> = {
  30: '#5c6370',
  31: '#ef6b73',
  32: '#8fc76a',
  33: '#e2b45f',
  34: '#6cb0f2',
  35: '#c58af0',
  36: '#5cc2cc',
  37: ink,
  90: '#7f8794',
};

export function drawTerminal(title: string, lines: readonly Line[], columns: number): string {
  const width = Math.ceil(columns * cell.width + 2 * margin.x);
  const height = Math.ceil(lines.length * cell.height + margin.top + margin.bottom);
  const size = `width="${String(width)}" height="${String(height)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${String(width)} ${String(height)}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${ground}"/>`,
    ...['#ef6b73', '#e2b45f', '#8fc76a'].map(
      (fill, at) => `<circle cx="${String(20 + at * 18)}" cy="18" r="5.5" fill="${fill}"/>`,
    ),
    `<g font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="${String(cell.size)}" fill="${ink}" xml:space="preserve">`,
    ...lines.flatMap((line, row) => line.map((piece) => drawPiece(piece, row))),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** Without the blanks around it, which an SVG reader may drop. */
function drawPiece({ text, column, style }: Piece, row: number): string {
  const start = column + text.length - text.trimStart().length;
  const shown = text.trim();
  const length = [...shown].length;
  const attributes = [
    `x="${round(margin.x + start * cell.width)}"`,
    `y="${round(margin.top + row * cell.height + cell.size)}"`,
    `textLength="${round(length * cell.width)}"`,
    'lengthAdjust="spacingAndGlyphs"',
    ...(style.colour === undefined ? [] : [`fill="${inks[style.colour] ?? ink}"`]),
    ...(style.isBold ? ['font-weight="bold"'] : []),
    ...(style.isFaint ? ['opacity="0.6"'] : []),
  ];
  return `<text ${attributes.join(' ')}>${escape(shown)}</text>`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
