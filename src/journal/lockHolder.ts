/**
 * Who holds a lock that we did not get, as a sentence. Asks /proc which process has the file open
 * with a lock on it, and the lock file for what that process said about itself. Never throws.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** `path` is what is locked; `what` is what it stands for. */
export async function describeHolder(what: string, path: string): Promise<string> {
  const pid = await findHolder(path);
  const said = await readSaid(path);
  const parts = [
    pid === undefined ? 'another process, not to be seen from here' : `process ${String(pid)}`,
    pid === undefined ? '' : await commandOf(pid),
    // Written by an earlier holder, perhaps: only believed of the process that is there.
    said !== undefined && (pid === undefined || said.pid === pid) ? said.text : '',
  ];
  return `${what} is in use by ${parts.filter((part) => part !== '').join(', ')}`;
}

async function findHolder(path: string): Promise<number | undefined> {
  const wanted = await stat(path, { bigint: true }).catch(() => undefined);
  if (wanted === undefined) return undefined;
  for (const name of await list('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    for (const fd of await list(`/proc/${name}/fd`)) {
      const open = await stat(`/proc/${name}/fd/${fd}`, { bigint: true }).catch(() => undefined);
      if (open?.ino !== wanted.ino || open.dev !== wanted.dev) continue;
      const info = await readFile(`/proc/${name}/fdinfo/${fd}`, 'utf8').catch(() => '');
      if (/^lock:.*FLOCK/m.test(info)) return Number(name);
    }
  }
  return undefined;
}

async function readSaid(path: string): Promise<{ pid: number; text: string } | undefined> {
  try {
    const said: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof said !== 'object' || said === null) return undefined;
    const { pid, host, sinceMs } = said as Readonly<Record<string, unknown>>;
    if (typeof pid !== 'number' || typeof sinceMs !== 'number') return undefined;
    const since = new Date(sinceMs).toISOString();
    return { pid, text: `as host ${String(host)} with pid ${String(pid)} since ${since}` };
  } catch {
    return undefined;
  }
}

async function commandOf(pid: number): Promise<string> {
  const line = await readFile(join('/proc', String(pid), 'cmdline'), 'utf8').catch(() => '');
  const command = line.split('\0').join(' ').trim().slice(0, 120);
  return command === '' ? '' : `"${command}"`;
}

function list(path: string): Promise<readonly string[]> {
  return readdir(path).catch(() => []);
}
