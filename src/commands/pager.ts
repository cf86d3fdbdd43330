/** Long output on a terminal, through the pager that people have chosen. */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { splitCommand } from '../domain/content/shellWords.ts';

export interface Pager {
  readonly write: (text: string) => void;
  /** Resolves when the pager has room for more. */
  readonly flush: () => Promise<void>;
  /** Nothing more is to come; resolves when people have seen enough. */
  readonly close: () => Promise<void>;
}

/** Quits by itself on less than a screen, lets colours through, and leaves the text on the screen. */
const lessOptions = 'FRX';

/**
 * Undefined where output is no terminal, or people want none: PAGER empty or `cat`. PAGER is cut into
 * words; no shell runs it. What cannot be started is done without.
 */
export function openPager(env: Readonly<Record<string, string | undefined>>): Pager | undefined {
  const chosen = env['PAGER'];
  if (!process.stdout.isTTY || chosen === '' || chosen === 'cat' || env['TERM'] === 'dumb') {
    return undefined;
  }
  const words = splitCommand(chosen ?? 'less');
  const [command, ...args] = words.ok ? words.value : [];
  if (command === undefined) return undefined;
  const child = spawn(command, args, {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS: lessOptions, ...env },
  });
  if (child.pid === undefined) {
    child.on('error', () => undefined);
    return undefined;
  }
  // Whoever leaves the pager wants no more: that is no error, and no reason to read on.
  child.stdin.on('error', () => process.exit(0));
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
    child.on('error', () => resolve());
  });
  // Ctrl-C is the pager's: it goes back to the beginning of its line with it.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  return {
    write: (text) => void child.stdin.write(text),
    flush: () => new Promise((resolve) => void child.stdin.write('', () => resolve())),
    close: async () => {
      child.stdin.end();
      await ended;
      process.removeListener('SIGINT', ignore);
    },
  };
}
