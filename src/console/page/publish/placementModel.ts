/** Which hosts a placement names, as one types it: by the test that agents use. Pure. */
import type { LiveHost } from '../../../domain/console/live.ts';
import { createHostIndex, type HostIndex } from '../../../domain/fleet/hostIndex.ts';
import { parsePlacement } from '../../../domain/placement.ts';
import type { Problem } from '../../../domain/types.ts';

export interface MatchedPlacement {
  /** Sorted by host. */
  readonly hosts: readonly LiveHost[];
  /** Items that no host answers to. */
  readonly unanswered: readonly string[];
  readonly problems: readonly Problem[];
  /** No agent can do as it says. */
  readonly isRefused: boolean;
}

export function indexOf(hosts: ReadonlyMap<string, LiveHost>): HostIndex {
  return createHostIndex(
    [...hosts.values()].map(({ host, hostNames, addresses }) => ({
      ...{ hostId: host, hostNames, addresses },
    })),
  );
}

export function matchPlacement(
  ips: string,
  hosts: ReadonlyMap<string, LiveHost>,
  index: HostIndex,
): MatchedPlacement {
  const placement = parsePlacement(ips);
  return {
    hosts: index
      .hostsOf(placement)
      .flatMap((host) => hosts.get(host) ?? [])
      .sort((a, b) => (a.host < b.host ? -1 : 1)),
    unanswered: index.unanswered(placement),
    problems: placement.warnings,
    isRefused: placement.isUnintelligible,
  };
}
