/** What supervisord finds out from its host while it reads its files and starts programs. */

export interface SupervisordHost {
  /** Of this name or number; undefined for none. */
  readonly uidOf: (user: string) => number | undefined;
  readonly hasDirectory: (path: string) => boolean;
  /** Why a program cannot be run; undefined when it can. */
  readonly commandFault: (program: string) => CommandFault | undefined;
  /** supervisord's own environment. */
  readonly environment: ReadonlyMap<string, string>;
  readonly nodeName: string;
}

export type CommandFault = 'NotFound' | 'NotExecutable' | 'IsDirectory';

/** Root, every directory, and every program whose name has no `no-such` in it. */
export const plainHost: SupervisordHost = {
  uidOf: (user) => (user === 'root' || user === '0' ? 0 : undefined),
  hasDirectory: () => true,
  commandFault: (program) => (program.includes('no-such') ? 'NotFound' : undefined),
  environment: new Map(),
  nodeName: 'host',
};
