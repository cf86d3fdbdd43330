/**
 * Who this host is: its addresses and names, at the start and whenever they change.
 *
 * Addresses come and go without telling anybody, so they are read again and again. Never ends, and
 * an address list that cannot be read says nothing.
 */
import { hostname as osHostname, networkInterfaces as osNetworkInterfaces } from 'node:os';
import {
  distinctUntilChanged,
  map,
  mergeMap,
  type Observable,
  type SchedulerLike,
  timer,
} from 'rxjs';
import { canonicalAddress } from '../src/domain/address.ts';
import { type Event } from '../src/domain/event.ts';
import { type Identity } from '../src/domain/types.ts';

export interface WatchIdentityDeps {
  readonly scheduler: SchedulerLike;
  readonly networkInterfaces?: typeof osNetworkInterfaces;
  readonly hostname?: () => string;
}

export interface WatchIdentityOptions {
  readonly hostId: string;
  /** Configured addresses: they are ours whatever the interfaces say. */
  readonly addresses: readonly string[] | undefined;
  readonly intervalMs?: number;
}

export function watchIdentity(
  { scheduler, networkInterfaces = osNetworkInterfaces, hostname = osHostname }: WatchIdentityDeps,
  { hostId, addresses = [], intervalMs = 5_000 }: WatchIdentityOptions,
): Observable<Extract<Event, { type: 'IdentityObserved' }>> {
  const read = (): Identity[] => {
    try {
      const own = ownAddresses(networkInterfaces());
      return [
        {
          hostId,
          hostNames: sorted(namesOf(hostname(), hostId)),
          addresses: sorted([...addresses, ...own].flatMap(canonical)),
        },
      ];
    } catch {
      // No descriptor left, perhaps: not to know the addresses is not to have none.
      return [];
    }
  };
  return timer(0, intervalMs, scheduler).pipe(
    mergeMap(read, 1),
    distinctUntilChanged((a, b) => JSON.stringify(a) === JSON.stringify(b)),
    map((identity) => ({ type: 'IdentityObserved' as const, identity })),
  );
}

function ownAddresses(interfaces: ReturnType<typeof osNetworkInterfaces>): readonly string[] {
  return Object.values(interfaces)
    .flatMap((entries) => entries ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address);
}

/** The long and the short form: `web1.example.org` is also `web1`. */
function namesOf(name: string, hostId: string): readonly string[] {
  const lower = name.toLowerCase();
  return [lower, lower.split('.')[0] ?? lower, hostId.toLowerCase()];
}

/** Without the zone of a link-local address. */
function canonical(address: string): readonly string[] {
  const text = canonicalAddress(address.split('%')[0] ?? address);
  return text === undefined ? [] : [text];
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].filter((text) => text !== '').sort();
}
