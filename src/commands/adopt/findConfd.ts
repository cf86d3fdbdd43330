/** Whether confd runs on this host, which would write its file again. */
import { readdir, readFile } from 'node:fs/promises';

/** Process ids, ascending; those of other namespaces are not to be seen. */
export async function findConfd(): Promise<readonly number[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found: number[] = [];
  for (const pid of pids.sort((a, b) => a - b)) {
    const name = await readFile(`/proc/${String(pid)}/comm`, 'utf8').catch(() => '');
    if (name.trim() === 'confd') found.push(pid);
  }
  return found;
}
