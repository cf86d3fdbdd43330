/**
 * Who may do what in the console: roles, each for some apps on some hosts. What is not granted is
 * denied.
 */
import { matchesAny } from '../wildcard.ts';

/** From the least to the most: each may what those before it may. */
export const roles = ['viewer', 'operator', 'publisher', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Wildcards: `*` for any run of characters, `?` for one. */
export interface Grant {
  readonly role: Role;
  readonly apps: readonly string[];
  readonly hosts: readonly string[];
}

/** What something is done to; a field that is absent: to none in particular. */
export interface Target {
  readonly app?: string;
  readonly host?: string;
}

/** Without a target: somewhere. */
export function mayDo(grants: readonly Grant[], role: Role, { app, host }: Target = {}): boolean {
  return grants.some(
    (grant) =>
      roles.indexOf(grant.role) >= roles.indexOf(role) &&
      (app === undefined || matchesAny(app, grant.apps)) &&
      (host === undefined || matchesAny(host, grant.hosts)),
  );
}

/** Everywhere: for what belongs to no app and no host alone. */
export function mayDoEverywhere(grants: readonly Grant[], role: Role): boolean {
  return grants.some(
    (grant) =>
      roles.indexOf(grant.role) >= roles.indexOf(role) &&
      grant.apps.includes('*') &&
      grant.hosts.includes('*'),
  );
}
