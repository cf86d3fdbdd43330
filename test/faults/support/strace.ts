/**
 * Failing, slow and deadly system calls in a real process, by strace: around a command from its
 * start, or attached to a process that runs.
 *
 * `inject` is strace's own word: `fsync:error=EIO:when=2`, `rename:signal=KILL`,
 * `write:delay_exit=300000` (strace(1), *Tampering*). strace counts the calls of each thread by
 * itself, and Node does its file calls in threads: with `oneThread` in the environment of what is
 * traced, `when=N` is the N-th call of the process.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

export interface TraceOptions {
  /** Each as strace wants it behind `inject=`; none: only looks. */
  readonly inject?: readonly string[];
  /** More calls to be seen in the log; what is injected is seen anyway. */
  readonly trace?: readonly string[];
  /** Only calls that touch one of these paths: strace's `-P`. */
  readonly paths?: readonly string[];
  /** More flags: `['-y']` shows the paths behind descriptors, `['-ttt']` the time of day. */
  readonly flags?: readonly string[];
}

export interface Tracing {
  /** What strace has written until now, a call a line with the thread's id in front. */
  log(): string;
  /** Lines in which strace marks that it tampered with the call. */
  injected(): readonly string[];
  /** Lets go of the process, which lives on; resolves when it did. Safe to call twice. */
  stop(): Promise<void>;
}

export interface TraceOutcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly log: string;
}

/** For what is traced: one file thread, and no calls that go past ptrace by io_uring. */
export const oneThread = { UV_USE_IO_URING: '0', UV_THREADPOOL_SIZE: '1', NODE_OPTIONS: '' };

let whyNot: string | undefined | 'NotTried' = 'NotTried';

/** Undefined when strace can trace here; otherwise the reason. Tried once. */
export function whyNoStrace(): string | undefined {
  if (whyNot !== 'NotTried') return whyNot;
  const run = spawnSync('strace', ['-f', '-o', '/dev/null', 'true'], { encoding: 'utf8' });
  whyNot =
    run.error !== undefined
      ? 'strace is not installed'
      : run.status === 0
        ? undefined
        : `strace may not trace here: ${run.stderr.trim().slice(0, 200)}`;
  return whyNot;
}

/**
 * In front of a command, runs it under strace from its first call; as `within` of an agent too. The
 * process that is started becomes the command itself, so that its pid and signals are meant for it;
 * strace looks on from aside (`-D`) and ends with the last traced process.
 */
export function straced(logPath: string, options: TraceOptions): readonly string[] {
  return ['strace', '-D', '-f', '-o', logPath, ...expressions(options)];
}

/** Runs a command under strace to its end. */
export async function runStraced(
  command: readonly string[],
  options: TraceOptions & { readonly env?: NodeJS.ProcessEnv },
): Promise<TraceOutcome> {
  const dir = await createTempDir('strace');
  const logPath = join(dir.path, 'log');
  const args = ['-f', '-o', logPath, ...expressions(options), ...command];
  try {
    const child = spawn('strace', args, {
      env: { ...process.env, ...oneThread, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { code, signal, stdout, stderr, log: readLog(logPath) };
  } finally {
    await dir.remove();
  }
}

/** Takes hold of all threads of a process that runs, and of the children it will have. */
export async function attachStrace(pid: number, options: TraceOptions): Promise<Tracing> {
  const dir = await createTempDir('strace');
  const logPath = join(dir.path, 'log');
  const args = ['-f', '-o', logPath, ...expressions(options), '-p', String(pid)];
  // Should the test's own process be killed, strace ends too and lets go of what it holds.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', 'strace', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.on('error', (error) => (said += String(error)));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const stop = async (): Promise<void> => {
    if (!isOver(child)) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await dir.remove();
  };
  let kept = '';
  const log = (): string => (kept = existsSync(logPath) ? readLog(logPath) : kept);
  try {
    await waitFor('strace to attach', () => isOver(child) || said.includes('attached'), {
      intervalMs: 5,
    });
    if (isOver(child)) throw new Error(`strace did not attach: ${said}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    log,
    injected: () =>
      log()
        .split('\n')
        .filter((line) => line.includes('(INJECTED)') || line.includes('(DELAYED)')),
    stop: async () => {
      log();
      await stop();
    },
  };
}

function expressions({ inject = [], trace = [], paths = [], flags = [] }: TraceOptions) {
  const calls = [...trace, ...inject.map((fault) => fault.split(':')[0] ?? '')];
  return [
    ...flags,
    ...paths.flatMap((path) => ['-P', path]),
    ...(calls.length === 0 ? [] : ['-e', `trace=${calls.join(',')}`]),
    ...inject.flatMap((fault) => ['-e', `inject=${fault}`]),
  ];
}

function readLog(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function isOver(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}
