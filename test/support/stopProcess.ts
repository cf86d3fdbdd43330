/**
 * SIGSTOP, and not only sent: a thread that runs on another core at that moment may still answer what
 * comes a moment later.
 */
import { readdirSync, readFileSync } from 'node:fs';

const patienceMs = 5_000;

/** Returns when no thread of the process runs any more. */
export function stopProcess(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  const untilMs = performance.now() + patienceMs;
  while (!isStopped(pid)) {
    if (performance.now() > untilMs) throw new Error(`process ${String(pid)} does not stop`);
  }
}

function isStopped(pid: number): boolean {
  const tasks = `/proc/${String(pid)}/task`;
  return readdirSync(tasks).every((id) => {
    const stat = readFileSync(`${tasks}/${id}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')')).startsWith(') T');
  });
}
