/**
 * The newest signed version of each app that was accepted here: nothing older counts, also when the
 * app has long been gone. Bounded; the oldest are dropped, first those of apps that are not here.
 */
import type { PublishStatement, Statement } from '../src/domain/trust/statement.ts';
import type { Sha256 } from '../src/domain/types.ts';
import {
  emptyMap,
  mapEntries,
  mapGet,
  mapHas,
  type PersistentMap,
  mapSet,
} from './persistentMap.ts';

export interface Floors {
  readonly byApp: PersistentMap<Floor>;
  /** How many were dropped so far: of those apps an older version could come back. */
  readonly dropped: number;
}

export interface Floor {
  readonly version: string;
  readonly action: Statement['action'];
  readonly ipsSha256?: Sha256;
  readonly contentSha256?: Sha256;
  readonly rolloutSha256?: Sha256;
  /** By this version the app does not run here: it was removed, or is placed elsewhere. */
  readonly isGone: boolean;
  /** Of the event by which it was accepted. */
  readonly seq: number;
}

export const noFloors: Floors = { byApp: emptyMap, dropped: 0 };

export const floorsMax = 10_000;

/** The same when it says nothing new. */
export function withFloor(
  floors: Floors,
  app: string,
  accepted: { readonly statement: Statement; readonly isGone: boolean; readonly seq: number },
  isHere: (app: string) => boolean,
): Floors {
  const { statement, isGone, seq } = accepted;
  const before = mapGet(floors.byApp, app);
  if (before?.version === statement.version && before.isGone === isGone) return floors;
  const { version, action } = statement;
  const hashes = statement.action === 'publish' ? hashesOf(statement) : {};
  const floor: Floor = { version, action, ...hashes, isGone, seq };
  const added = { ...floors, byApp: mapSet(floors.byApp, app, floor) };
  return added.byApp.size > floorsMax ? withoutOldest(added, app, isHere) : added;
}

function hashesOf({ ipsSha256, contentSha256, rolloutSha256 }: PublishStatement) {
  const texts = { ipsSha256, contentSha256 };
  return rolloutSha256 === undefined ? texts : { ...texts, rolloutSha256 };
}

function withoutOldest(
  { byApp, dropped }: Floors,
  kept: string,
  isHere: (app: string) => boolean,
): Floors {
  let oldest: { readonly app: string; readonly seq: number; readonly isHere: boolean } | undefined;
  for (const [app, { seq }] of mapEntries(byApp)) {
    if (app === kept) continue;
    const each = { app, seq, isHere: isHere(app) };
    if (oldest === undefined || isDroppedBefore(each, oldest)) oldest = each;
  }
  if (oldest === undefined || !mapHas(byApp, oldest.app)) return { byApp, dropped };
  return { byApp: mapSet(byApp, oldest.app, undefined), dropped: dropped + 1 };
}

interface Candidate {
  readonly app: string;
  readonly seq: number;
  readonly isHere: boolean;
}

function isDroppedBefore(a: Candidate, b: Candidate): boolean {
  if (a.isHere !== b.isHere) return b.isHere;
  return a.seq === b.seq ? a.app < b.app : a.seq < b.seq;
}
