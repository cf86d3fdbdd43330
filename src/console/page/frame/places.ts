/** Where the frame leads, and to whom it shows that. Pure. */
import { type Grant, mayDo, mayDoEverywhere, type Role } from '../../../domain/console/roles.ts';
import type { GlyphName } from '../parts/glyphs.ts';

export const placeIds = [
  'fleet',
  'publish',
  'history',
  'rollouts',
  'time',
  'keys',
  'audit',
] as const;
export type PlaceId = (typeof placeIds)[number];

export interface FramePlace {
  readonly id: PlaceId;
  readonly href: string;
  readonly glyph: GlyphName;
  /** After `g`. */
  readonly key: string;
  readonly role: Role;
  /** For what belongs to no app and no host alone. */
  readonly isEverywhere: boolean;
}

export const framePlaces: readonly FramePlace[] = [
  place('fleet', '/fleet', 'f', 'viewer'),
  place('publish', '/publish', 'p', 'publisher'),
  place('history', '/history', 'h', 'viewer'),
  place('rollouts', '/history?rollouts', 'r', 'viewer'),
  place('time', '/time', 't', 'operator'),
  { ...place('keys', '/keys', 'k', 'admin'), isEverywhere: true },
  { ...place('audit', '/audit', 'a', 'admin'), isEverywhere: true },
];

function place(id: PlaceId, href: string, key: string, role: Role): FramePlace {
  return { id, href, glyph: id, key, role, isEverywhere: false };
}

export function placesFor(grants: readonly Grant[]): readonly FramePlace[] {
  return framePlaces.filter(({ role, isEverywhere }) =>
    isEverywhere ? mayDoEverywhere(grants, role) : mayDo(grants, role),
  );
}

/** Undefined for one that is reached from others, as logs are. */
export function currentPlace(
  path: readonly string[],
  query: Pick<URLSearchParams, 'has'>,
): PlaceId | undefined {
  const head = path[0] ?? 'fleet';
  if (head === 'history' && query.has('rollouts')) return 'rollouts';
  return placeIds.find((id) => id === head);
}
