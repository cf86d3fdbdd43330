/**
 * Hosts take turns at changing an app that is published so: what the state of an agent asks of
 * whoever keeps the turns in etcd, and what the two of them call things.
 *
 * An agent may change a running app only between `TurnTaken` and `TurnEnded`; a turn is taken when
 * fewer than `maxUnavailable` other hosts are out of service with it, no halt stands in the way, and
 * the traffic has gone elsewhere.
 */
import type { AppName, Revision } from '../types.ts';

/** What one app needs of the keeper now. An app that is not listed needs nothing: what is held is let go. */
export interface TurnWish {
  readonly app: AppName;
  readonly kind: 'Change' | 'Removal';
  /** Of the content that is to come; of what goes, when it is removed. */
  readonly revision: Revision;
  /** Undefined: no turn is needed, only that the traffic goes elsewhere first. */
  readonly maxUnavailable: number | undefined;
  readonly drainMs: number;
  readonly stage: TurnStage;
  /** Why the rollout is to be halted; with stage `Failed`, and with `Over` if it was so. */
  readonly failure: TurnFailure | undefined;
}

export type TurnStage =
  /** Not yet taken: to be answered with `TurnTaken`, and until then with `TurnAwaited`. */
  | 'Wanted'
  /** Taken, and under way. */
  | 'Taken'
  /** Taken; the content failed and what ran before is being put back: the others are to stop. */
  | 'Failed'
  /** To be given on: answered with `TurnEnded`. */
  | 'Over';

export interface TurnFailure {
  readonly code: string;
  readonly reason: string;
}

/** Why a turn has not been taken yet. */
export type TurnWait =
  /** Other hosts have it, or are out of service. */
  | 'Others'
  /** Somebody, or a host where it failed, has stopped the rollout of this revision. */
  | 'Halted'
  /** It is ours; the traffic is going elsewhere. */
  | 'Draining'
  /** etcd does not answer, or may not be written. */
  | 'Unreachable';

/** `turn-<n>`, under the lease of the agent whose turn it is. */
export interface TurnRecord {
  readonly host: string;
  /** Of the agent's journal directory, as in its report. */
  readonly instance: string;
  readonly revision: Revision;
  readonly sinceMs: number;
}

/**
 * `begun-<n>`, without a lease: whose agent was lost in its turn has left the app nobody knows how,
 * and nobody takes that turn until it is back, or forgotten.
 */
export type BegunRecord = TurnRecord;

/** `drain-<host>`, under the lease: the host is about to stop the app; it gets no new traffic. */
export interface DrainRecord {
  readonly host: string;
  readonly sinceMs: number;
}

/** `halt`, without a lease: content of this revision goes to no further host. */
export interface HaltRecord {
  readonly revision: Revision;
  /** Where it failed; undefined when a person halted it. */
  readonly host?: string;
  readonly code: string;
  readonly reason: string;
  readonly by: string;
  readonly atMs: number;
}

/** `renders/<host>`, under a lease: this host sends traffic, and has taken in all until `revision`. */
export interface RenderRecord {
  readonly revision: Revision;
}
