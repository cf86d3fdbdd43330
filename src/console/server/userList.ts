/** The users of the console as their file has them: read strictly, written sorted by name. */
import { type Grant, type Role, roles } from '../../domain/console/roles.ts';
import { isWildcard } from '../../domain/wildcard.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { isPasswordHash, type PasswordHash } from './passwords.ts';

export interface User extends PasswordHash {
  readonly name: string;
  readonly grants: readonly Grant[];
}

export const usersMax = 1_000;

export function isUserName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(text);
}

/** The error is the end of "the file of users …". */
export function parseUsers(text: string): Result<readonly User[], string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err('is no JSON');
  }
  const items = isRecord(value) ? value['users'] : undefined;
  if (!Array.isArray(items) || items.length > usersMax) return err('has no list `users` of users');
  const users: User[] = [];
  for (const item of items as readonly unknown[]) {
    if (!isRecord(item) || typeof item['name'] !== 'string' || !isUserName(item['name'])) {
      return err('has a user without a name that can be used');
    }
    const { name } = item;
    if (users.some((user) => user.name === name)) return err(`has ${name} twice`);
    if (!isPasswordHash(item)) return err(`has no password of ${name} that can be checked`);
    const grants = parseGrants(item['grants']);
    if (!grants.ok) return err(`has grants of ${name} that ${grants.error}`);
    const { salt, scrypt, n, r, p } = item;
    users.push({ name, salt, scrypt, n, r, p, grants: grants.value });
  }
  return ok(users);
}

export function formatUsers(users: readonly User[]): string {
  const sorted = [...users].sort((a, b) => (a.name < b.name ? -1 : 1));
  return `${JSON.stringify({ users: sorted }, undefined, 2)}\n`;
}

/** The error is the end of "grants that …". */
export function parseGrants(value: unknown): Result<readonly Grant[], string> {
  if (!Array.isArray(value)) return err('are no list');
  const grants: Grant[] = [];
  for (const item of value as readonly unknown[]) {
    const grant = isRecord(item) ? parseGrant(item) : undefined;
    if (grant === undefined) {
      return err(`are not {"role": ${roles.join('|')}, "apps": [GLOBS], "hosts": [GLOBS]}`);
    }
    grants.push(grant);
  }
  return ok(grants);
}

function parseGrant({ role, apps, hosts }: Record<string, unknown>): Grant | undefined {
  const known = roles.find((each): each is Role => each === role);
  if (known === undefined || !areGlobs(apps) || !areGlobs(hosts)) return undefined;
  return { role: known, apps, hosts };
}

function areGlobs(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => typeof item === 'string' && isGlob(item))
  );
}

/** Host names are longer than app names. */
export function isGlob(text: string): boolean {
  return isWildcard(text) || /^[A-Za-z0-9_.:*?-]{1,253}$/.test(text);
}

export function formatGrant({ role, apps, hosts }: Grant): string {
  return `${role} of ${apps.join(',')} on ${hosts.join(',')}`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
