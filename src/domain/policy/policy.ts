/**
 * What a host lets content do: the `[policy]` table of its settings, never anything from etcd.
 *
 * `strict` refuses what `compat` only warns of; the rules are the same (`checkPolicy`). Plain JSON,
 * since it shapes decisions and therefore stands in the journal.
 */
export interface Policy {
  readonly mode: 'compat' | 'strict';
  /** Names or ids of the users that programs may run as. */
  readonly users: readonly string[];
  /** Under `strict`, of programs that name none; undefined for none. */
  readonly defaultUser?: string;
  /** Globs of apps that may run as root. */
  readonly rootApps: readonly string[];
  /** Directories, or single programs: absolute, normalised. */
  readonly commandPrefixes: readonly string[];
  /** Globs of apps that may run code given to a shell or an interpreter. */
  readonly shellApps: readonly string[];
  /** Directories that log files may lie below: absolute, normalised. */
  readonly logDirs: readonly string[];
  /** Variables of supervisord that `%(ENV_x)s` may show. */
  readonly environment: readonly string[];
}

export const defaultPolicy: Policy = {
  mode: 'compat',
  users: [],
  rootApps: [],
  commandPrefixes: ['/project', '/opt', '/srv', '/usr/local/bin'],
  shellApps: [],
  logDirs: ['/var/log/supervisor'],
  environment: [],
};
