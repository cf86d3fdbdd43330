/**
 * What /proc tells about the running supervisord: its environment, where it stands, and whether it
 * sees the same files as we do.
 */
import { readFile, readlink } from 'node:fs/promises';

export interface SupervisordProcess {
  /** Undefined when it may not be read. */
  readonly environment: ReadonlyMap<string, string> | undefined;
  readonly workingDirectory: string | undefined;
  /** False in a container of its own: then we cannot look at its users and directories. */
  readonly seesOurFiles: boolean;
}

/** Undefined when there is no supervisord with this number that we can see. */
export async function readSupervisordProcess(pid: number): Promise<SupervisordProcess | undefined> {
  const proc = `/proc/${String(pid)}`;
  const commandLine = await readFile(`${proc}/cmdline`, 'utf8').catch(() => '');
  // A number from another host or container may well be somebody else here.
  if (!commandLine.includes('supervisord')) return undefined;
  const [environ, workingDirectory, theirs, ours] = await Promise.all([
    readFile(`${proc}/environ`, 'utf8').catch(() => undefined),
    readlink(`${proc}/cwd`).catch(() => undefined),
    readlink(`${proc}/ns/mnt`).catch(() => undefined),
    readlink('/proc/self/ns/mnt').catch(() => undefined),
  ]);
  return {
    environment: environ === undefined ? undefined : parseEnviron(environ),
    workingDirectory,
    seesOurFiles: theirs === undefined || theirs === ours,
  };
}

function parseEnviron(text: string): ReadonlyMap<string, string> {
  const pairs = text.split('\0').filter((item) => item.includes('='));
  return new Map(
    pairs.map((item) => {
      const end = item.indexOf('=');
      return [item.slice(0, end), item.slice(end + 1)];
    }),
  );
}
