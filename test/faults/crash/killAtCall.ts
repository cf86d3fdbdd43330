/**
 * Kills a running process right before a certain system call of one of its threads, by strace.
 *
 * strace counts calls by thread, and an agent under `oneThread` has two that touch anything outside:
 * the main one, and the one that Node leaves file calls to. So a point is a thread, a call and a
 * number. The call that the process is killed at is not made any more: to be killed before each call is
 * to be killed after each, too.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTempDir } from '../../support/tempDir.ts';
import { waitFor } from '../../support/waitFor.ts';

export type Thread = 'main' | 'files';

export interface CrashPoint {
  readonly thread: Thread;
  /** `fsync` */
  readonly call: string;
  /** The n-th such call of that thread from now on, the first being 1. */
  readonly n: number;
}

/** Numbers of calls by `thread:call`. */
export type CallCounts = ReadonlyMap<string, number>;

export interface Attached {
  /** Lets go of the process, if it still lives. */
  release(): Promise<void>;
}

/** Touch nothing that anybody else could see, and are made all the time. */
const inward = [
  ...['futex', 'epoll_pwait', 'madvise', 'mmap', 'munmap', 'mprotect', 'brk', 'getpid', 'geteuid'],
  ...['getegid', 'rt_sigaction', 'rt_sigprocmask', 'rt_sigreturn', 'restart_syscall', 'uname'],
  ...['ioctl', 'sched_yield', 'clock_gettime', 'getrusage', 'membarrier', 'set_robust_list'],
];

/** Made by `look` meanwhile. */
export async function countCalls(pid: number, look: () => Promise<void>): Promise<CallCounts> {
  const dir = await createTempDir('calls');
  const logPath = join(dir.path, 'log');
  const threads = threadsOf(pid);
  const ids = Object.values(threads).flatMap((id) => ['-p', id]);
  try {
    const attached = await attach(['-o', logPath, '-e', `trace=!${inward.join(',')}`, ...ids], 2);
    await look().finally(attached.release);
    return countLines(readFileSync(logPath, 'utf8'), threads);
  } finally {
    await dir.remove();
  }
}

export function killAt(pid: number, { thread, call, n }: CrashPoint): Promise<Attached> {
  const inject = `${call}:signal=KILL:when=${String(n)}`;
  const expressions = ['-e', `trace=${call}`, '-e', `inject=${inject}`];
  return attach(['-o', '/dev/null', ...expressions, '-p', threadsOf(pid)[thread]], 1);
}

/** Without `-f`: the children of the process are none of our business. */
async function attach(args: readonly string[], threads: number): Promise<Attached> {
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', 'strace', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.on('error', (error) => (said += String(error)));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const isAttached = (): boolean => said.split(' attached').length > threads;
  await waitFor('strace to attach', () => isOver(child) || isAttached(), { intervalMs: 2 });
  if (!isAttached()) throw new Error(`strace did not attach: ${said}`);
  return {
    release: async () => {
      if (isOver(child)) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Node starts the thread for files when it is first needed, after all the others. */
function threadsOf(pid: number): Readonly<Record<Thread, string>> {
  const ids = readdirSync(`/proc/${String(pid)}/task`).sort((a, b) => Number(a) - Number(b));
  return { main: String(pid), files: ids.at(-1) ?? '' };
}

function countLines(log: string, { files }: Readonly<Record<Thread, string>>): CallCounts {
  const counts = new Map<string, number>();
  for (const [, id, call] of log.matchAll(/^(\d+) +(\w+)\(/gm)) {
    const key = `${id === files ? 'files' : 'main'}:${call ?? ''}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function isOver(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}
