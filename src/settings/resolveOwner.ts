/** From the owner in the settings to the numbers of this host, as its own name service knows them. */
import { execFile } from 'node:child_process';
import { type Result, err, ok } from '../domain/result.ts';
import type { Owner } from './settingTypes.ts';

export interface OwnerIds {
  readonly uid: number;
  readonly gid: number;
}

/** The error is a sentence that names who does not exist. */
export async function resolveOwner(owner: Owner): Promise<Result<OwnerIds, string>> {
  if (owner.user === 'root' && owner.group === undefined) return ok({ uid: 0, gid: 0 });
  const user = await lookUp('passwd', owner.user);
  const uid = typeof owner.user === 'number' ? owner.user : user?.[0];
  if (uid === undefined) return err(`there is no user ${owner.user} on this host`);
  // A number needs no entry; its group is then the one of the same number.
  if (owner.group === undefined) return ok({ uid, gid: user?.[1] ?? uid });
  if (typeof owner.group === 'number') return ok({ uid, gid: owner.group });
  const group = await lookUp('group', owner.group);
  const gid = group?.[0];
  return gid === undefined
    ? err(`there is no group ${owner.group} on this host`)
    : ok({ uid, gid });
}

/** The numbers of the third and fourth field. */
function lookUp(
  database: 'passwd' | 'group',
  key: string | number,
): Promise<readonly [number | undefined, number | undefined] | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: 5000, maxBuffer: 64 * 1024 };
    execFile('getent', ['--', database, String(key)], options, (error, stdout) => {
      const fields = stdout.split('\n')[0]?.split(':') ?? [];
      resolve(error === null ? [toId(fields[2]), toId(fields[3])] : undefined);
    });
  });
}

function toId(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
