/**
 * Runs a program to its end, or to a deadline and then SIGKILL for it and all it started. What a program
 * that ended by itself left behind is let be, and not waited for.
 *
 * The one place where the agent starts a process. No shell, no input, little of our environment; only
 * a program that nobody else could have put there. Output beyond the limit is read and dropped.
 * Settles once, never rejects.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { type SchedulerLike, Subscription } from 'rxjs';
import { type Environment, findProgram } from './findProgram.ts';

export interface CommandRequest {
  /** A name or an absolute path; where it is found, `findProgram` says. */
  readonly command: string;
  readonly args: readonly string[];
  /** Ours; HOME and the language are passed on, and the safe part of PATH. */
  readonly env: Environment;
  /** Further variables that it is told. */
  readonly alsoTold?: Readonly<Record<string, string>>;
  /** An open file that becomes its descriptor 3. */
  readonly inherits?: number;
  readonly timeoutMs: number;
  /** Ends it early, as if its time were up. */
  readonly signal?: AbortSignal;
  /** Of standard output and of standard error, each. */
  readonly outputMaxBytes: number;
}

export type CommandOutcome =
  | Readonly<{ type: 'Ended'; code: number | null; stdout: string; stderr: string }>
  | Readonly<{ type: 'TimedOut' }>
  | Readonly<{ type: 'NotStarted'; detail: string }>;

// A process in uninterruptible sleep does not go even then; nobody waits for it longer.
const reapMs = 1_000;
/** For what an ended program has left in its pipes, which a child of it may hold open for ever. */
const drainMs = 250;

export async function runCommand(
  scheduler: SchedulerLike,
  request: CommandRequest,
): Promise<CommandOutcome> {
  const program = await findProgram(request.command, request.env);
  if (!program.ok) return { type: 'NotStarted', detail: program.error };
  const { path, folders } = program.value;
  const env = { ...passedOn(request.env), PATH: folders.join(':'), ...request.alsoTold };
  return runProgram(scheduler, { ...request, path, env, cwd: '/' });
}

/** As it is said; for what has been looked for already. */
export interface ProgramRequest extends Pick<
  CommandRequest,
  'args' | 'inherits' | 'timeoutMs' | 'signal' | 'outputMaxBytes'
> {
  readonly path: string;
  /** All of it. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Undefined: as ourselves. Somebody else is in no further groups. */
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
}

export function runProgram(
  scheduler: SchedulerLike,
  request: ProgramRequest,
): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const timer = new Subscription();
    let isGivenUp = false;
    const waitNoLonger = (): void => {
      timer.unsubscribe();
      request.signal?.removeEventListener('abort', giveUp);
    };
    const settle = (outcome: CommandOutcome): void => {
      waitNoLonger();
      child?.stdout?.destroy();
      child?.stderr?.destroy();
      resolve(outcome);
    };
    // It may be thrown before there is a child.
    const fail = (detail: string): void => {
      waitNoLonger();
      resolve({ type: 'NotStarted', detail });
    };
    const giveUp = (): void => {
      isGivenUp = true;
      child?.once('exit', () => settle({ type: 'TimedOut' }));
      kill(child?.pid);
      timer.add(scheduler.schedule(() => settle({ type: 'TimedOut' }), reapMs));
    };
    const child = start(request, fail);
    if (child === undefined) return;
    const stdout = collect(child.stdout, request.outputMaxBytes);
    const stderr = collect(child.stderr, request.outputMaxBytes);
    const end = (code: number | null): void => {
      settle({ type: 'Ended', code, stdout: stdout(), stderr: stderr() });
    };
    child.on('close', end);
    child.on('exit', (code) => {
      if (isGivenUp) return;
      waitNoLonger();
      // Held up ourselves, we may be late: what has arrived meanwhile is read first.
      scheduler.schedule(() => setImmediate(end, code), drainMs);
    });
    timer.add(scheduler.schedule(giveUp, request.timeoutMs));
    if (request.signal?.aborted === true) giveUp();
    else request.signal?.addEventListener('abort', giveUp, { once: true });
  });
}

/** HOME is where Python may keep its packages. */
function passedOn(env: Environment): Readonly<Record<string, string>> {
  const passed: Record<string, string> = {};
  for (const name of ['HOME', 'LANG', 'LC_ALL']) {
    const value = env[name];
    if (value !== undefined) passed[name] = value;
  }
  return passed;
}

/** Some failures to start are thrown, some are events, and some leave it without its streams. */
function start(
  { path, args, env, cwd, account, inherits }: ProgramRequest,
  fail: (detail: string) => void,
): ChildProcess | undefined {
  try {
    const child = spawn(path, args, {
      ...{ env, cwd, ...account },
      stdio: ['ignore', 'pipe', 'pipe', ...(inherits === undefined ? [] : [inherits])],
      // Its own process group, so that whatever it starts can be ended with it.
      detached: true,
    });
    child.on('error', (error) => fail(error.message));
    return child;
  } catch (error) {
    fail(String(error));
    return undefined;
  }
}

function collect(stream: Readable | null | undefined, maxBytes: number): () => string {
  const chunks: Buffer[] = [];
  let leftBytes = maxBytes;
  stream?.on('data', (chunk: Buffer) => {
    if (leftBytes > 0) chunks.push(chunk.subarray(0, leftBytes));
    leftBytes -= chunk.length;
  });
  stream?.on('error', () => undefined);
  return () => Buffer.concat(chunks).toString('utf8');
}

function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}
