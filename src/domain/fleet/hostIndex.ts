/**
 * Which hosts a placement names, among many: by address and name at once, and one by one only for
 * `*` and blocks. What counts in the end is `placement.ts`, as on the hosts themselves.
 */
import { assertNever } from '../assertNever.ts';
import { canonicalAddress, formatBlock } from '../address.ts';
import {
  foldHostName,
  isPlacedHere,
  type Placement,
  type PlacementTarget,
  placementTest,
} from '../placement.ts';
import type { Identity } from '../types.ts';

export interface HostIndex {
  /** Ids of the hosts, in no order. */
  readonly hostsOf: (placement: Placement) => readonly string[];
  /**
   * Addresses and names in there that no host has; and when it names no host at all though it is to,
   * its blocks and `*` too.
   */
  readonly unanswered: (placement: Placement) => readonly string[];
}

interface Indexed {
  readonly hostId: string;
  readonly isPlaced: (placement: Placement) => boolean;
}

export function createHostIndex(identities: Iterable<Identity>): HostIndex {
  const all: Indexed[] = [];
  const byAddress = new Map<string, Indexed[]>();
  const byName = new Map<string, Indexed[]>();
  for (const identity of identities) {
    const { hostId, hostNames, addresses } = identity;
    const indexed = { hostId, isPlaced: placementTest(identity) };
    all.push(indexed);
    for (const address of addresses) {
      add(byAddress, canonicalAddress(address) ?? address, indexed);
    }
    for (const name of [hostId, ...hostNames]) add(byName, foldHostName(name), indexed);
  }

  function candidates(target: PlacementTarget): readonly Indexed[] {
    switch (target.type) {
      case 'Everywhere':
      case 'Block':
        return all;
      case 'Address':
        return byAddress.get(target.address) ?? [];
      case 'HostName':
        return byName.get(target.name) ?? [];
      default:
        return assertNever(target);
    }
  }

  function hostsOf(placement: Placement): readonly string[] {
    const found = new Set<Indexed>();
    for (const { isExclusion, target } of placement.items) {
      if (isExclusion) continue;
      const some = candidates(target);
      for (const host of some) found.add(host);
      if (some === all) break;
    }
    return [...found].filter(({ isPlaced }) => isPlaced(placement)).map(({ hostId }) => hostId);
  }

  return {
    hostsOf,
    unanswered: (placement) => {
      const open = placement.items.flatMap(({ isExclusion, target }) =>
        !isExclusion && isOfOneHost(target) && candidates(target).length === 0 ? [target] : [],
      );
      const items = open.filter((target) => isPlacedHere(placement, identityOf(target)));
      if (items.length > 0) return items.map(formatTarget);
      const wide = placement.items.filter((item) => !item.isExclusion && !isOfOneHost(item.target));
      // `*,!*` is how people say nowhere.
      const isNowhere = placement.items.some(
        ({ isExclusion, target }) => isExclusion && target.type === 'Everywhere',
      );
      if (isNowhere || wide.length === 0 || hostsOf(placement).length > 0) return [];
      return wide.map(({ target }) => formatTarget(target));
    },
  };
}

function add(map: Map<string, Indexed[]>, key: string, host: Indexed): void {
  const there = map.get(key);
  if (there === undefined) map.set(key, [host]);
  else if (there.at(-1) !== host) there.push(host);
}

function isOfOneHost({ type }: PlacementTarget): boolean {
  return type === 'Address' || type === 'HostName';
}

/** A host that would answer to it, to see whether something else in there excludes it. */
function identityOf(target: PlacementTarget): Identity {
  const hostId = target.type === 'HostName' ? target.name : '';
  return { hostId, hostNames: [], addresses: target.type === 'Address' ? [target.address] : [] };
}

/** As people write them, an exclusion with its `!`. */
export function placementItemTexts({ items }: Placement): readonly string[] {
  return items.map(({ isExclusion, target }) => `${isExclusion ? '!' : ''}${formatTarget(target)}`);
}

function formatTarget(target: PlacementTarget): string {
  switch (target.type) {
    case 'Everywhere':
      return '*';
    case 'Address':
      return target.address;
    case 'Block':
      return formatBlock(target.block);
    case 'HostName':
      return target.name;
    default:
      return assertNever(target);
  }
}
