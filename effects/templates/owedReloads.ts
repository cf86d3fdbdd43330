/**
 * Which reloads are still owed, over a crash too: noted on disk before a file is replaced, and struck
 * out when its reload has succeeded. Where the note cannot be read every reload is owed once more.
 */
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import type { FileDeps } from '../../src/clients/fileSystem.ts';
import type { FileError } from '../../src/domain/event.ts';
import { err, ok, type Result } from '../../src/domain/result.ts';
import { errnoOf, toFileError } from '../files/fileError.ts';
import { syncDirectory, writeNew } from './files.ts';

export interface OwedReloads {
  readonly has: (dest: string) => boolean;
  /** On disk when it resolves. */
  readonly set: (dest: string, isOwed: boolean) => Promise<Result<void, FileError>>;
}

const sizeMax = 1024 * 1024;

/** `dests`: the files that templates are for; what is noted of others is forgotten. */
export async function openOwedReloads(
  { fileSystem, nonce }: FileDeps,
  path: string,
  dests: readonly string[],
): Promise<OwedReloads> {
  const noted = await readNote({ fileSystem }, path, dests);
  const owed = new Set(dests.filter((dest) => noted.has(dest)));
  let isOnDisk = false;
  let last: Promise<unknown> = Promise.resolve();

  const write = async (): Promise<Result<void, FileError>> => {
    const temporary = `${path}.${nonce()}.tmp`;
    try {
      const text = `${JSON.stringify({ format: 1, owed: [...owed].sort() })}\n`;
      await writeNew(fileSystem, temporary, text, { mode: 0o600, uid: undefined, gid: undefined });
      await fileSystem.rename(temporary, path);
      await syncDirectory(fileSystem, dirname(path));
      isOnDisk = true;
      return ok(undefined);
    } catch (error) {
      await fileSystem.unlink(temporary).catch(() => undefined);
      return err(toFileError(error, `write ${path}`));
    }
  };

  return {
    has: (dest) => owed.has(dest),
    set: (dest, isOwed) => {
      const result = last.then(() => {
        if (owed.has(dest) === isOwed && isOnDisk) return ok(undefined);
        if (isOwed) owed.add(dest);
        else owed.delete(dest);
        isOnDisk = false;
        return write();
      });
      last = result;
      return result;
    },
  };
}

async function readNote(
  { fileSystem }: Pick<FileDeps, 'fileSystem'>,
  path: string,
  dests: readonly string[],
): Promise<ReadonlySet<string>> {
  try {
    const { O_RDONLY, O_NOFOLLOW } = constants;
    const handle = await fileSystem.open(path, O_RDONLY | O_NOFOLLOW);
    try {
      const { size } = await handle.stat();
      const buffer = Buffer.alloc(Math.min(size, sizeMax));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      const note: unknown = JSON.parse(buffer.toString('utf8', 0, bytesRead));
      const { owed } = note as { readonly owed?: unknown };
      if (Array.isArray(owed)) return new Set(owed.filter((one) => typeof one === 'string'));
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return new Set();
  }
  return new Set(dests);
}
