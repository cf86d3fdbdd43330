/**
 * What one agent tells the fleet of its host: how far it is with each app, and why not further.
 *
 * Times are milliseconds since the epoch by that host's clock. Nothing in here is secret: no
 * content, no command, no environment.
 */
import type { AppName, ProcessState, Revision } from '../types.ts';

export interface HostReport {
  /** Its `host.id`. */
  readonly host: string;
  /** Of the journal directory: the same over restarts of an agent, another for another agent. */
  readonly instance: string;
  readonly version: string;
  /** All that a placement may name it by. */
  readonly addresses: readonly string[];
  readonly hostNames: readonly string[];
  /** When this was last written. */
  readonly atMs: number;
  readonly startedAtMs: number;
  /** The agent was told to end then, and did; undefined while it runs, or when it was lost. */
  readonly endedAtMs?: number;
  /**
   * Of etcd. Where nothing else changes they are told at most every five minutes: for one app ask its
   * `wantedRevision`.
   */
  readonly observedRevision: Revision;
  readonly appliedRevision: Revision;
  /** What is the matter with the host as a whole, as `HeldCode: why`; empty when all is well. */
  readonly problems: readonly string[];
  /** Where its HTTP may be asked by others; undefined when it listens for this host alone. */
  readonly http?: string;
  /** Sorted by app: all that is placed here, and what is not yet gone. */
  readonly apps: readonly AppReport[];
  /** Sorted by id: what supervisord runs beside that, which nobody may touch from afar. */
  readonly others: readonly ProcessReport[];
}

/** From what is well to what needs somebody. `docs/fleet.md` says what to do about each. */
export type AppCondition = 'converged' | 'converging' | 'held' | 'rolled-back' | 'quarantined';

export interface AppReport {
  readonly app: AppName;
  readonly condition: AppCondition;
  /** Since when it is in this condition, for this reason. */
  readonly sinceMs: number;
  /** Of the content that etcd wants here; undefined when the app is to go, or cannot be read. */
  readonly wantedRevision?: Revision;
  /** Of the content that supervisord has; undefined for none. */
  readonly appliedRevision?: Revision;
  /** A `HeldCode`, or `E_…`; with `reason` whenever the condition is not `converged`. */
  readonly code?: string;
  readonly reason?: string;
  /** Sorted by id. */
  readonly processes: readonly ProcessReport[];
  /** There are so many more; undefined for none. */
  readonly processesLeftOut?: number;
}

export interface ProcessReport {
  /** `group:name`. */
  readonly id: string;
  readonly state: ProcessState;
  /** 0 when there is none. */
  readonly pid: number;
  /** When it was started, in seconds since the epoch; 0 for never. */
  readonly startSec: number;
}
