/** Who this host is in placements, once: what the agent observes all the time. */
import { networkInterfaces } from 'node:os';
import { canonicalAddress } from '../domain/address.ts';
import type { Identity } from '../domain/types.ts';
import type { Settings } from '../settings/settings.ts';

export function hostIdentity(settings: Settings, hostName: string): Identity {
  const found = [...(settings.host.addresses ?? []), ...localAddresses()];
  const addresses = found.map(canonicalAddress).filter((address) => address !== undefined);
  return {
    hostId: settings.host.id,
    hostNames: [hostName.toLowerCase()],
    addresses: [...new Set(addresses)].sort(),
  };
}

function localAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter((entry) => !entry.internal)
    .map((entry) => entry.address);
}
