/** A folder of a test's own, gone afterwards. Names are short: a unix socket path ends at 107 bytes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempDir {
  readonly path: string;
  readonly remove: () => Promise<void>;
}

export async function createTempDir(name = 'test'): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), `sv-${name}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}
