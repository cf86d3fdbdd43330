/** Tables that fit a terminal: columns by what they show, and no line longer than it is wide. */
import { paint, shorten } from '../textTable.ts';
import { cutToWidth, displayWidth, wrapToWidth } from './displayWidth.ts';

export interface Cell {
  readonly text: string;
  readonly colour?: Parameters<typeof paint>[1];
}

export interface TableForm {
  /** Of the terminal; undefined for as wide as it takes. */
  readonly columns: number | undefined;
  readonly hasColours: boolean;
  /** What is too long goes on in the next line instead of being cut. */
  readonly isWrapped?: boolean;
}

/** No name takes more room than this, so that the reason is still to be seen. */
const cellWidthMax = 40;
const lastCellMax = 500;

/** Less room than this for the last column, and it goes below the others. */
const wrappedWidthMin = 24;
const indent = '    ';

/** One line each, or several where it is wrapped; two blanks between columns. Texts may be anything: they come out as one line. */
export function screenTable(
  rows: readonly (readonly Cell[])[],
  form: TableForm,
): readonly string[] {
  const shown = rows.map((row) =>
    row.map((cell, column) => clean(cell, column === row.length - 1)),
  );
  const widths: number[] = [];
  for (const row of shown) {
    for (const [column, { text }] of row.slice(0, -1).entries()) {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(text));
    }
  }
  return shown.flatMap((row) => wrapped(row, widths, form));
}

function wrapped(
  row: readonly Cell[],
  widths: readonly number[],
  form: TableForm,
): readonly string[] {
  const { columns, isWrapped = false } = form;
  const last = row.at(-1);
  const start = widths.reduce((sum, width) => sum + width + 2, 0);
  const whole = line(row, widths, form);
  if (!isWrapped || columns === undefined || last === undefined) return [whole];
  if (start + displayWidth(last.text) <= columns) return [whole];
  const paintedLine = (text: string): string => coloured(text, last.colour, form.hasColours);
  if (columns - start >= wrappedWidthMin) {
    const [first = '', ...more] = wrapToWidth(last.text, columns - start);
    const head = line([...row.slice(0, -1), { ...last, text: first }], widths, form);
    return [head, ...more.map((text) => ' '.repeat(start) + paintedLine(text))];
  }
  const below = wrapToWidth(last.text, columns - indent.length);
  return [line(row.slice(0, -1), widths, form), ...below.map((text) => indent + paintedLine(text))];
}

function clean({ text, ...rest }: Cell, isLast: boolean): Cell {
  const one = shorten(text, lastCellMax).trim();
  return { ...rest, text: isLast ? one : cutToWidth(one, cellWidthMax) };
}

function line(row: readonly Cell[], widths: readonly number[], form: TableForm): string {
  let room = form.columns ?? Number.POSITIVE_INFINITY;
  let text = '';
  let blanks = 0;
  for (const [column, cell] of row.entries()) {
    room -= blanks;
    if (room < 1) break;
    const shown = cutToWidth(cell.text, room);
    const width = displayWidth(shown);
    if (width > 0) text += ' '.repeat(blanks) + coloured(shown, cell.colour, form.hasColours);
    const isShown = width > 0;
    room -= width;
    const columnWidth = Math.max(widths[column] ?? 0, width);
    const padding = columnWidth - width + 2;
    blanks = isShown ? padding : blanks + padding;
    if (!isShown) room += blanks - padding;
  }
  return text;
}

function coloured(text: string, colour: Cell['colour'], hasColours: boolean): string {
  return colour === undefined ? text : paint(hasColours, colour, text);
}

/** A line for people, cut where the terminal ends; `text` must be clean already. */
export function screenLine(text: string, { columns }: TableForm): string {
  return columns === undefined ? text : cutToWidth(text, columns);
}

/** Lines for people: the same, and the rest of it below where it is to be wrapped. */
export function screenLines(text: string, form: TableForm): readonly string[] {
  const { columns, isWrapped = false } = form;
  return isWrapped && columns !== undefined ? wrapToWidth(text, columns) : [screenLine(text, form)];
}
