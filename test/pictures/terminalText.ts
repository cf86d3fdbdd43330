/**
 * What a terminal shows after a command has written to it: lines of pieces, each in one style. Knows
 * the few sequences that the commands use: colours, up, clear below, clear the line.
 */
export interface Style {
  readonly colour: number | undefined;
  readonly isBold: boolean;
  readonly isFaint: boolean;
}

export interface Piece {
  readonly text: string;
  /** Counted in characters from the left. */
  readonly column: number;
  readonly style: Style;
}

export type Line = readonly Piece[];

interface Cell {
  readonly char: string;
  readonly style: Style;
}

const plain: Style = { colour: undefined, isBold: false, isFaint: false };

/** Lines end where the last character is that is no blank; none are empty at the end. */
export function terminalText(output: string, columns: number): readonly Line[] {
  const screen = createScreen(columns);
  for (const [token] of output.matchAll(/\u001b\[[\d;?]*[A-Za-z]|\r|\n|[^\u001b\r\n]/gu)) {
    screen.take(token);
  }
  return screen.lines();
}

function createScreen(columns: number) {
  const rows: Cell[][] = [[]];
  let [row, column, style] = [0, 0, plain];
  const line = (): Cell[] => (rows[row] ??= []);
  const newLine = (): void => {
    [row, column] = [row + 1, 0];
    line();
  };
  const control = (count: number, code: string): void => {
    if (code === 'A') row = Math.max(0, row - Math.max(1, count));
    if (code === 'K' || code === 'J') line().length = Math.min(line().length, column);
    if (code === 'J') rows.length = row + 1;
  };
  return {
    take: (token: string): void => {
      if (token === '\r') column = 0;
      else if (token === '\n') newLine();
      else if (token === '\t') column += 8 - (column % 8);
      else if (token.startsWith('\u001b[')) {
        const code = token.at(-1) ?? '';
        const numbers = token.slice(2, -1).split(';').map(Number);
        if (code === 'm') style = numbers.reduce(restyle, style);
        else control(numbers[0] ?? 0, code);
      } else {
        if (column >= columns) newLine();
        const cells = line();
        while (cells.length < column) cells.push({ char: ' ', style: plain });
        cells[column] = { char: token, style };
        column += 1;
      }
    },
    lines: (): readonly Line[] => {
      const lines = rows.map(toPieces);
      while (lines.at(-1)?.length === 0) lines.pop();
      return lines;
    },
  };
}

function restyle(style: Style, code: number): Style {
  if (code === 0) return plain;
  if (code === 1) return { ...style, isBold: true };
  if (code === 2) return { ...style, isFaint: true };
  if (code === 22) return { ...style, isBold: false, isFaint: false };
  if (code === 39) return { ...style, colour: undefined };
  return (code >= 30 && code <= 37) || (code >= 90 && code <= 97)
    ? { ...style, colour: code }
    : style;
}

function toPieces(cells: readonly Cell[]): Line {
  const pieces: { text: string; column: number; style: Style }[] = [];
  for (const [column, { char, style }] of cells.entries()) {
    const last = pieces.at(-1);
    if (last !== undefined && isSame(last.style, style)) last.text += char;
    else pieces.push({ text: char, column, style });
  }
  const last = pieces.at(-1);
  if (last !== undefined) last.text = last.text.trimEnd();
  return pieces.filter(({ text }) => text.trim() !== '');
}

function isSame(a: Style, b: Style): boolean {
  return a.colour === b.colour && a.isBold === b.isBold && a.isFaint === b.isFaint;
}
