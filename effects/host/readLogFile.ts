/**
 * A piece of a log file, as bytes. Only of a regular file that the path itself names: not what a
 * link leads to, no device and no pipe, which might never end.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { err, ok, type Result } from '../../src/domain/result.ts';

export interface LogPiece {
  /** Of the first byte, in the file. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Of the whole file, in bytes. */
  readonly size: number;
}

export interface LogFileError {
  readonly type: 'Missing' | 'NotRegular' | 'Unreadable';
  /** Of a sentence that begins with the path. */
  readonly detail: string;
}

/** At most `length` bytes from `offset` on; without it the last ones. */
export async function readLogFile(
  path: string,
  offset: number | undefined,
  length: number,
): Promise<Result<LogPiece, LogFileError>> {
  let file: FileHandle | undefined;
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile()) return err({ type: 'NotRegular', detail: 'is no regular file' });
    const { size } = found;
    const start = Math.min(offset ?? Math.max(0, size - length), size);
    const buffer = Buffer.alloc(Math.min(length, size - start));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    return ok({ offset: start, bytes: buffer.subarray(0, bytesRead), size });
  } catch (error) {
    return err(describe(error));
  } finally {
    await file?.close().catch(() => undefined);
  }
}

function describe(error: unknown): LogFileError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return { type: 'Missing', detail: 'is not there: nothing has been written yet' };
  }
  if (code === 'ELOOP') return { type: 'NotRegular', detail: 'is a link, which is not followed' };
  if (code === 'ENXIO') return { type: 'NotRegular', detail: 'is no regular file' };
  return { type: 'Unreadable', detail: `cannot be read (${code})` };
}
