/**
 * Where a program is found, so that nobody but root (or who runs us) can put another in its place.
 *
 * The folders of `PATH` count when they are absolute, and belong, with all above them, to root or to
 * us and cannot be written by others; behind them the usual ones, which are the system's own. A
 * program that others own or may write is not run.
 */
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { err, ok, type Result } from '../../src/domain/result.ts';
import { trustedPath } from '../host/trustedPath.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const usualFolders: readonly string[] = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];

export interface FoundProgram {
  readonly path: string;
  /** Where it looked; what is run finds its own helpers there, and nowhere else. */
  readonly folders: readonly string[];
}

/** The absolute path. The error says what was found instead, if anything was. */
export async function findProgram(
  name: string,
  env: Environment,
): Promise<Result<FoundProgram, string>> {
  const folders = await safeFolders(env);
  if (isAbsolute(name)) return judged(name, folders);
  if (name === '' || name.includes('/')) return err(`${name} is not the name of a program`);
  let unsafe: string | undefined;
  for (const folder of folders) {
    const path = join(folder, name);
    const found = await judge(path);
    if (found === 'Safe') return ok({ path, folders });
    if (found === 'Unsafe') unsafe ??= path;
  }
  if (unsafe === undefined) return err(`there is no ${name} in PATH (${folders.join(':')})`);
  return err(`${unsafe} is not run: others than root own it or may write it`);
}

async function judged(
  path: string,
  folders: readonly string[],
): Promise<Result<FoundProgram, string>> {
  const found = await judge(path);
  if (found === 'Absent') return err(`${path} is no program`);
  if (found === 'Safe' && (await trustedPath(dirname(path), { mayBeOurs: true })).ok) {
    return ok({ path, folders });
  }
  return err(
    `${path} is not run: others than root own it or may write it, or a directory above it`,
  );
}

async function safeFolders(env: Environment): Promise<readonly string[]> {
  const safe: string[] = [];
  for (const folder of (env['PATH'] ?? '').split(':')) {
    if (!isAbsolute(folder)) continue;
    const trusted = await trustedPath(folder, { mayBeOurs: true });
    if (trusted.ok && (await isDirectory(folder))) safe.push(folder);
  }
  return [...new Set([...safe, ...usualFolders])];
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

async function judge(path: string): Promise<'Safe' | 'Unsafe' | 'Absent'> {
  try {
    const target = await realpath(path);
    const found = await stat(target);
    if (!found.isFile()) return 'Absent';
    await access(target, constants.X_OK);
    return isOurs(found) && (found.mode & 0o022) === 0 ? 'Safe' : 'Unsafe';
  } catch {
    return 'Absent';
  }
}

function isOurs({ uid }: { readonly uid: number }): boolean {
  return uid === 0 || uid === process.geteuid?.();
}
