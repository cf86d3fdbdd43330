/** JSON that does not depend on the order of keys: equal for values that say the same. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => sorted(item));
}

/** The same value with its keys in order, undefined ones left out; to be shown to people. */
export function sorted(item: unknown): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
  const entries = Object.entries(item).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
