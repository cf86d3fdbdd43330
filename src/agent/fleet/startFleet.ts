/**
 * The agent's part in the fleet: it tells of this host, and acts on what is asked of it through etcd.
 *
 * Nothing in here is on the way from etcd to the processes: however it fares, the loop goes on.
 */
import type { Settings } from '../../settings/settings.ts';
import type { FleetDeps } from './fleetDeps.ts';
import { handleRequests } from './handleRequests.ts';
import { startReporting } from './startReporting.ts';

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
