/**
 * Who this host is. An address or a name that goes away is remembered as long as an app is placed
 * by it: it holds, it does not remove.
 */
import type { Event } from '../src/domain/event.ts';
import { isPlacedHere, type Placement } from '../src/domain/placement.ts';
import type { Identity } from '../src/domain/types.ts';
import { reinterpretAll } from './desired.ts';
import { edit, type Editing } from './editing.ts';
import { readPlacement } from './interpret.ts';
import { mapEntries } from './persistentMap.ts';
import { approveAllRemovals } from './removals.ts';

export function onIdentityObserved(
  editing: Editing,
  { identity }: Extract<Event, { type: 'IdentityObserved' }>,
): void {
  const { current, lostAddresses, lostHostNames } = editing.state.identity;
  edit(editing, {
    identity: {
      current: identity,
      lostAddresses: missing([...lostAddresses, ...(current?.addresses ?? [])], identity.addresses),
      lostHostNames: missing([...lostHostNames, ...(current?.hostNames ?? [])], identity.hostNames),
    },
  });
  reinterpretAll(editing, false);
  forgetWhatPlacesNothing(editing, identity);
}

function missing(known: readonly string[], there: readonly string[]): readonly string[] {
  return [...new Set(known)].filter((item) => !there.includes(item)).sort();
}

/** Addresses come and go; only those that an app is placed by are worth remembering. */
function forgetWhatPlacesNothing(editing: Editing, identity: Identity): void {
  const { lostAddresses, lostHostNames } = editing.state.identity;
  if (lostAddresses.length + lostHostNames.length === 0) return;
  const placements = lostPlacements(editing);
  const nobody: Identity = { ...identity, hostId: '', hostNames: [], addresses: [] };
  const places = (someone: Identity): boolean =>
    placements.some((placement) => isPlacedHere(placement, someone));
  edit(editing, {
    identity: {
      current: identity,
      lostAddresses: lostAddresses.filter((item) => places({ ...nobody, addresses: [item] })),
      lostHostNames: lostHostNames.filter((item) => places({ ...nobody, hostNames: [item] })),
    },
  });
}

function lostPlacements(editing: Editing): readonly Placement[] {
  const placements: Placement[] = [];
  for (const [, { desired, entry }] of mapEntries(editing.state.appsByName)) {
    if (desired.type !== 'IdentityLost' || entry?.ips === undefined) continue;
    const placement = readPlacement(entry.ips.value);
    if (placement.ok) placements.push(placement.value);
  }
  return placements;
}

/** A person has spoken: removals that wait are let through, and what was lost is given up. */
export function onRemovalsConfirmed(editing: Editing): void {
  const { identity } = editing.state;
  if (identity.lostAddresses.length + identity.lostHostNames.length > 0) {
    edit(editing, { identity: { ...identity, lostAddresses: [], lostHostNames: [] } });
    reinterpretAll(editing, false);
  }
  approveAllRemovals(editing);
}
