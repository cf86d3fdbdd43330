/**
 * What differs between two maps of which one was made from the other: the same values are the same
 * objects. Where nothing but values changed, one walk over both finds it; of maps that are kept host
 * by host only hosts are walked over that have changed. Pure.
 */
import { isRowMap } from '../core/rowMap.ts';

export interface MapChange<Value> {
  readonly key: string;
  /** Undefined: it is new. */
  readonly before: Value | undefined;
  /** Undefined: it is gone. */
  readonly after: Value | undefined;
}

export function mapChanges<Value>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
): readonly MapChange<Value>[] {
  if (before === after) return [];
  if (isRowMap(before) && isRowMap(after)) {
    const nothing: ReadonlyMap<string, Value> = new Map();
    return mapChanges(before.byHost, after.byHost).flatMap((host) =>
      mapChanges(host.before ?? nothing, host.after ?? nothing),
    );
  }
  const changes: MapChange<Value>[] = [];
  const old = before.entries();
  let was = old.next();
  for (const [key, value] of after) {
    // What is gone leaves those behind it in their order.
    while (was.done !== true && was.value[0] !== key && !after.has(was.value[0])) {
      changes.push({ key: was.value[0], before: was.value[1], after: undefined });
      was = old.next();
    }
    if (was.done === true || was.value[0] !== key) {
      // New ones stand at the end; what went and came back does so, too.
      const known = before.get(key);
      if (known !== value) changes.push({ key, before: known, after: value });
      continue;
    }
    if (was.value[1] !== value) changes.push({ key, before: was.value[1], after: value });
    was = old.next();
  }
  for (; was.done !== true; was = old.next()) {
    const [key, value] = was.value;
    if (!after.has(key)) changes.push({ key, before: value, after: undefined });
  }
  return changes;
}
