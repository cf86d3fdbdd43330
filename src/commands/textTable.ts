/** Plain tables and text from outside, fit for a terminal. */

/** Columns as wide as their widest cell, two blanks apart; the last one is not padded. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  return rows.map((row) => `${formatRow(row, widths)}\n`).join('');
}

function formatRow(row: readonly string[], widths: readonly number[]): string {
  const last = row.length - 1;
  return row
    .map((cell, column) => (column === last ? cell : cell.padEnd(widths[column] ?? 0)))
    .join('  ')
    .trimEnd();
}

/** Control characters written out, so that text from etcd cannot steer a terminal. */
export function visible(text: string): string {
  return text.replaceAll(
    /[^\P{Cc}\n\t]|[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** One line of at most `max` characters. */
export function shorten(text: string, max: number): string {
  const line = visible(text).replaceAll(/\s+/g, ' ');
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}

const codes = { bold: 1, red: 31, green: 32, yellow: 33, cyan: 36, dim: 2 } as const;

export function paint(hasColours: boolean, colour: keyof typeof codes, text: string): string {
  return hasColours ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;
}
