/**
 * What the console tells its pages of the fleet: all of it once, then what changes.
 *
 * `GET /api/fleet` gives a `FleetSnapshot`, no older than a second when nothing keeps the console busy;
 * the header `age` says how old, in seconds. `?follows=yes` may give an older one, for who hears of the
 * rest next: `GET /api/live?instance=I&after=V` is a stream of
 * server-sent events, each a `LiveEvent` in `data:`, from there on. A page that is too far behind,
 * or that comes from another console, is told `Again`, and asks for the fleet anew.
 */
import type { AppRollout } from '../fleet/rolloutView.ts';
import type { FleetRow } from '../fleet/fleetRow.ts';
import type { Revision } from '../types.ts';

/** Times are milliseconds since the epoch. */
export interface FleetSnapshot {
  /** Of this console process: versions of another one mean nothing here. */
  readonly instance: string;
  readonly version: number;
  readonly atMs: number;
  readonly hosts: readonly LiveHost[];
  /** Apps in etcd; those that only hosts still have are in `rows` alone. Sorted by app. */
  readonly apps: readonly LiveApp[];
  readonly rows: readonly FleetRow[];
  readonly rollouts: readonly LiveRollout[];
  readonly link: LiveLink;
}

export interface LiveHost {
  readonly host: string;
  readonly isAlive: boolean;
  /** Null: it has never said. */
  readonly version: string | null;
  readonly addresses: readonly string[];
  readonly hostNames: readonly string[];
  readonly startedAtMs: number | null;
  readonly reportedAtMs: number | null;
  /** Its agent was told to end then, and did. */
  readonly endedAtMs: number | null;
  /** What is the matter with the host as a whole: `Code: why`. */
  readonly problems: readonly string[];
  /** Its logs and its journal can be read from here. */
  readonly hasHttp: boolean;
  /** What supervisord runs there beside the apps: `group:name`, state. */
  readonly others: readonly { readonly id: string; readonly state: string }[];
}

export interface LiveApp {
  readonly app: string;
  /** As it stands in etcd; null when it cannot be read. */
  readonly ips: string | null;
  readonly contentRevision: Revision | null;
  /** Of its newest key. */
  readonly revision: Revision;
  readonly maxUnavailable: number | null;
  readonly isSigned: boolean;
  /** Why no agent can do as it says. */
  readonly fault: { readonly code: string; readonly reason: string } | null;
}

/** Those that are not idle. */
export type LiveRollout = Pick<
  AppRollout,
  'app' | 'revision' | 'maxUnavailable' | 'state' | 'total' | 'done' | 'turns' | 'isHaltUnreadable'
> & {
  readonly waiting: readonly string[];
  readonly failed: readonly string[];
  readonly halt: { readonly by: string; readonly reason: string; readonly atMs: number } | null;
};

/** How the console itself is linked with etcd. */
export interface LiveLink {
  readonly isConnected: boolean;
  /** A sentence; null while all is well. */
  readonly fault: string | null;
  /** What is shown is as of then, when it is not connected. */
  readonly sinceMs: number;
}

export type LiveEvent =
  | LiveChange
  | Readonly<{ type: 'Link'; version: number; link: LiveLink }>
  /** Ask for the fleet anew. */
  | Readonly<{ type: 'Again' }>
  /** Every 15 s, so that a dead connection is noticed. */
  | Readonly<{ type: 'Beat'; atMs: number }>;

/** `null`: it is gone. What is not named is as before. */
export interface LiveChange {
  readonly type: 'Change';
  readonly version: number;
  readonly atMs: number;
  readonly hosts?: Readonly<Record<string, LiveHost | null>>;
  readonly apps?: Readonly<Record<string, LiveApp | null>>;
  /** By `rowKey`. */
  readonly rows?: Readonly<Record<string, FleetRow | null>>;
  /** All of them, when any of them changed. */
  readonly rollouts?: readonly LiveRollout[];
}

/** Neither apps nor hosts have a slash in their names. */
export function rowKey({ app, host }: Pick<FleetRow, 'app' | 'host'>): string {
  return `${app}/${host ?? ''}`;
}
