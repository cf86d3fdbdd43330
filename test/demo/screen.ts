/**
 * What the demo shows: sentences that stay, and below them one table. On a terminal the table is
 * redrawn in place; elsewhere it is printed again whenever it differs.
 */
import type { WriteStream } from 'node:tty';

export interface Screen {
  say(sentence: string): void;
  show(table: readonly string[]): void;
  /** The table stays where it is; what comes next goes below it. */
  leave(): void;
}

export function createScreen(out: WriteStream): Screen {
  let shown: readonly string[] = [];
  // Up over the table and clear from there: nothing above it is touched.
  const erase = (): void => {
    if (out.isTTY && shown.length > 0) out.write(`\u001b[${String(shown.length)}A\r\u001b[J`);
  };
  const draw = (table: readonly string[]): void => {
    // A line that wraps would be counted as one and erased as one.
    const fit = (line: string): string => (out.isTTY ? line.slice(0, out.columns - 1) : line);
    out.write(table.map((line) => `${fit(line)}\n`).join(''));
  };
  return {
    say: (sentence) => {
      erase();
      out.write(`${sentence}\n`);
      if (out.isTTY) draw(shown);
    },
    show: (table) => {
      if (table.join('\n') === shown.join('\n')) return;
      erase();
      draw(out.isTTY ? ['', ...table] : table.map((line) => `  ${line}`));
      shown = out.isTTY ? ['', ...table] : table;
    },
    leave: () => {
      shown = [];
    },
  };
}
