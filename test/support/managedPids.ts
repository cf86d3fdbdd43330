/** What a supervisord has started, found by a mark in the environment: orphans included. */
import * as fs from 'node:fs';
import { waitFor } from './waitFor.ts';

/** In supervisord's own environment, so that a child has it from the moment of its fork. */
export const markName = 'SUPERVENE_TEST_DIR';

export function findManagedPids(dir: string): number[] {
  return findPidsWith('environ', `\0${markName}=${dir}\0`);
}

/** Pids with this text in their command line or environment; words are divided by `\0`. */
export function findPidsWith(file: 'cmdline' | 'environ', text: string): number[] {
  return fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => `\0${read(pid, file)}`.includes(text));
}

/** SIGKILL to all of them, until none is left. */
export async function endManaged(dir: string): Promise<void> {
  await waitFor(
    'every managed process to end',
    () => {
      const pids = findManagedPids(dir);
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

function read(pid: number, file: 'cmdline' | 'environ'): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
