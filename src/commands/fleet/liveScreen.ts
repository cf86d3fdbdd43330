/**
 * The whole terminal for as long as something is watched: the alternate screen, each picture written
 * at once over the one before, so that nothing flickers; and everything put back at the end,
 * whatever the end is.
 */
import type { Terminal, Undo } from '../commandIo.ts';

export interface LiveScreen {
  /** Lines fit already; what is more than the screen holds is not drawn. */
  readonly draw: (lines: readonly string[]) => void;
  readonly close: Undo;
}

const escape = '\u001b[';
/** The alternate screen; no cursor; nothing wraps. */
const enter = `${escape}?1049h${escape}?25l${escape}?7l${escape}H${escape}2J`;
const leave = `${escape}?7h${escape}?25h${escape}?1049l`;
const home = `${escape}H`;
const clearLine = `${escape}K`;
const clearBelow = `${escape}J`;

export function openScreen(
  terminal: Pick<Terminal, 'rows'>,
  write: (text: string) => void,
): LiveScreen {
  let drawn = '';
  let isOpen = true;
  write(enter);
  return {
    draw: (lines) => {
      const shown = lines.slice(0, Math.max(1, terminal.rows()));
      const picture = `${home}${shown.map((line) => line + clearLine).join('\r\n')}${clearBelow}`;
      if (!isOpen || picture === drawn) return;
      drawn = picture;
      write(picture);
    },
    close: () => {
      if (isOpen) write(leave);
      isOpen = false;
    },
  };
}
