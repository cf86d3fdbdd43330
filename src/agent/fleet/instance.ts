/**
 * Which agent this is: an id in its journal directory, the same for as long as that is kept. By it
 * two agents that were given one `host.id` are told apart.
 */
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const form = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Where it cannot be kept it is of this life only. */
export async function readInstance(journalDir: string): Promise<string> {
  const path = join(journalDir, 'instance');
  const known = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (form.test(known)) return known;
  const fresh = randomUUID();
  await writeFile(path, `${fresh}\n`, { mode: 0o600 }).catch(() => undefined);
  return fresh;
}
