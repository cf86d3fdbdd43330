/** How far a simulation and its shrinking have come: one line on standard error, on a terminal. */
import type { CommandIo } from './commandIo.ts';

export interface SimulateProgress {
  readonly onEvents: (events: number, phase: 'Faults' | 'Healed') => void;
  readonly onTry: (left: number, tries: number) => void;
  /** Takes the line away. */
  readonly clear: () => void;
}

/** What takes no longer than this needs no progress; and so often it is told. */
const patienceMs = 500;
const intervalMs = 200;
const clearLine = '\r\u001b[K';

export function createSimulateProgress(
  io: Pick<CommandIo, 'isErrorTerminal' | 'writeError'>,
  nowMs: () => number,
): SimulateProgress {
  let toldMs = nowMs() + patienceMs - intervalMs;
  let isShown = false;
  let tries = '';
  const tell = (text: string): void => {
    if (!io.isErrorTerminal || nowMs() - toldMs < intervalMs) return;
    toldMs = nowMs();
    isShown = true;
    io.writeError(`${clearLine}${text}`);
  };
  return {
    onEvents: (events, phase) => {
      const what = phase === 'Faults' ? '' : ', everything is healed';
      tell(`${tries}${String(events)} events${what}`);
    },
    onTry: (left, count) => {
      tries = `shrinking: ${String(left)} actions left, try ${String(count)}, `;
      tell(tries);
    },
    clear: () => {
      if (isShown) io.writeError(clearLine);
      isShown = false;
    },
  };
}
