/**
 * The agent's part in the fleet: it tells of this host, acts on what is asked of it through
 * etcd, and takes its turns at rolling publishes.
 *
 * Nothing in here is on the way from etcd to the processes, but for apps that are published to go
 * through their hosts in turns: however it fares, the loop goes on.
 * What is asked of a host is asked of the agent that reports for it: where another one does, this one
 * takes nothing on, nor any turn.
 */
import type { Settings } from '../../settings/settings.ts';
import { startRollouts } from '../rollout/startRollouts.ts';
import type { FleetDeps } from './fleetDeps.ts';
import type { FleetTally } from './fleetTally.ts';
import { handleRequests, type RequestDeps, type Requests } from './handleRequests.ts';
import { readInstance } from './instance.ts';
import { startReporting } from './startReporting.ts';

export interface Fleet {
  /** Resolves when all is over, or after 2 s. */
  stop(): Promise<void>;
}

export function startFleet(settings: Settings, deps: FleetDeps): Fleet {
  const instance = readInstance(settings.journal.dir);
  let isOccupied = false;
  const rollouts = startRollouts(settings, { ...deps, instance, isOccupied: () => isOccupied });
  const requests = createRequests(settings, { ...deps, aside: rollouts.aside });
  if (settings.fleet.report === 'off') requests.begin();
  const tally = listenTo(deps.tally, (isHeard) => {
    isOccupied = !isHeard;
    if (isHeard) requests.begin();
    else void requests.pause();
  });
  const reporting =
    settings.fleet.report === 'on'
      ? startReporting(settings, { ...deps, instance, tally })
      : undefined;
  return {
    stop: async () => {
      await Promise.all([reporting?.stop(), requests.end(), rollouts.stop()]);
    },
  };
}

interface Taking {
  readonly begin: () => void;
  /** Until it is begun again. */
  readonly pause: () => Promise<void>;
  readonly end: () => Promise<void>;
}

function createRequests({ fleet, etcd, host, trust }: Settings, deps: RequestDeps): Taking {
  let handling: Requests | undefined;
  let isOver = fleet.requests === 'off';
  const pause = async (): Promise<void> => {
    const ending = handling;
    handling = undefined;
    await ending?.stop();
  };
  return {
    begin: () => {
      if (isOver) return;
      const isEnforced = trust.mode === 'enforce';
      const options = { fleetPrefix: etcd.fleetPrefix, host: host.id, isEnforced };
      handling ??= handleRequests(deps, options);
    },
    pause,
    end: () => {
      isOver = true;
      return pause();
    },
  };
}

/** `heard`: whether it is this agent that reports for the host. */
function listenTo(tally: FleetTally, heard: (isThisOne: boolean) => void): FleetTally {
  return {
    ...tally,
    note: (news) => {
      tally.note(news);
      if (news.type === 'Written') heard(true);
      else if (news.type === 'Occupied') heard(false);
    },
  };
}
