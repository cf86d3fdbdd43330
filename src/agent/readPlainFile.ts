/** Bytes of a file that is nothing but a file: no links, no pipes, no folders. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** From its beginning, as many as there are. Throws what the file system throws. */
export async function readPlainFile(path: string, maxBytes: number): Promise<Buffer> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw Object.assign(new Error('no file'), { code: 'ENOENT' });
    const bytes = Buffer.allocUnsafe(Math.min(maxBytes, stats.size));
    return bytes.subarray(0, await fill(file, bytes));
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, bytes: Buffer): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
