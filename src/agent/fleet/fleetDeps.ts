/** What the agent's part in the fleet is given of the rest of it. */
import type { Observable, SchedulerLike } from 'rxjs';
import type { EtcdClient } from '../../clients/etcd.ts';
import type { Supervisor } from '../../clients/supervisor.ts';
import type { Log } from '../../log/log.ts';
import type { Loop } from '../../loop.ts';
import type { FleetTally } from './fleetTally.ts';

export interface FleetDeps {
  readonly etcd: EtcdClient;
  readonly supervisor: Supervisor;
  readonly loop: Loop;
  readonly scheduler: SchedulerLike;
  /** From [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly version: string;
  readonly tally: FleetTally;
  /** Why nothing can be journaled; undefined when it can. */
  readonly journalFault: () => string | undefined;
  /** What is the matter beside what the loop knows, and when that has changed. */
  readonly aside?: {
    readonly problems: () => readonly string[];
    readonly problems$: Observable<void>;
  };
}
