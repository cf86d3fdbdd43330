/**
 * Does a user or a group exist, by name or number as supervisor takes them? The local file first,
 * which costs nothing; then getent, which asks directories as well. `Unknown` when it cannot tell.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

export type Answer = 'Yes' | 'No' | 'Unknown';
export type AccountDatabase = 'passwd' | 'group';

/** getent's exit status for a key that is in no database. */
const notFoundStatus = 2;

export async function accountExists(
  database: AccountDatabase,
  nameOrId: string,
  timeoutMs: number,
): Promise<Answer> {
  const key = canonicalKey(nameOrId);
  if (key === undefined) return 'No';
  if ((await localEntry(database, key)) !== undefined) return 'Yes';
  const found = await getent(database, key, timeoutMs);
  return typeof found === 'string' ? found : 'Yes';
}

/** Undefined when there is no such user, or nobody can tell. */
export async function homeOf(nameOrId: string, timeoutMs: number): Promise<string | undefined> {
  const key = canonicalKey(nameOrId);
  if (key === undefined) return undefined;
  const local = await localEntry('passwd', key);
  const entry = local ?? (await getent('passwd', key, timeoutMs));
  return typeof entry === 'string' ? undefined : entry[5];
}

/** Numbers as Python reads them: `+5`, `007` and `1_000` are numbers. Undefined: never exists. */
function canonicalKey(nameOrId: string): string | undefined {
  const text = nameOrId.trim();
  if (/^[+-]?\d+(?:_\d+)*$/.test(text)) {
    const id = BigInt(text.replace(/^\+|_/g, ''));
    return id < 0n ? undefined : String(id);
  }
  // None of these can be in a name, and getent would take them for something else.
  return text === '' || /[:\n\0]/.test(text) ? undefined : text;
}

async function localEntry(
  database: AccountDatabase,
  key: string,
): Promise<readonly string[] | undefined> {
  const text = await readFile(`/etc/${database}`, 'utf8').catch(() => '');
  const column = /^\d+$/.test(key) ? 2 : 0;
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .find((fields) => fields[column] === key);
}

function getent(
  database: AccountDatabase,
  key: string,
  timeoutMs: number,
): Promise<readonly string[] | 'No' | 'Unknown'> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, killSignal: 'SIGKILL' as const };
    execFile('getent', ['--', database, key], options, (error, stdout) => {
      if (error === null) resolve(stdout.trim().split(':'));
      else resolve(error.code === notFoundStatus ? 'No' : 'Unknown');
    });
  });
}
