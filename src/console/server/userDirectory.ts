/** Who is who: the users of the file, and those that an OpenID provider vouches for. */
import { createHash } from 'node:crypto';
import type { Grant } from '../../domain/console/roles.ts';
import type { Log } from '../../log/log.ts';
import type { OidcGrants } from './oidcGrants.ts';
import type { Session } from './sessions.ts';
import type { User } from './userList.ts';
import type { UsersFile } from './usersFile.ts';

export interface UserDirectory {
  /** As the file has him; undefined: there is no such user, or the file cannot be read. */
  readonly find: (name: string) => User | undefined;
  /** There is no file yet, or nobody in it. */
  readonly isEmpty: () => boolean;
  /** What a session is worth, as of now. */
  readonly grantsOf: (session: Session) => readonly Grant[];
  /** Of somebody whom the provider vouches for: those that anything is granted by. */
  readonly matchingClaims: OidcGrants['matching'];
  /** For the seal of a session: another text after each change; undefined: not there. */
  readonly recordOf: (session: Session) => string | undefined;
}

export function createUserDirectory(
  file: UsersFile,
  oidcGrants: OidcGrants | undefined,
  log: Log,
): UserDirectory {
  let told: string | undefined;
  const users = (): readonly User[] | undefined => {
    const read = file.read();
    const fault = read.ok ? undefined : read.error;
    if (fault !== undefined && fault !== told) log.error({}, `nobody is let in: ${fault}`);
    told = fault;
    return read.ok ? (read.value ?? []) : undefined;
  };
  const find = (name: string): User | undefined => users()?.find((user) => user.name === name);
  return {
    find,
    isEmpty: () => users()?.length === 0,
    grantsOf: ({ user, claims }) =>
      claims === undefined ? (find(user)?.grants ?? []) : (oidcGrants?.grantsOf(claims) ?? []),
    matchingClaims: (claims) => oidcGrants?.matching(claims) ?? [],
    recordOf: ({ user, claims }) => {
      if (claims !== undefined) return oidcGrants === undefined ? undefined : 'vouched for';
      const found = find(user);
      if (found === undefined) return undefined;
      return createHash('sha256').update(JSON.stringify(found)).digest('hex');
    },
  };
}
