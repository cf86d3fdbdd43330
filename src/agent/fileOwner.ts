/** The owner of our files as numbers: names are looked up once, at start. */
import { asyncScheduler } from 'rxjs';
import { runCommand } from '../../effects/drivers/runCommand.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { Owner } from '../settings/settingTypes.ts';

export interface FileOwner {
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** The error is a sentence for people. */
export async function lookUpOwner(
  owner: Owner,
  setting = 'files.owner',
): Promise<Result<FileOwner, string>> {
  const user = await getent('passwd', owner.user, setting);
  if (!user.ok) return user;
  if (owner.group === undefined) return ok({ uid: user.value.id, gid: user.value.groupId });
  const group = await getent('group', owner.group, setting);
  return group.ok ? ok({ uid: user.value.id, gid: group.value.id }) : group;
}

async function getent(
  database: 'passwd' | 'group',
  nameOrId: string | number,
  setting: string,
): Promise<Result<{ readonly id: number; readonly groupId: number | undefined }, string>> {
  const outcome = await runCommand(asyncScheduler, {
    command: 'getent',
    args: ['--', database, String(nameOrId)],
    env: process.env,
    timeoutMs: 5_000,
    outputMaxBytes: 64 * 1024,
  });
  if (outcome.type === 'Ended' && outcome.code === 0) {
    const [, , id, groupId] = outcome.stdout.trim().split(':');
    const isUser = database === 'passwd';
    return ok({ id: Number(id), groupId: isUser ? Number(groupId) : undefined });
  }
  // A number needs no entry; a name does.
  if (typeof nameOrId === 'number') return ok({ id: nameOrId, groupId: undefined });
  return err(`${setting}: there is no ${database === 'passwd' ? 'user' : 'group'} ${nameOrId}`);
}
