/**
 * A command on a terminal of its own, by `script` of util-linux: what it draws, and the screen that
 * comes of it, for the few sequences that the commands use.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { mainPath } from './agent.ts';

export interface PseudoTerminal {
  /** Everything that was written to it. */
  output(): string;
  /** Line by line, without colours; as it stands now, or stood before the command left it. */
  screen(): readonly string[];
  /** As if the window had been drawn to that size. */
  resize(columns: number, rows: number): Promise<void>;
  /** As if it was typed: `\u0003` is Ctrl-C. */
  type(text: string): void;
  /** The exit code of the command. */
  ended(): Promise<number | null>;
  kill(): void;
}

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly environment: Readonly<Record<string, string>>;
  /** That of the tests by default. */
  readonly workingDir?: string;
}

export function runOnTerminal(
  args: readonly string[],
  { columns, rows, environment, workingDir }: TerminalOptions,
): PseudoTerminal {
  const size = `stty cols ${String(columns)} rows ${String(rows)}`;
  const quoted = [process.execPath, mainPath, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'script', '-qec', `${size}; tty >&2; exec ${quoted}`, '/dev/null'],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(workingDir === undefined ? {} : { cwd: workingDir }),
      env: { PATH: process.env['PATH'], TERM: 'xterm', ...environment },
    },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const over = once(child, 'exit') as Promise<[number | null]>;
  return {
    output: () => output,
    screen: () => lastPicture(output),
    resize: (newColumns, newRows) => setSize(output, newColumns, newRows),
    type: (text) => child.stdin.write(text),
    ended: async () => (await over)[0],
    kill: () => end(child),
  };
}

function end(child: ChildProcess): void {
  if (child.exitCode === null) child.kill('SIGKILL');
}

/** `tty` has written which device it is. */
async function setSize(output: string, columns: number, rows: number): Promise<void> {
  const [device] = /\/dev\/pts\/\d+/.exec(output) ?? [];
  if (device === undefined) throw new Error(`no terminal in ${output.slice(0, 200)}`);
  const set = ['-F', device, 'cols', String(columns), 'rows', String(rows)];
  await once(spawn('stty', set, { stdio: 'ignore' }), 'exit');
}

const escape = '\u001b';

function lastPicture(output: string): readonly string[] {
  const [shown = ''] = output.split(`${escape}[?1049l`);
  const picture = shown.split(`${escape}[H`).at(-1) ?? '';
  return picture
    .replaceAll(/\u001b\[[\d;?]*[A-Za-z]/g, '')
    .split('\r\n')
    .map((line) => line.trimEnd());
}
