/**
 * Can anybody but root change what stands at a path? Every directory on the way counts, and every
 * link: who can replace one of them decides what is found there.
 */
import type { Stats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { err, ok, type Result } from '../../src/domain/result.ts';

export interface Distrust {
  readonly type: 'Missing' | 'Unreadable' | 'Changeable';
  /** Where the fault is: the path itself, a directory above it, or one that a link leads through. */
  readonly path: string;
  /** As the end of "PATH …". */
  readonly why: string;
}

export interface TrustRules {
  /** A group may write to directories above, as that of `/var/log` may on some systems. */
  readonly mayGroupsAbove?: boolean;
  /** What belongs to the user of this process is as good as root's. */
  readonly mayBeOurs?: boolean;
}

const linksMax = 40;

/** The path with links followed; absolute paths only. */
export async function trustedPath(
  path: string,
  rules: TrustRules = {},
): Promise<Result<string, Distrust>> {
  const parts = split(path);
  let at = '/';
  let links = 0;
  for (;;) {
    const part = parts.shift();
    const next = part === undefined ? at : part === '..' ? dirname(at) : join(at, part);
    const stats = await look(next);
    if (!('uid' in stats)) return err({ ...stats, path: next });
    if (stats.isSymbolicLink()) {
      links += 1;
      if (!isTrusted(stats, rules)) {
        return err(changeable(next, 'is a link that is not owned by root'));
      }
      if (links > linksMax) return err({ type: 'Missing', path: next, why: 'links to itself' });
      const target = await readlink(next);
      if (target.startsWith('/')) at = '/';
      parts.unshift(...split(target));
      continue;
    }
    const isLast = parts.length === 0;
    const why = whyChangeable(stats, isLast, rules);
    if (why !== undefined) return err(changeable(next, why));
    at = next;
    if (isLast) return ok(at);
  }
}

function split(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function changeable(path: string, why: string): Distrust {
  return { type: 'Changeable', path, why };
}

async function look(path: string): Promise<Stats | Omit<Distrust, 'path'>> {
  try {
    return await lstat(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    if (isMissing) return { type: 'Missing', why: 'does not exist' };
    return { type: 'Unreadable', why: `cannot be looked at: ${code}` };
  }
}

function whyChangeable(stats: Stats, isLast: boolean, rules: TrustRules): string | undefined {
  if (!isTrusted(stats, rules)) return `is owned by user ${String(stats.uid)}, not by root`;
  // In a sticky directory others cannot replace what is root's.
  const isSticky = stats.isDirectory() && (stats.mode & 0o1000) !== 0 && !isLast;
  if (isSticky) return undefined;
  if ((stats.mode & 0o002) !== 0) return 'is writable by everybody';
  const mayGroup = rules.mayGroupsAbove === true && !isLast;
  if ((stats.mode & 0o020) !== 0 && !mayGroup) return `is writable by group ${String(stats.gid)}`;
  return undefined;
}

function isTrusted({ uid }: Stats, { mayBeOurs = false }: TrustRules): boolean {
  return uid === 0 || (mayBeOurs && uid === process.geteuid?.());
}
