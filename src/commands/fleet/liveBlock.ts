/**
 * Lines at the end of the output that are redrawn in place, below what has been said for good. On
 * anything but a terminal only the latter is written.
 */
import type { Terminal } from '../commandIo.ts';
import { cutToWidth, displayWidth } from './displayWidth.ts';

export interface LiveBlock {
  /** A line that stays. */
  readonly say: (line: string) => void;
  /** Instead of the lines that were shown before. */
  readonly show: (lines: readonly string[]) => void;
}

export function createLiveBlock(
  terminal: Terminal | undefined,
  write: (text: string) => void,
): LiveBlock {
  let shown: readonly string[] = [];
  const erase = (): string => {
    if (shown.length === 0) return '';
    const above = rowsOf(shown, terminal?.columns() ?? Infinity) - 1;
    const up = above === 0 ? '' : `\u001b[${String(above)}A`;
    return `\r${up}\u001b[J`;
  };
  return {
    say: (line) => {
      write(`${erase()}${line}\n${shown.join('\n')}`);
    },
    show: (lines) => {
      if (terminal === undefined) return;
      const columns = Math.max(1, terminal.columns() - 1);
      const next = lines.slice(0, Math.max(1, terminal.rows() - 1));
      const cut = next.map((line) => cutToWidth(line, columns));
      if (cut.join('\n') === shown.join('\n')) return;
      const before = erase();
      shown = cut;
      write(before + shown.join('\n'));
    },
  };
}

/** How many they are on the screen: one that has been made narrower since has wrapped them. */
function rowsOf(lines: readonly string[], columns: number): number {
  const width = Math.max(1, columns);
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / width)), 0);
}
