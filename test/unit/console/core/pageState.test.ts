/** The fleet as pages have it: a snapshot and all changes since are the newer snapshot. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionDocument } from '../../../../src/domain/console/api.ts';
import {
  type FleetSnapshot,
  type LiveChange,
  type LiveEvent,
  type LiveHost,
  type LiveLink,
  rowKey,
} from '../../../../src/domain/console/live.ts';
import type { Grant } from '../../../../src/domain/console/roles.ts';
import { conditions, type FleetRow } from '../../../../src/domain/fleet/fleetRow.ts';
import type { Revision } from '../../../../src/domain/types.ts';
import {
  initialPage,
  isLoggedIn,
  type PageEvent,
  type PageState,
  reducePage,
} from '../../../../src/console/page/core/pageState.ts';
import { fcParams } from '../../../support/seed.ts';

const after = (events: readonly PageEvent[], state: PageState = initialPage): PageState =>
  events.reduce(reducePage, state);

const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', '__proto__', 'toString'));
const row = (app: string, host: string): fc.Arbitrary<FleetRow> =>
  fc.record({
    app: fc.constant(app),
    host: fc.constant(host),
    condition: fc.constantFrom(...conditions),
    ...{ desiredRevision: fc.constant('1' as Revision), appliedRevision: fc.constant(undefined) },
    ...{ sinceMs: fc.nat(3), code: fc.constant(undefined), reason: fc.constant(undefined) },
    ...{ processes: fc.constant([]), doubt: fc.constant(undefined) },
    lastWordMs: fc.constant(undefined),
  });
const host = (name: string): fc.Arbitrary<LiveHost> =>
  fc.record({
    ...{ host: fc.constant(name), isAlive: fc.boolean(), version: fc.constant(null) },
    ...{ addresses: fc.constant([]), hostNames: fc.constant([]), startedAtMs: fc.nat(3) },
    ...{ reportedAtMs: fc.nat(3), endedAtMs: fc.constant(null), problems: fc.constant([]) },
    ...{ hasHttp: fc.boolean(), others: fc.constant([]) },
  });
const snapshot = (version: number): fc.Arbitrary<FleetSnapshot> =>
  fc.tuple(names, names).chain(([hosts, apps]) =>
    fc.record({
      ...{ instance: fc.constant('one'), version: fc.constant(version) },
      atMs: fc.constant(version),
      hosts: fc.tuple(...hosts.map(host)),
      apps: fc.constant([]),
      rows: fc.tuple(...apps.flatMap((app) => hosts.map((name) => row(app, name)))),
      rollouts: fc.constant([]),
      link: fc.constant({ isConnected: true, fault: null, sinceMs: 0 }),
    }),
  );

/** Through JSON, as it comes. */
function changeOf(before: FleetSnapshot, next: FleetSnapshot): LiveChange {
  return JSON.parse(
    JSON.stringify({
      type: 'Change',
      version: next.version,
      atMs: next.atMs,
      hosts: differences(before.hosts, next.hosts, (one) => one.host),
      rows: differences(before.rows, next.rows, rowKey),
    }),
  ) as LiveChange;
}

function differences<T>(before: readonly T[], next: readonly T[], keyOf: (one: T) => string) {
  const gone = before.map((one): [string, T | null] => [keyOf(one), null]);
  return Object.fromEntries([...gone, ...next.map((one): [string, T] => [keyOf(one), one])]);
}

const sorted = <T>(map: ReadonlyMap<string, T> | undefined): unknown =>
  JSON.parse(JSON.stringify([...(map ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))));

describe('reducePage', () => {
  it('makes of a snapshot and the changes since what the newer snapshot says', () => {
    fc.assert(
      fc.property(snapshot(1), snapshot(2), snapshot(3), fc.boolean(), (a, b, c, isTogether) => {
        const changes = [changeOf(a, b), changeOf(b, c)];
        const told: readonly PageEvent[] = isTogether
          ? [{ type: 'FleetChanged', events: changes }]
          : changes.map((change) => ({ type: 'FleetChanged', events: [change] }));
        const { fleet } = after([{ type: 'FleetListed', snapshot: a }, ...told]);
        const { fleet: wanted } = after([{ type: 'FleetListed', snapshot: c }]);
        expect(sorted(fleet?.hosts)).toEqual(sorted(wanted?.hosts));
        expect(sorted(fleet?.rows)).toEqual(sorted(wanted?.rows));
        expect(fleet?.version).toBe(3);
        // What is told late is known: nothing becomes older.
        const late: PageEvent = { type: 'FleetChanged', events: changes.slice(0, 1) };
        const again = after([late], { ...initialPage, fleet });
        expect(sorted(again.fleet?.rows)).toEqual(sorted(wanted?.rows));
        expect(again.fleet?.version).toBe(3);
      }),
      fcParams(200),
    );
  });

  it('knows that a list is old until the console has told what came since', () => {
    const change: LiveChange = { type: 'Change', version: 2, atMs: 2, hosts: {} };
    const link: LiveLink = { isConnected: true, fault: null, sinceMs: 0 };
    const listed: PageEvent = { type: 'FleetListed', snapshot: empty };
    const isCaughtUp = (...events: readonly LiveEvent[]): boolean | undefined =>
      after([listed, { type: 'FleetChanged', events }]).fleet?.isCaughtUp;
    expect(isCaughtUp()).toBe(false);
    expect(isCaughtUp(change)).toBe(false);
    expect(isCaughtUp(change, { type: 'Link', version: 2, link })).toBe(true);
    expect(isCaughtUp({ type: 'Link', version: 1, link })).toBe(true);
  });

  it('keeps the very maps that did not change', () => {
    const listed = after([{ type: 'FleetListed', snapshot: empty }]);
    const hosts = { web: null };
    const change: LiveChange = { type: 'Change', version: 2, atMs: 2, hosts };
    const next = after([{ type: 'FleetChanged', events: [change] }], listed);
    expect(next.fleet?.rows).toBe(listed.fleet?.rows);
    expect(next.fleet?.hosts).not.toBe(listed.fleet?.hosts);
  });

  it('hears of a link to etcd that is lost, and of nothing before the fleet was listed', () => {
    const link = { isConnected: false, fault: 'gone', sinceMs: 5 };
    const event = { type: 'FleetChanged', events: [{ type: 'Link', version: 2, link }] } as const;
    expect(after([{ type: 'FleetListed', snapshot: empty }, event]).fleet?.link).toEqual(link);
    expect(after([event])).toBe(initialPage);
  });

  it('keeps who it was, and what they look at, when their session ends', () => {
    const ended = after([...begun('alice'), { type: 'SessionEnded' }]);
    expect(ended.isSessionOver).toBe(true);
    expect(ended.session?.user?.name).toBe('alice');
    expect(ended.fleet).toBeDefined();
    const asked = after([{ type: 'SessionTold', session: session(null, 'fresh') }], ended);
    expect([asked.isSessionOver, asked.session?.csrf]).toEqual([true, 'fresh']);
    expect(asked.fleet).toBe(ended.fleet);
    const back = after([{ type: 'SessionTold', session: session('alice') }], asked);
    expect([back.isSessionOver, back.fleet]).toEqual([false, ended.fleet]);
  });

  it('shows another user, and other grants, nothing of the fleet that was listed before', () => {
    const other = after([...begun('alice'), { type: 'SessionTold', session: session('bob') }]);
    expect([other.session?.user?.name, other.fleet]).toEqual(['bob', undefined]);
    const grants: readonly Grant[] = [{ role: 'viewer', apps: ['*'], hosts: ['*'] }];
    const less = { ...session('alice'), user: { name: 'alice', grants } };
    expect(after([...begun('alice'), { type: 'SessionTold', session: less }]).fleet).toBe(
      undefined,
    );
  });

  it('takes no end of a session that never was', () => {
    const nobody = after([
      { type: 'SessionTold', session: session(null) },
      { type: 'SessionEnded' },
    ]);
    expect([nobody.isSessionOver, isLoggedIn(nobody)]).toEqual([false, false]);
  });

  it('remembers since when the connection is as it is, and of which version the page is', () => {
    const lost = { type: 'ConnectionChanged', connection: 'Lost' } as const;
    const state = after([
      { ...lost, atMs: 7 },
      { ...lost, atMs: 9 },
    ]);
    expect(state.connectionSinceMs).toBe(7);
    const newer = { ...session('alice'), version: '2' };
    const told = after([...begun('alice'), { type: 'SessionTold', session: newer }]);
    expect([told.pageVersion, told.session?.version]).toEqual(['1', '2']);
  });
});

const empty: FleetSnapshot = {
  ...{ instance: 'one', version: 1, atMs: 1, hosts: [], apps: [], rows: [], rollouts: [] },
  link: { isConnected: true, fault: null, sinceMs: 0 },
};

function session(name: string | null, csrf = 'first'): SessionDocument {
  const user = name === null ? null : { name, grants: [] };
  return {
    ...{ version: '1', instance: 'one', user, csrf, needsSetUp: false, oidc: null },
    prefix: '/',
  };
}

function begun(name: string): readonly PageEvent[] {
  return [
    { type: 'SessionTold', session: session(name) },
    { type: 'FleetListed', snapshot: empty },
  ];
}
