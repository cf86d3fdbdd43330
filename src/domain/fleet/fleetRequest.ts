/**
 * What somebody asks of a host through etcd, and what its agent answers.
 *
 * Acted on once at most: the agent takes the request away as it accepts it. A request is under a
 * short lease, so that what nobody took is not done later.
 */
import type { AppName } from '../types.ts';

export type FleetOrder =
  /** Lets held removals through, as `supervene confirm` on the host. */
  | Readonly<{ type: 'Confirm' }>
  /** Lifts a quarantine, as `supervene retry` on the host. */
  | Readonly<{ type: 'Retry'; app: AppName }>
  /** An operator's start or stop, as by `supervisorctl`. */
  | Readonly<{
      type: 'Start' | 'Stop' | 'Restart';
      app: AppName;
      /** `group:name`; undefined for all processes of the app. */
      process?: string;
    }>;

export interface FleetRequest {
  readonly id: string;
  readonly order: FleetOrder;
  /** A person, by name; from which machine. */
  readonly by: string;
  readonly from: string;
  /** Milliseconds since the epoch, by the clock of whoever asks. */
  readonly atMs: number;
}

export interface FleetAnswer {
  readonly id: string;
  readonly state: 'Accepted' | 'Done' | 'Failed' | 'Refused';
  /** A sentence for people: what was done, or why not and what to do. */
  readonly detail: string;
  /** Of `Accepted`: the last word comes within so many seconds, or never. */
  readonly withinSec?: number;
}

/** In seconds: what no agent took by then is void. */
export const requestTtlSec = 15;
/** In seconds: how long an answer can be read. */
export const answerTtlSec = 60;
