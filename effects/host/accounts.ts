/**
 * Does a user or a group exist, by name or number as supervisor takes them? The local file first,
 * which costs nothing; then getent, which asks directories as well. `Unknown` when it cannot tell.
 */
import { readFile } from 'node:fs/promises';
import type { SchedulerLike } from 'rxjs';
import { runCommand } from '../drivers/runCommand.ts';

export type Answer = 'Yes' | 'No' | 'Unknown';
export type AccountDatabase = 'passwd' | 'group';

export interface AccountsDeps {
  readonly scheduler: SchedulerLike;
  readonly timeoutMs: number;
}

/** getent's exit status for a key that is in no database. */
const notFoundStatus = 2;

export async function accountExists(
  database: AccountDatabase,
  nameOrId: string,
  deps: AccountsDeps,
): Promise<Answer> {
  const key = canonicalKey(nameOrId);
  if (key === undefined) return 'No';
  if ((await localEntry(database, key)) !== undefined) return 'Yes';
  const found = await getent(database, key, deps);
  return typeof found === 'string' ? found : 'Yes';
}

/** The number of a user, whatever it is called. */
export async function uidOf(
  nameOrId: string,
  deps: AccountsDeps,
): Promise<string | 'No' | 'Unknown'> {
  const key = canonicalKey(nameOrId);
  if (key === undefined) return 'No';
  const found = (await localEntry('passwd', key)) ?? (await getent('passwd', key, deps));
  return typeof found === 'string' ? found : (found[2] ?? 'Unknown');
}

/** Undefined when there is no such user, or nobody can tell. */
export async function homeOf(nameOrId: string, deps: AccountsDeps): Promise<string | undefined> {
  const key = canonicalKey(nameOrId);
  if (key === undefined) return undefined;
  const local = await localEntry('passwd', key);
  const entry = local ?? (await getent('passwd', key, deps));
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

async function getent(
  database: AccountDatabase,
  key: string,
  { scheduler, timeoutMs }: AccountsDeps,
): Promise<readonly string[] | 'No' | 'Unknown'> {
  const outcome = await runCommand(scheduler, {
    command: 'getent',
    args: ['--', database, key],
    env: process.env,
    timeoutMs,
    outputMaxBytes: 64 * 1024,
  });
  if (outcome.type !== 'Ended') return 'Unknown';
  if (outcome.code === 0) return outcome.stdout.trim().split(':');
  return outcome.code === notFoundStatus ? 'No' : 'Unknown';
}
