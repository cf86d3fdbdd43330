/** Who this host is. An address that goes away is remembered: it holds, it does not remove. */
import type { Event } from '../src/domain/event.ts';
import { reinterpretAll } from './desired.ts';
import { edit, type Editing } from './editing.ts';
import { approveAllRemovals } from './removals.ts';

export function onIdentityObserved(
  editing: Editing,
  { identity }: Extract<Event, { type: 'IdentityObserved' }>,
): void {
  const { current, lostAddresses } = editing.state.identity;
  const isThere = new Set(identity.addresses);
  const known = new Set([...lostAddresses, ...(current?.addresses ?? [])]);
  edit(editing, {
    identity: {
      current: identity,
      lostAddresses: [...known].filter((address) => !isThere.has(address)).sort(),
    },
  });
  reinterpretAll(editing, false);
}

/** A person has spoken: removals that wait are let through, and lost addresses are given up. */
export function onRemovalsConfirmed(editing: Editing): void {
  const { identity } = editing.state;
  if (identity.lostAddresses.length > 0) {
    edit(editing, { identity: { ...identity, lostAddresses: [] } });
    reinterpretAll(editing, false);
  }
  approveAllRemovals(editing);
}
