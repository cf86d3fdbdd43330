/** The alarm is raised for what begins while somebody looks, once, and for nothing else. */
import { describe, expect, it } from 'vitest';
import type { FleetRow } from '../../../../src/domain/fleet/fleetRow.ts';
import type { LiveHost } from '../../../../src/domain/console/live.ts';
import {
  type AlarmState,
  isMuted,
  noAlarm,
  reduceAlarm,
} from '../../../../src/console/page/fleet/alarmState.ts';
import { someFleet, someHost, someProcess, someRow } from './fleetValues.ts';

const well = someRow('web', 'h1');
const fatal = someRow('web', 'h1', { processes: [someProcess('web', { state: 'FATAL', pid: 0 })] });
const silent = { doubt: 'AgentLost', condition: 'lost' } as const;

type SeenFleet = readonly [rows: readonly FleetRow[], hosts?: readonly LiveHost[]];

function seen(...fleets: readonly SeenFleet[]) {
  return fleets.reduce<AlarmState>(
    (state, [rows, hosts], index) =>
      reduceAlarm(state, { type: 'FleetSeen', fleet: someFleet(rows, hosts), atMs: index }),
    noAlarm,
  );
}

describe('reduceAlarm', () => {
  it('is silent about what was so when the page was opened', () => {
    const lost = someHost('h1', { isAlive: false });
    const state = seen([[fatal], [lost]], [[{ ...fatal, sinceMs: 2 }], [{ ...lost }]]);
    expect(state.raised).toEqual([]);
    expect(state.heardCount).toBe(0);
  });

  it.each([
    ['Fatal', fatal],
    ['Quarantined', someRow('web', 'h1', { condition: 'quarantined', code: 'E_FATAL' })],
    ['RolledBack', someRow('web', 'h1', { condition: 'rolled-back', code: 'E_FATAL' })],
  ])('raises %s once', (kind, row) => {
    const state = seen([[well]], [[row]], [[{ ...row, sinceMs: 9 }]]);
    expect(state.raised.map((alarm) => [alarm.kind, alarm.app, alarm.host])).toEqual([
      [kind, 'web', 'h1'],
    ]);
    expect(state.heardCount).toBe(1);
  });

  it('raises a host that is lost as one thing, whatever ran there', () => {
    const rows = [someRow('web', 'h1', silent), someRow('db', 'h1', silent)];
    const state = seen([[well, someRow('db', 'h1')]], [rows, [someHost('h1', { isAlive: false })]]);
    expect(state.raised.map(({ kind, host }) => [kind, host])).toEqual([['HostLost', 'h1']]);
  });

  it('is silent about an agent that was told to end', () => {
    const state = seen(
      [[], [someHost('h1')]],
      [[], [someHost('h1', { isAlive: false, endedAtMs: 5 })]],
    );
    expect(state.raised).toEqual([]);
  });

  it('is silent about a program that was FATAL before its host was lost, and still is', () => {
    const alive = someHost('h1');
    const state = seen(
      [[fatal], [alive]],
      [[{ ...fatal, ...silent }], [someHost('h1', { isAlive: false })]],
      [[{ ...fatal }], [someHost('h1')]],
    );
    expect(state.raised.map(({ kind, isOver }) => [kind, isOver])).toEqual([['HostLost', true]]);
  });

  it('is silent about content that was refused before its host was lost, and still is', () => {
    const refused = someRow('web', 'h1', { condition: 'quarantined', code: 'E_FATAL' });
    const state = seen(
      [[refused], [someHost('h1')]],
      [[{ ...refused, ...silent }], [someHost('h1', { isAlive: false })]],
      [[{ ...refused }], [someHost('h1')]],
    );
    expect(state.raised.map(({ kind }) => kind)).toEqual(['HostLost']);
  });

  it('raises again what ended and came back', () => {
    const state = seen([[well]], [[fatal]], [[{ ...well }]], [[{ ...fatal }]]);
    expect(state.heardCount).toBe(2);
    expect(state.raised.map(({ isOver }) => isOver)).toEqual([false]);
  });

  it('keeps what ended, as over, until it is put aside', () => {
    const state = seen([[well]], [[fatal]], [[{ ...well }]]);
    expect(state.raised.map(({ isOver }) => isOver)).toEqual([true]);
    expect(reduceAlarm(state, { type: 'PutAside' }).raised).toEqual([]);
  });

  it('begins anew after somebody logged out', () => {
    const gone = reduceAlarm(seen([[well]]), { type: 'FleetGone' });
    const state = reduceAlarm(gone, { type: 'FleetSeen', fleet: someFleet([fatal]), atMs: 9 });
    expect(state.raised).toEqual([]);
  });

  it('is muted until then, and no longer', () => {
    const state = reduceAlarm(noAlarm, { type: 'MutedUntil', untilMs: 1000 });
    expect([isMuted(state, 999), isMuted(state, 1000), isMuted(noAlarm, 0)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
