/**
 * Rows by `rowKey`, kept host by host: what changes copies the rows of its hosts and no others, and
 * what two of them differ in is looked for where they are not the same objects. To those who only
 * read it is a map like any other. Pure.
 */
export interface RowMap<Row> extends ReadonlyMap<string, Row> {
  /** Those that were not changed are the same objects as in the map that this was made from. */
  readonly byHost: RowsByHost<Row>;
}

type RowsByHost<Row> = ReadonlyMap<string, ReadonlyMap<string, Row>>;

export function rowMapOf<Row>(entries: Iterable<readonly [string, Row]>): RowMap<Row> {
  const byHost = new Map<string, Map<string, Row>>();
  for (const [key, row] of entries) {
    const there = byHost.get(hostIn(key));
    if (there === undefined) byHost.set(hostIn(key), new Map([[key, row]]));
    else there.set(key, row);
  }
  return mapOver(byHost);
}

/** Null: it is gone. */
export function changeRows<Row>(
  rows: ReadonlyMap<string, Row>,
  changes: Readonly<Record<string, Row | null>>,
): RowMap<Row> {
  const byHost = new Map(isRowMap(rows) ? rows.byHost : rowMapOf(rows).byHost);
  const copied = new Map<string, Map<string, Row>>();
  for (const [key, row] of Object.entries(changes)) {
    const host = hostIn(key);
    const own = copied.get(host) ?? new Map(byHost.get(host));
    copied.set(host, own);
    if (row === null) own.delete(key);
    else own.set(key, row);
  }
  for (const [host, own] of copied) {
    if (own.size === 0) byHost.delete(host);
    else byHost.set(host, own);
  }
  return mapOver(byHost);
}

export function isRowMap<Row>(map: ReadonlyMap<string, Row>): map is RowMap<Row> {
  return 'byHost' in map;
}

/** Neither apps nor hosts have a slash in their names. */
function hostIn(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}

function mapOver<Row>(byHost: RowsByHost<Row>): RowMap<Row> {
  let size = 0;
  for (const rows of byHost.values()) size += rows.size;
  function* entries(): Generator<[string, Row], undefined> {
    for (const rows of byHost.values()) yield* rows;
    return undefined;
  }
  function* keys(): Generator<string, undefined> {
    for (const rows of byHost.values()) yield* rows.keys();
    return undefined;
  }
  function* values(): Generator<Row, undefined> {
    for (const rows of byHost.values()) yield* rows.values();
    return undefined;
  }
  const map: RowMap<Row> = {
    ...{ byHost, size, entries, keys, values, [Symbol.iterator]: entries },
    get: (key) => byHost.get(hostIn(key))?.get(key),
    has: (key) => byHost.get(hostIn(key))?.has(key) === true,
    forEach: (visit) => {
      for (const [key, row] of entries()) visit(row, key, map);
    },
  };
  return map;
}
