/**
 * Which turn this host may try to take, or why it may not; and, once it is taken, whether too many
 * other hosts are out of service for it to go on.
 *
 * Whoever took a turn earlier goes on without regard to those that came later: so of several hosts
 * that took one at the same time exactly as many go on as may.
 */
import { compareRevisions, type Revision } from '../types.ts';
import type { OutOfService } from './outOfService.ts';
import type { TurnWish } from './turn.ts';
import { isOwn, type Slot, type TurnPlaces, type TurnSelf } from './turnPlaces.ts';

export type SlotChoice =
  /** It is halted, or what says so cannot be read. */
  | Readonly<{ type: 'Halted'; detail: string }>
  | Readonly<{ type: 'Own'; slot: Slot }>
  | Readonly<{ type: 'Free'; number: number }>
  | Readonly<{ type: 'Full'; detail: string }>;

type Wanted = Pick<TurnWish, 'app' | 'revision'> & { readonly maxUnavailable: number };

export function chooseSlot(places: TurnPlaces, self: TurnSelf, wanted: Wanted): SlotChoice {
  const halted = haltOf(places, wanted.revision);
  if (halted !== undefined) return { type: 'Halted', detail: halted };
  const own = ownSlot(places, self);
  if (own !== undefined) return { type: 'Own', slot: own };
  const free = freeSlot(places, wanted.maxUnavailable);
  return free === undefined
    ? { type: 'Full', detail: whoHasIt(places.slots, wanted) }
    : { type: 'Free', number: free };
}

/** Why this revision goes to no further host; undefined when it may. */
export function haltOf({ halt }: TurnPlaces, revision: Revision): string | undefined {
  if (halt === undefined) return undefined;
  const { record } = halt;
  if (record === undefined) return 'the rollout is halted by a record that cannot be read';
  if (record.revision !== revision) return undefined;
  const { host, code, reason, by } = record;
  if (host === undefined) return `the rollout was halted by ${by}: ${reason}`;
  return `the rollout is halted, since it failed on ${host}: ${code}: ${reason}`;
}

/** The one with the lowest number, if there are several. */
export function ownSlot(places: TurnPlaces, self: TurnSelf): Slot | undefined {
  return places.slots.find((slot) => isOwn(self, slot));
}

/** Turns beyond `maxUnavailable`, from before it was lowered, are in use like any other. */
export function freeSlot({ slots }: TurnPlaces, maxUnavailable: number): number | undefined {
  if (slots.length >= maxUnavailable) return undefined;
  const used = new Set(slots.map(({ number }) => number));
  for (let number = 1; number <= maxUnavailable; number += 1) if (!used.has(number)) return number;
  return undefined;
}

/** Nothing in here is news when one host after the other has its turn. */
function whoHasIt(slots: readonly Slot[], { app, maxUnavailable }: Wanted): string {
  const lost = slots.filter(({ turn }) => turn === undefined);
  const names = new Set(lost.map(({ begun }) => begun?.record?.host ?? 'a host not known'));
  const sorted = [...names].sort();
  if (sorted.length > 0) {
    const [first = ''] = sorted;
    return (
      `${listed(sorted)} was lost in its turn: it has to come back, ` +
      `or see \`supervene forget ${first}\` and \`supervene rollout resume ${app}\``
    );
  }
  return `other hosts have their turn (at most ${String(maxUnavailable)} at a time)`;
}

export type TurnVerdict =
  | Readonly<{ type: 'GoOn' }>
  /** It has to be given back. `hosts`: those that are out of service, sorted. */
  | Readonly<{ type: 'TooMany'; hosts: readonly string[]; detail: string }>;

/** `own` is ours; `outOfService`: others, sorted by host. */
export function judgeTurn(
  { slots }: TurnPlaces,
  own: Slot,
  outOfService: readonly OutOfService[],
  maxUnavailable: number,
): TurnVerdict {
  const others = slots.filter(({ number }) => number !== own.number);
  const holders = new Set(others.flatMap(({ turn, begun }) => hostOf(turn ?? begun) ?? []));
  const earlier = others.filter((slot) => isEarlier(slot, own)).length;
  const out = outOfService.filter(({ host }) => !holders.has(host));
  if (1 + earlier + out.length <= maxUnavailable) return { type: 'GoOn' };
  const hosts = out.map(({ host }) => host);
  if (hosts.length === 0) {
    const detail = `other hosts have their turn (at most ${String(maxUnavailable)} at a time)`;
    return { type: 'TooMany', hosts, detail };
  }
  const reasons = out.slice(0, 5).map(({ host, reason }) => `${host} ${reason}`);
  const more = out.length > 5 ? `, and ${String(out.length - 5)} more` : '';
  const detail = `out of service with it already: ${reasons.join(', ')}${more}`;
  return { type: 'TooMany', hosts, detail };
}

function hostOf(kept: Slot['turn']): string | undefined {
  return kept?.record?.host;
}

function isEarlier(slot: Slot, than: Slot): boolean {
  return compareRevisions(takenAt(slot), takenAt(than)) < 0;
}

/** `begun` is written once; `turn` again after a lease was lost. */
function takenAt({ turn, begun }: Slot): Revision {
  return begun?.modRevision ?? turn?.modRevision ?? ('0' as Revision);
}

function listed(names: readonly string[]): string {
  const some = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${some} and ${String(names.length - 5)} more` : some;
}
