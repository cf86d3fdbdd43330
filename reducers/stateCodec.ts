/**
 * The state as plain JSON and back, for the checkpoint at the head of a journal segment.
 *
 * `decodeState(encodeState(s))` equals `s`. What does not look like a state is refused, not
 * guessed at: an older or newer shape gives undefined, and the agent starts from a fresh look.
 * Where no signature was ever looked at there are no floors, and nothing stands for them.
 */
import { type Floor, type Floors, noFloors } from './floors.ts';
import { mapEntries, mapFrom, type PersistentMap } from './persistentMap.ts';
import type { State } from './state.ts';

/** Raised when the meaning of the state changes; a checkpoint of another shape is not read. */
export const stateShape = 1;

export function encodeState({ floors, ...state }: State): unknown {
  return {
    shape: stateShape,
    ...state,
    ...(floors.byApp.size === 0 && floors.dropped === 0
      ? {}
      : { floors: { byApp: sortedEntries(floors.byApp), dropped: floors.dropped } }),
    groups: sortedEntries(state.groups),
    appsByName: sortedEntries(state.appsByName),
    unsettled: sortedEntries(state.unsettled),
  };
}

export function decodeState(value: unknown): State | undefined {
  if (!isEncodedState(value)) return undefined;
  const { shape: _, ...state } = value;
  return {
    ...state,
    floors: decodeFloors(value.floors),
    groups: mapFrom(value.groups),
    appsByName: mapFrom(value.appsByName),
    unsettled: mapFrom(value.unsettled),
  };
}

type MapFields = 'groups' | 'appsByName' | 'unsettled';
type Encoded = Omit<State, MapFields | 'floors'> & {
  readonly shape: number;
  readonly floors?: EncodedFloors;
} & {
  readonly [Field in MapFields]: readonly (readonly [
    string,
    State[Field] extends PersistentMap<infer V> ? V : never,
  ])[];
};

interface EncodedFloors {
  readonly byApp: readonly (readonly [string, Floor])[];
  readonly dropped: number;
}

function decodeFloors(encoded: EncodedFloors | undefined): Floors {
  if (encoded === undefined) return noFloors;
  return { byApp: mapFrom(encoded.byApp), dropped: encoded.dropped };
}

function sortedEntries<V>(map: PersistentMap<V>): readonly (readonly [string, V])[] {
  return [...mapEntries(map)].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The journal checks its own bytes; what is asked here is only whether the shape is ours. */
function isEncodedState(value: unknown): value is Encoded {
  if (typeof value !== 'object' || value === null || !('shape' in value)) return false;
  if (value.shape !== stateShape) return false;
  const fields = ['source', 'identity', 'supervisor', 'confDir', 'quiet', 'removals'];
  const lists = ['groups', 'appsByName', 'unsettled'];
  const record: Readonly<Record<string, unknown>> = { ...value };
  return (
    fields.every((field) => typeof record[field] === 'object' && record[field] !== null) &&
    lists.every((field) => Array.isArray(record[field])) &&
    typeof record['seq'] === 'number' &&
    typeof record['atMs'] === 'number'
  );
}
