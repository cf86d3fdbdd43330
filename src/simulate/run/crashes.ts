/** What nobody catches: in a simulated agent as in a real one it is the end. */

/** An agent ended by a fault of its own: something was thrown that nobody caught. */
export interface Crash {
  /** Virtual milliseconds since the beginning. */
  readonly atMs: number;
  /** With the stack. */
  readonly detail: string;
}

export interface CrashWatch {
  /** What was thrown since the last `forget`; the first only. */
  readonly seen: () => string | undefined;
  readonly forget: () => void;
  readonly close: () => void;
}

/**
 * Listens for what nobody in this process catches. Only for a process that does nothing else but
 * simulate: until `close` no other fault ends it.
 */
export function watchCrashes(): CrashWatch {
  let crash: string | undefined;
  const note = (error: unknown): void => {
    crash ??= error instanceof Error ? (error.stack ?? error.message) : String(error);
  };
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  return {
    seen: () => crash,
    forget: () => {
      crash = undefined;
    },
    close: () => {
      process.off('uncaughtException', note);
      process.off('unhandledRejection', note);
    },
  };
}
