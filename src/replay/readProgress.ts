/** How far a long read has come, on standard error when that is a terminal; gone afterwards. */
import type { CommandIo } from '../commands/commandIo.ts';

export interface ReadProgress {
  readonly onProgress: (bytes: number) => void;
  /** Takes the line away. */
  readonly clear: () => void;
}

/** What takes no longer than this needs no progress; and so often it is told. */
const patienceMs = 500;
const intervalMs = 200;
const clearLine = '\r\u001b[K';

/** `totalBytes` is 0 when it is not known. */
export function createReadProgress(
  io: Pick<CommandIo, 'isErrorTerminal' | 'writeError'>,
  totalBytes: number,
  nowMs: () => number,
): ReadProgress {
  if (!io.isErrorTerminal) return { onProgress: () => undefined, clear: () => undefined };
  let toldMs = nowMs() + patienceMs - intervalMs;
  let isShown = false;
  return {
    onProgress: (bytes) => {
      const now = nowMs();
      if (now - toldMs < intervalMs) return;
      toldMs = now;
      isShown = true;
      const megabytes = (bytes / 1_000_000).toFixed(0);
      const share =
        totalBytes === 0
          ? ''
          : `, ${String(Math.min(100, Math.round((bytes / totalBytes) * 100)))} %`;
      io.writeError(`${clearLine}reading the journal: ${megabytes} MB${share}`);
    },
    clear: () => {
      if (isShown) io.writeError(clearLine);
      isShown = false;
    },
  };
}
