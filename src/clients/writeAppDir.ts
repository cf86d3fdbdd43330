/**
 * App files written into a directory: each whole or not at all, readable by their owner alone, since
 * the environment of a program is often secret. Links are replaced, never followed.
 */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { err, ok, type Result } from '../domain/result.ts';
import { codeOf } from './appDir.ts';

export interface OutFile {
  /** `web.conf`, `web/ips`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const fileMode = 0o600;
const dirMode = 0o700;

/** Something is, be it no directory. */
export async function isDirThere(dir: string): Promise<boolean> {
  return lstat(dir).then(
    () => true,
    (error: unknown) => !(error instanceof Error && 'code' in error && error.code === 'ENOENT'),
  );
}

/** Makes the directory when it is not there. The error says why it cannot be written to. */
export async function makeAppDir(dir: string): Promise<Result<undefined, string>> {
  try {
    await mkdir(dir, { recursive: true, mode: dirMode });
    return ok(undefined);
  } catch (error) {
    return err(`cannot make ${dir}: ${codeOf(error)}`);
  }
}

export async function writeAppFile(
  dir: string,
  { name, bytes }: OutFile,
): Promise<Result<undefined, string>> {
  const path = join(dir, name);
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    if (dirname(path) !== dir) await makeOwnDir(dirname(path));
    const file = await open(temporary, 'wx', fileMode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    return ok(undefined);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    return err(`cannot write ${path}: ${codeOf(error)}`);
  }
}

/** A link there may lead anywhere. */
async function makeOwnDir(path: string): Promise<void> {
  await mkdir(path, { mode: dirMode }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
  if (!(await lstat(path)).isDirectory()) throw new Error('a part of the path is no directory');
}

/** And the directory it was in, when that is empty then and not `dir` itself. */
export async function removeAppFile(dir: string, name: string): Promise<Result<undefined, string>> {
  const path = join(dir, name);
  try {
    await unlink(path);
    if (dirname(path) !== dir) await rmdir(dirname(path)).catch(() => undefined);
    return ok(undefined);
  } catch (error) {
    return err(`cannot remove ${path}: ${codeOf(error)}`);
  }
}
