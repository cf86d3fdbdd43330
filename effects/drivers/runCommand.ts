/**
 * Runs a program to its end, or to a deadline and then SIGKILL for it and all it started.
 *
 * Found through PATH, no shell, no input. Output beyond the limit is read and dropped. Settles once,
 * never rejects.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { type SchedulerLike, Subscription } from 'rxjs';

export interface CommandRequest {
  readonly command: string;
  readonly args: readonly string[];
  /** All that it gets. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Of standard output and of standard error, each. */
  readonly outputMaxBytes: number;
}

export type CommandOutcome =
  | Readonly<{ type: 'Ended'; code: number | null; stdout: string; stderr: string }>
  | Readonly<{ type: 'TimedOut' }>
  | Readonly<{ type: 'NotStarted'; detail: string }>;

// A process in uninterruptible sleep does not go even then; nobody waits for it longer.
const reapMs = 1_000;

export function runCommand(
  scheduler: SchedulerLike,
  request: CommandRequest,
): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const timer = new Subscription();
    const settle = (outcome: CommandOutcome): void => {
      timer.unsubscribe();
      resolve(outcome);
    };
    const child = start(request, (detail) => settle({ type: 'NotStarted', detail }));
    if (child === undefined) return;
    const stdout = collect(child.stdout, request.outputMaxBytes);
    const stderr = collect(child.stderr, request.outputMaxBytes);
    child.on('close', (code) => {
      settle({ type: 'Ended', code, stdout: stdout(), stderr: stderr() });
    });
    const giveUp = (): void => {
      child.once('exit', () => settle({ type: 'TimedOut' }));
      kill(child.pid);
      timer.add(scheduler.schedule(() => settle({ type: 'TimedOut' }), reapMs));
    };
    timer.add(scheduler.schedule(giveUp, request.timeoutMs));
  });
}

/** Some failures to start are thrown, some are events, and some leave it without its streams. */
function start(request: CommandRequest, fail: (detail: string) => void): ChildProcess | undefined {
  try {
    const child = spawn(request.command, request.args, {
      env: request.env,
      stdio: ['ignore', 'pipe', 'pipe'],
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
