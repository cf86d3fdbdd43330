/** Whose turn it is in a rollout, whatever stands below `rollouts/` and whatever hosts report. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rolloutKey, type RolloutPlace } from '../../../src/domain/fleet/fleetKeys.ts';
import { type RolloutFact, rolloutRecords } from '../../../src/domain/fleet/rolloutRecords.ts';
import { appRollout, rolloutsUnderWay } from '../../../src/domain/fleet/rolloutView.ts';
import { formatDrain, formatHalt, formatTurn } from '../../../src/domain/rollout/turnCodec.ts';
import type { AppName } from '../../../src/domain/types.ts';
import { rev } from '../../support/etcdValues.ts';
import { appReport, desiredApp, fleetView, hostReport } from '../../support/fleetValues.ts';
import { fcParams } from '../../support/seed.ts';

const fleet = '/f';
const hosts = ['h1', 'h2', 'h3', 'h4'] as const;
const apps = ['web', 'db', '__proto__'] as const;
const host = fc.constantFrom(...hosts);
const revision = fc.integer({ min: 8, max: 12 }).map(rev);

const turn = fc
  .tuple(host, revision, fc.nat(1000))
  .map(([name, at, sinceMs]) =>
    formatTurn({ host: name, instance: `of ${name}`, revision: at, sinceMs }),
  );
const junk = fc.uint8Array({ maxLength: 20 });

interface Said {
  readonly place: RolloutPlace;
  readonly value: Uint8Array;
}

const slot = fc.integer({ min: 1, max: 3 });
const said: fc.Arbitrary<Said> = fc.oneof(
  fc.record({
    place: fc.tuple(fc.constantFrom('Turn', 'Begun'), slot).map(([type, n]) => ({ type, slot: n })),
    value: fc.oneof(turn, junk),
  }),
  fc.record({
    place: fc.constant({ type: 'Halt' } as const),
    value: fc.oneof(
      junk,
      revision.map((at) =>
        formatHalt({ revision: at, host: 'h1', code: 'E_X', reason: 'no', by: 'h1', atMs: 5 }),
      ),
    ),
  }),
  host.map((name) => ({
    place: { type: 'Drain', host: name } as const,
    value: formatDrain({ host: name, sinceMs: 5 }),
  })),
);

const facts: fc.Arbitrary<readonly RolloutFact[]> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...apps), said, fc.boolean()), {
    selector: ([app, { place }]) => rolloutKey(fleet, app as AppName, place),
    maxLength: 12,
  })
  .map((list) =>
    list.map(([app, { place, value }, isLeased], index) => ({
      key: rolloutKey(fleet, app as AppName, place),
      value,
      modRevision: rev(100 + index),
      isLeased,
    })),
  );

const strange = fc.constantFrom('/f/rollouts/web/other', '/f/hosts/h1', '/x', '/f/rollouts/web');

const report = fc.record({
  condition: fc.constantFrom(
    ...(['converged', 'converging', 'held', 'rolled-back', 'quarantined'] as const),
  ),
  code: fc.constantFrom('AwaitingTurn', 'RolloutHalted', 'Other'),
});
const view = fc
  .tuple(
    fc.array(report, { minLength: 4, maxLength: 4 }),
    fc.constantFrom('*', 'h1,h2', '!*'),
    fc.option(fc.constantFrom('{"maxUnavailable":2}', '{"maxUnavailable":0}', '{}'), {
      nil: undefined,
    }),
    fc.subarray([...hosts]),
  )
  .map(([words, ips, rollout, lost]) =>
    fleetView(
      [desiredApp('web', ips, { at: 10, ...(rollout === undefined ? {} : { rollout }) })],
      words.map(({ condition, code }, index) =>
        hostReport(hosts[index] ?? '', `10.0.0.${String(index)}`, 10, [
          appReport('web', condition, { wanted: 10, code }),
        ]),
      ),
      lost,
    ),
  );

describe('rolloutRecords', () => {
  it('has each turn and drain with a lease and each begun turn once, whatever the order', () => {
    fc.assert(
      fc.property(facts, fc.array(strange), (list, others) => {
        const more = others.map((key) => ({
          ...{ key, value: new Uint8Array(), modRevision: rev(1), isLeased: true },
        }));
        const records = rolloutRecords(fleet, [...list, ...more]);
        const turned = rolloutRecords(fleet, [...more, ...list.toReversed()]);
        expect(new Map([...turned].sort())).toEqual(new Map([...records].sort()));
        for (const app of apps) {
          const { slots = [], drains = [], halt } = records.get(app) ?? {};
          const keys = [
            ...slots.flatMap(({ slot: n, turn: live, left, begun }) => [
              ...((live ?? left) === undefined ? [] : [`turn-${String(n)}`]),
              ...(begun === undefined ? [] : [`begun-${String(n)}`]),
            ]),
            ...drains.map((name) => `drain-${name}`),
            ...(halt === undefined ? [] : ['halt']),
          ];
          const start = `/f/rollouts/${app}/`;
          const wanted = list
            .filter(({ key }) => key.startsWith(start))
            .filter(({ key, isLeased }) => isLeased || !/\/drain-/.test(key))
            .map(({ key }) => key.slice(start.length));
          expect(keys.sort()).toEqual(wanted.sort());
          expect(slots.map(({ slot: n }) => n)).toEqual(slots.map(({ slot: n }) => n).sort());
        }
      }),
      fcParams(300),
    );
  });
});

describe('appRollout', () => {
  it('has every place once: done, failed, in its turn, or waiting', () => {
    fc.assert(
      fc.property(facts, view, (list, fleetNow) => {
        const records = rolloutRecords(fleet, list);
        const { total, done, failed, waiting, turns } = appRollout('web', fleetNow, records);
        const inTurn = new Set(turns.map((one) => one.host));
        const rows = fleetNow.rows.filter(
          ({ app, desiredRevision }) => app === 'web' && desiredRevision !== undefined,
        );
        expect(total).toBe(rows.length);
        const told = [...failed, ...waiting].map((row) => row.host);
        expect(new Set(told).size).toBe(told.length);
        const rest = rows.filter((row) => !told.includes(row.host));
        expect(rest.filter(({ condition }) => condition === 'converged')).toHaveLength(done);
        for (const row of rest) {
          expect(row.condition === 'converged' || inTurn.has(row.host)).toBe(true);
        }
      }),
      fcParams(300),
    );
  });

  it('is halted by a halt of this content alone, and idle only when nobody is on the way', () => {
    fc.assert(
      fc.property(facts, view, (list, fleetNow) => {
        const records = rolloutRecords(fleet, list);
        const { state, halt, turns, waiting, maxUnavailable } = appRollout(
          'web',
          fleetNow,
          records,
        );
        const stored = records.get('web')?.halt?.said;
        expect(halt !== undefined).toBe(stored?.revision === '10');
        const isUnreadable = records.get('web')?.halt !== undefined && stored === undefined;
        const isHalted = halt !== undefined || (isUnreadable && maxUnavailable !== undefined);
        expect(state === 'Halted').toBe(isHalted);
        if (turns.length > 0) expect(state).not.toBe('Idle');
        const isWaiting = waiting.some(({ code }) => code === 'AwaitingTurn');
        if (isWaiting && maxUnavailable !== undefined) expect(state).not.toBe('Idle');
        if (state === 'Idle' && maxUnavailable !== undefined) {
          expect(waiting.map(({ condition }) => condition)).not.toContain('converging');
        }
        const shown = rolloutsUnderWay(fleetNow, records).map(({ app }) => app);
        expect(shown.includes('web')).toBe(state !== 'Idle');
      }),
      fcParams(300),
    );
  });
});
