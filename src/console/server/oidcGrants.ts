/**
 * What those that an OpenID provider vouches for are granted, by a file:
 * `{"grants": [{"claim": "groups", "value": "ops", "role": …, "apps": […], "hosts": […]}]}`. A claim
 * that is a list counts for each of its items; an address of mail only when the provider says that it
 * was verified. Whoever no line is for is not let in.
 */
import { statSync, readFileSync } from 'node:fs';
import type { Grant } from '../../domain/console/roles.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { Log } from '../../log/log.ts';
import { isRecord, parseGrants } from './userList.ts';
import { codeOf } from './usersFile.ts';

export interface OidcGrants {
  /** Those of the claims that a line is for, as `claim=value`. */
  readonly matching: (claims: Readonly<Record<string, unknown>>) => readonly string[];
  readonly grantsOf: (matched: readonly string[]) => readonly Grant[];
}

export interface OidcRule extends Grant {
  /** `claim=value` */
  readonly of: string;
}

/** Looked at before each use; while it cannot be read nothing is granted. */
export function openOidcGrants(path: string, log: Log): OidcGrants {
  let seen = '';
  let rules: readonly OidcRule[] = [];
  const current = (): readonly OidcRule[] => {
    const mark = markOf(path);
    if (mark === seen) return rules;
    seen = mark;
    const read = readRules(path);
    if (!read.ok) log.error({}, `nobody is let in by OpenID: ${read.error}`);
    rules = read.ok ? read.value : [];
    return rules;
  };
  return {
    matching: (claims) => {
      const wanted = new Set(current().map(({ of }) => of));
      const isVerified = claims['email_verified'] === true;
      const counting = Object.entries(claims).filter(([claim]) => claim !== 'email' || isVerified);
      const given = counting.flatMap(([claim, value]) =>
        (Array.isArray(value) ? (value as readonly unknown[]) : [value])
          .filter((item) => typeof item === 'string')
          .map((item) => `${claim}=${item}`),
      );
      return given.filter((item) => wanted.has(item));
    },
    grantsOf: (matched) =>
      current()
        .filter(({ of }) => matched.includes(of))
        .map(({ role, apps, hosts }) => ({ role, apps, hosts })),
  };
}

function markOf(path: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true });
    return [ino, size, mtimeNs].join(' ');
  } catch (error) {
    return codeOf(error);
  }
}

export function readRules(path: string): Result<readonly OidcRule[], string> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return err(`cannot read ${path}: ${error instanceof SyntaxError ? 'no JSON' : codeOf(error)}`);
  }
  const items = isRecord(value) ? value['grants'] : undefined;
  if (!Array.isArray(items)) return err(`${path} has no list \`grants\``);
  const rules: OidcRule[] = [];
  for (const item of items as readonly unknown[]) {
    const { claim, value: wanted } = isRecord(item) ? item : {};
    const grants = parseGrants([item]);
    const [grant] = grants.ok ? grants.value : [];
    if (grant === undefined || typeof claim !== 'string' || typeof wanted !== 'string') {
      return err(`${path}: a grant is {"claim", "value", "role", "apps", "hosts"}`);
    }
    rules.push({ ...grant, of: `${claim}=${wanted}` });
  }
  return ok(rules);
}
