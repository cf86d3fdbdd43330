/**
 * The agent's part in the fleet: it tells of this host, and acts on what is asked of it through etcd.
 *
 * Nothing in here is on the way from etcd to the processes: however it fares, the loop goes on.
 */
import type { SchedulerLike } from 'rxjs';
import type { EtcdClient } from '../../clients/etcd.ts';
import type { Supervisor } from '../../clients/supervisor.ts';
import type { Log } from '../../log/log.ts';
import type { Loop } from '../../loop.ts';
import type { Settings } from '../../settings/settings.ts';
import type { FleetTally } from './fleetTally.ts';
import { handleRequests } from './handleRequests.ts';
import { startReporting } from './startReporting.ts';

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
}

export interface Fleet {
  /** Resolves when all is over, or after 2 s. */
  stop(): Promise<void>;
}

export function startFleet(settings: Settings, deps: FleetDeps): Fleet {
  const { fleet, etcd, host, trust } = settings;
  const isEnforced = trust.mode === 'enforce';
  const requests =
    fleet.requests === 'on'
      ? handleRequests(deps, { fleetPrefix: etcd.fleetPrefix, host: host.id, isEnforced })
      : undefined;
  const reporting = fleet.report === 'on' ? startReporting(settings, deps) : undefined;
  return {
    stop: async () => {
      await Promise.all([reporting?.stop(), requests?.stop()]);
    },
  };
}
