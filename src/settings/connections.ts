/** What the clients need to connect, passwords read: the one place that reads them. */
import { type Result, ok } from '../domain/result.ts';
import { readPassword } from './readPassword.ts';
import { readToken } from './readToken.ts';
import type { Settings } from './settings.ts';

export interface EtcdConnection {
  readonly endpoints: readonly string[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Reads the file once more; undefined when there is none, or it cannot be read just now. */
  readonly renewPassword: () => string | undefined;
  readonly tls: {
    readonly caFile: string | undefined;
    readonly certFile: string | undefined;
    readonly keyFile: string | undefined;
  };
}

/** The error is a sentence with the path of the password file in it. */
export function etcdConnection({ etcd }: Settings): Result<EtcdConnection, string> {
  const password = optionalPassword(etcd.passwordFile);
  if (!password.ok) return password;
  const { endpoints, username } = etcd;
  const tls = { caFile: etcd.ca, certFile: etcd.cert, keyFile: etcd.key };
  const renewPassword = (): string | undefined => {
    const renewed = optionalPassword(etcd.passwordFile);
    return renewed.ok ? renewed.value : undefined;
  };
  return ok({ endpoints, username, password: password.value, renewPassword, tls });
}

export interface SupervisorConnection {
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** The error is a sentence with the path of the password file in it. */
export function supervisorConnection({
  supervisor,
}: Settings): Result<SupervisorConnection, string> {
  const password = optionalPassword(supervisor.passwordFile);
  if (!password.ok) return password;
  const { url, username } = supervisor;
  return ok({ url, username, password: password.value });
}

/** Undefined where none is asked for. The error is a sentence with the path of the file in it. */
export function httpToken({ http }: Settings): Result<string | undefined, string> {
  return http.tokenFile === undefined ? ok(undefined) : readToken(http.tokenFile);
}

function optionalPassword(file: string | undefined): Result<string | undefined, string> {
  return file === undefined ? ok(undefined) : readPassword(file);
}
