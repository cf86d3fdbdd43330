/**
 * Lines at the end of the output that are redrawn in place, below what has been said for good. On
 * anything but a terminal only the latter is written.
 */
import type { Terminal } from '../commandIo.ts';
import { cutToWidth } from './displayWidth.ts';

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
    const up = shown.length === 1 ? '' : `\u001b[${String(shown.length - 1)}A`;
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
