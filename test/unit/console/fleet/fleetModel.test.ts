/** What is shown of the fleet: the address of it, and groups that are the same however they came. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowKey } from '../../../../src/domain/console/live.ts';
import { conditions, type FleetRow } from '../../../../src/domain/fleet/fleetRow.ts';
import { changeRows, rowMapOf } from '../../../../src/console/page/core/rowMap.ts';
import {
  createFleetIndex,
  type FleetGroup,
} from '../../../../src/console/page/fleet/fleetModel.ts';
import {
  type FleetQuery,
  readQuery,
  shapes,
  wholeFleet,
  writeQuery,
} from '../../../../src/console/page/fleet/fleetQuery.ts';
import { type MapChange, mapChanges } from '../../../../src/console/page/fleet/mapChanges.ts';
import { matrixOf } from '../../../../src/console/page/fleet/matrixModel.ts';
import { compareNames, rowRank } from '../../../../src/console/page/fleet/urgency.ts';
import { fcParams } from '../../../support/seed.ts';
import { someFleet, someHost, someProcess, someRow } from './fleetValues.ts';

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
const names = fc.array(name, { maxLength: 3 });
const queries: fc.Arbitrary<FleetQuery> = fc.record({
  by: fc.constantFrom(...shapes),
  text: fc.string({ unit: 'grapheme' }),
  conditions: fc.subarray([...conditions]),
  hosts: names,
  apps: names,
  isUrgentOnly: fc.boolean(),
  open: fc.oneof(
    fc.constant(undefined),
    fc.record({ type: fc.constant('Host' as const), host: name }),
    fc.record({ type: fc.constant('App' as const), app: name }),
    fc.record({
      type: fc.constant('Place' as const),
      app: name,
      host: fc.oneof(name, fc.constant('')),
    }),
  ),
});

function reread(query: FleetQuery): FleetQuery {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(writeQuery(query))) {
    if (value !== undefined && value !== '') search.set(key, value);
  }
  return readQuery(new URLSearchParams(search.toString()));
}

describe('the query in the address bar', () => {
  it('says the same when it is read back', () => {
    const goesAround = fc.property(queries, (query) => {
      expect(reread(query)).toEqual(query);
    });
    fc.assert(goesAround, fcParams(300));
  });

  it('is empty for the whole fleet, and passes over what it cannot read', () => {
    expect(Object.values(writeQuery(wholeFleet)).filter((part) => part)).toEqual([]);
    expect(readQuery(new URLSearchParams('by=colour&is=sad,held&open=x:y'))).toEqual({
      ...wholeFleet,
      conditions: ['held'],
    });
  });
});

const row = fc
  .record({
    app: fc.constantFrom('web', 'db', 'mail'),
    host: fc.constantFrom('h1', 'h2', 'h10', undefined),
    condition: fc.constantFrom(...conditions),
    isFatal: fc.boolean(),
  })
  .map(({ app, host, condition, isFatal }) => {
    const processes = [someProcess(app, { state: isFatal ? 'FATAL' : 'RUNNING' })];
    return someRow(app, host, { condition, processes });
  });
const change = fc.record({
  set: fc.array(row, { maxLength: 4 }),
  gone: fc.array(row, { maxLength: 2 }),
  host: fc.option(fc.constantFrom('h1', 'h2', 'h3')),
});
const small = queries.map((query) => ({
  ...query,
  hosts: query.hosts.length > 1 ? ['h1*'] : [],
  apps: query.apps.length > 1 ? ['w*'] : [],
  text: query.text.length > 4 ? '10.0.0.1' : '',
}));

function changed<Value>(
  map: ReadonlyMap<string, Value>,
  set: readonly (readonly [string, Value])[],
  gone: readonly string[],
) {
  const next = new Map(map);
  for (const key of gone) next.delete(key);
  for (const [key, value] of set) next.set(key, value);
  return next;
}

function appsIn(groups: readonly FleetGroup[]): readonly string[] {
  const rows = groups.flatMap((group) => group.rows);
  const rankOf = (app: string): number =>
    Math.min(...rows.filter((row) => row.app === app).map(rowRank));
  return [...new Set(rows.map(({ app }) => app))].sort(
    (a, b) => rankOf(a) - rankOf(b) || compareNames(a, b),
  );
}

describe('createFleetIndex', () => {
  it('gives after any changes what it gives to who sees the fleet for the first time', () => {
    const keepsUp = fc.property(
      fc.array(fc.tuple(change, small), { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      (steps, isByHost) => {
        const derive = createFleetIndex();
        const none: ReadonlyMap<string, FleetRow> = isByHost ? rowMapOf([]) : new Map();
        let fleet = { rows: none, hosts: someFleet([]).hosts };
        for (const [{ set, gone, host }, query] of steps) {
          const entries = set.map((one) => [rowKey(one), one] as const);
          const keys = gone.map(rowKey);
          const told = [...keys.map((key) => [key, null] as const), ...entries];
          const rows = isByHost
            ? changeRows(fleet.rows, Object.fromEntries(told))
            : changed(fleet.rows, entries, keys);
          const isKnown = host !== null && fleet.hosts.has(host);
          const made = someHost(host ?? '', { addresses: ['10.0.0.1'], isAlive: set.length > 1 });
          const hosts =
            host === null
              ? fleet.hosts
              : changed(fleet.hosts, isKnown && set.length === 0 ? [] : [[host, made]], [host]);
          fleet = { rows, hosts };
          const atOnce = createFleetIndex()({ ...fleet, rows: new Map(rows) }, query);
          expect(derive(fleet, query)).toEqual(atOnce);
          expect(matrixOf(atOnce.groups).apps).toEqual(appsIn(atOnce.groups));
        }
      },
    );
    fc.assert(keepsUp, fcParams(200));
  });

  it('keeps the groups in which nothing changed', () => {
    const derive = createFleetIndex();
    const before = someFleet([someRow('web', 'h1'), someRow('web', 'h2')]);
    const first = derive(before, wholeFleet);
    const rows = new Map(before.rows).set('web/h2', someRow('web', 'h2', { sinceMs: 9 }));
    const second = derive({ ...before, rows }, wholeFleet);
    expect(second.groups[0]).toBe(first.groups[0]);
    expect(second.groups[1]).not.toBe(first.groups[1]);
  });

  it('puts the most urgent first, then names as people count', () => {
    const rows = [
      someRow('web', 'h10'),
      someRow('web', 'h2'),
      someRow('web', 'h3', { condition: 'held' }),
      someRow('web', 'h4', { condition: 'quarantined' }),
    ];
    const { groups, urgent } = createFleetIndex()(someFleet(rows), wholeFleet);
    expect(groups.map((group) => group.name)).toEqual(['h4', 'h3', 'h2', 'h10']);
    expect(urgent).toBe(2);
  });

  it('finds words in apps, hosts, addresses, reasons and states, all of them', () => {
    const rows = [
      someRow('web', 'h1', { reason: 'No user Deploy', condition: 'held' }),
      someRow('db', 'h2', { processes: [someProcess('db', { state: 'BACKOFF' })] }),
    ];
    const fleet = someFleet(rows, [someHost('h1', { addresses: ['10.9.0.1'] }), someHost('h2')]);
    const found = (text: string) =>
      createFleetIndex()(fleet, { ...wholeFleet, text }).groups.flatMap((group) =>
        group.rows.map(({ app }) => app),
      );
    expect([found('10.9 deploy'), found('backoff'), found('web backoff')]).toEqual([
      ['web'],
      ['db'],
      [],
    ]);
  });

  it('counts what a condition would show before it is chosen', () => {
    const rows = [someRow('web', 'h1', { condition: 'held' }), someRow('db', 'h1')];
    const { counts, shown } = createFleetIndex()(someFleet(rows), {
      ...wholeFleet,
      conditions: ['held'],
    });
    expect([counts.held, counts.converged, shown]).toEqual([1, 1, 1]);
  });

  it('shows a lost host that has no app', () => {
    const fleet = someFleet([], [someHost('h1', { isAlive: false })]);
    const { groups } = createFleetIndex()(fleet, { ...wholeFleet, isUrgentOnly: true });
    expect(groups.map((group) => [group.name, group.condition])).toEqual([['h1', 'lost']]);
  });
});

describe('matrixOf', () => {
  it('has the hosts in the order of the groups, and the most urgent apps first', () => {
    const rows = [someRow('a', 'h1'), someRow('b', 'h2', { condition: 'lost' })];
    const { groups } = createFleetIndex()(someFleet(rows), { ...wholeFleet, by: 'matrix' });
    expect(matrixOf(groups)).toEqual({ hosts: ['h2', 'h1'], apps: ['b', 'a'] });
  });
});

describe('mapChanges', () => {
  it('tells exactly what differs, however the keys moved', () => {
    const keys = fc.array(fc.constantFrom(...'abcdefg'), { maxLength: 6 });
    const tellsAll = fc.property(keys, keys, keys, (all, gone, set) => {
      const before = new Map(all.map((key) => [key, {}]));
      const entries = set.map((key) => [key, {}] as const);
      const after = changed(before, entries, gone);
      const told = mapChanges(before, after);
      const expected = [...new Set([...before.keys(), ...after.keys()])].filter(
        (key) => before.get(key) !== after.get(key),
      );
      expect(told.map(({ key }) => key).sort()).toEqual(expected.sort());
      for (const one of told) {
        expect([one.before, one.after]).toEqual([before.get(one.key), after.get(one.key)]);
      }
    });
    fc.assert(tellsAll, fcParams(300));
  });

  it('tells the same of maps that are kept host by host, whatever was read of them', () => {
    const keys = fc.array(fc.constantFrom('a/x', 'b/x', 'a/y', 'b/y', 'a/'), { maxLength: 6 });
    const tellsAll = fc.property(keys, keys, keys, (all, gone, set) => {
      const plain = new Map(all.map((key) => [key, {}]));
      const before = rowMapOf(plain);
      const entries = set.map((key) => [key, {}] as const);
      const left = gone.map((key) => [key, null] as const);
      const after = changeRows(before, Object.fromEntries([...left, ...entries]));
      const next = changed(plain, [...new Map(entries)], gone);
      expect(new Map(before)).toEqual(plain);
      expect(new Map(after)).toEqual(next);
      expect([after.size, [...after.keys()].sort()]).toEqual([next.size, [...next.keys()].sort()]);
      for (const [key, row] of next) expect([after.get(key), after.has(key)]).toEqual([row, true]);
      const byKey = (changes: readonly MapChange<object>[]) =>
        new Map(changes.map((one) => [one.key, one]));
      expect(byKey(mapChanges(before, after))).toEqual(byKey(mapChanges(plain, next)));
    });
    fc.assert(tellsAll, fcParams(300));
  });
});
