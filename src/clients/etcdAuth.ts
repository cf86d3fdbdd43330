/**
 * Logins to etcd: one for all who wait for it, since each takes 70 ms of etcd's CPU.
 *
 * A password that is refused is asked for again, so that it may be changed under a running agent:
 * first in etcd or first in the file, as one likes. The one that worked last is tried first. Where
 * accounts are not enabled (yet) nobody can log in, and nobody needs to: etcd's own client does
 * the same, and so agents can be given their login before accounts are switched on.
 */
import { err, ok, type Result } from '../domain/result.ts';
import { readToken } from './etcdCodec.ts';
import { type EtcdFailure, failure } from './etcdErrors.ts';

export interface AuthOptions {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly renewPassword?: (() => string | undefined) | undefined;
}

/** Undefined: calls go without a token. */
type Login = Result<string | undefined, EtcdFailure>;

export interface EtcdAuth {
  /** There is a user name: another login may help. */
  readonly hasLogin: boolean;
  readonly token: () => Promise<Login>;
  /** `undefined`: whatever it is. A token that is already another one is kept. */
  readonly forget: (stale: string | undefined) => void;
}

export function createAuth(
  { username, password = '', renewPassword = () => undefined }: AuthOptions,
  logIn: (request: unknown) => Promise<Result<unknown, EtcdFailure>>,
): EtcdAuth {
  let pending: Promise<Login> | undefined;
  let current: string | undefined;
  let goodPassword = password;

  async function tryPassword(candidate: string): Promise<Login> {
    const outcome = await logIn({ name: username, password: candidate });
    if (!outcome.ok) return outcome.error.isAuthDisabled ? ok(undefined) : outcome;
    const token = readToken(outcome.value);
    if (token === undefined) {
      return err(failure('Malformed', 'etcd answered nonsense to authenticate'));
    }
    goodPassword = candidate;
    return ok(token);
  }

  async function fetchToken(): Promise<Login> {
    let login = await tryPassword(goodPassword);
    if (!login.ok && login.error.type === 'Unauthorised') {
      const renewed = renewPassword();
      if (renewed !== undefined && renewed !== goodPassword) login = await tryPassword(renewed);
    }
    if (login.ok) current = login.value;
    else pending = undefined;
    return login;
  }

  return {
    hasLogin: username !== undefined,
    token: () => {
      if (username === undefined) return Promise.resolve(ok(undefined));
      return (pending ??= fetchToken());
    },
    forget: (stale) => {
      if (stale === undefined || stale === current) pending = undefined;
    },
  };
}
