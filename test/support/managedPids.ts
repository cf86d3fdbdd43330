/** What a supervisord has started, found by the server URL in its environment: orphans included. */
import * as fs from 'node:fs';
import { waitFor } from './waitFor.ts';

export function findManagedPids(serverUrl: string): number[] {
  const wanted = `SUPERVISOR_SERVER_URL=${serverUrl}`;
  return fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => readEnviron(pid).includes(wanted));
}

/** SIGKILL to all of them, until none is left. */
export async function endManaged(serverUrl: string): Promise<void> {
  await waitFor(
    'every managed process to end',
    () => {
      const pids = findManagedPids(serverUrl);
      for (const pid of pids) signal(pid, 'SIGKILL');
      return pids.length === 0;
    },
    { intervalMs: 10 },
  );
}

/** A process that has ended meanwhile is not an error. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function readEnviron(pid: number): readonly string[] {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
