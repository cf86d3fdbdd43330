/** The real streams, files and machine for a command. */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type Result, err, ok } from '../domain/result.ts';
import { askSecret } from './askSecret.ts';
import type { CommandIo, Terminal, Undo } from './commandIo.ts';
import { openPager } from './pager.ts';

export function createProcessIo(): CommandIo {
  endQuietlyWithoutReader(process.stdout);
  endQuietlyWithoutReader(process.stderr);
  const noColour = (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb';
  return {
    env: process.env,
    workingDir: process.cwd(),
    hostName: hostname(),
    outHasColours: process.stdout.isTTY && !noColour,
    errorHasColours: process.stderr.isTTY && !noColour,
    isErrorTerminal: process.stderr.isTTY,
    writeOut: (text) => void process.stdout.write(text),
    writeBytes: (bytes) => void process.stdout.write(bytes),
    isOutTerminal: process.stdout.isTTY,
    writeError: (text) => void process.stderr.write(text),
    readText,
    readInput: async (path, maxBytes) =>
      path === '-' ? readStdin(maxBytes) : readFileLimited(resolve(path), maxBytes),
    askSecret: process.stdin.isTTY
      ? (prompt) => askSecret(process.stdin, (text) => void process.stderr.write(text), prompt)
      : undefined,
    openPager: () => openPager(process.env),
    flush,
    terminal: terminalOf(process.stdout),
    onEnd,
  };
}

/** What a terminal that does not say how large it is has. */
const usualSize = { columns: 80, rows: 24 };

function terminalOf(stream: NodeJS.WriteStream): Terminal | undefined {
  if (!stream.isTTY || process.env['TERM'] === 'dumb') return undefined;
  return {
    columns: () => stream.columns || usualSize.columns,
    rows: () => stream.rows || usualSize.rows,
    onResize: (act) => {
      stream.on('resize', act);
      return () => void stream.off('resize', act);
    },
  };
}

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function onEnd(act: () => void): Undo {
  for (const signal of endSignals) process.on(signal, act);
  return () => {
    for (const signal of endSignals) process.off(signal, act);
  };
}

/** Resolves when everything that was written has left this process. */
export async function flush(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((done) => void stream.write('', () => done()));
  }
}

/** `supervene apps | head` is no error. */
function endQuietlyWithoutReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
}

function readText(path: string): Result<string | undefined, string> {
  try {
    return ok(readFileSync(path, 'utf8'));
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? ok(undefined) : err(whyNot(path, error));
  }
}

async function readStdin(maxBytes: number): Promise<Result<Uint8Array, string>> {
  if (process.stdin.isTTY) process.stderr.write('reading standard input; Ctrl-D ends it\n');
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of process.stdin) {
      const bytes = Buffer.from(chunk as Uint8Array);
      chunks.push(bytes);
      size += bytes.length;
      if (size > maxBytes) break;
    }
  } catch (error) {
    return err(whyNot('standard input', error));
  }
  return ok(Buffer.concat(chunks).subarray(0, maxBytes + 1));
}

function readFileLimited(path: string, maxBytes: number): Result<Uint8Array, string> {
  try {
    if (statSync(path).isDirectory()) return err(`${path} is a directory, not a file`);
    const file = openSync(path, 'r');
    const buffer = Buffer.alloc(maxBytes + 1);
    let size = 0;
    try {
      for (let count = -1; count !== 0 && size <= maxBytes; size += count) {
        count = readSync(file, buffer, size, buffer.length - size, null);
      }
    } finally {
      closeSync(file);
    }
    return ok(buffer.subarray(0, size));
  } catch (error) {
    return err(whyNot(path, error));
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'too many symbolic links',
};

function whyNot(path: string, error: unknown): string {
  const code = codeOf(error);
  return `cannot read ${path}: ${reasons[code] ?? code}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
