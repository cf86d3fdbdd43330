/** The fleet as it is kept up to date, against the fleet made at once from what etcd came to. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFleetFeed } from '../../../src/commands/fleet/fleetFeed.ts';
import type { KeyFact } from '../../../src/commands/fleet/reportFeed.ts';
import type { KeyChange } from '../../../src/domain/etcdCalls.ts';
import { compareRows } from '../../../src/domain/fleet/fleetRow.ts';
import { everything, summarise } from '../../../src/domain/fleet/fleetSummary.ts';
import type { FleetView } from '../../../src/domain/fleet/fleetView.ts';
import { encodeReport } from '../../../src/domain/fleet/reportCodec.ts';
import { isPlacedHere, parsePlacement } from '../../../src/domain/placement.ts';
import { del, kv, put } from '../../support/etcdValues.ts';
import { appReport, hostReport } from '../../support/fleetValues.ts';
import { fcParams } from '../../support/seed.ts';

const prefixes = { apps: '/a', fleet: '/f' };
const hosts = ['h1', 'h2', 'h3'] as const;
const apps = ['a', 'b', '__proto__', 'all'] as const;

/** What stands in etcd: values by key. Reports are of one part, or of none. */
type Write = readonly (readonly [string, string | undefined])[];

const placement = fc
  .array(
    fc.constantFrom(
      '*',
      '!*',
      'h1',
      'H2.',
      '10.0.0.1',
      '10.0.0.9',
      '10.0.0.0/30',
      '!10.0.0.2',
      '1.',
    ),
    { maxLength: 3 },
  )
  .map((items) => items.join(','));

const appWrite: fc.Arbitrary<Write> = fc
  .tuple(
    fc.constantFrom(...apps),
    fc.constantFrom('ips', 'content', 'both', 'gone', 'other'),
    placement,
    fc.constantFrom('command=/bin/cat\n', 'command=\n', '['),
  )
  .map(([app, what, ips, content]) => {
    const [ipsKey, contentKey] = [`/a/${app}/ips`, `/a/${app}/content`];
    if (what === 'ips') return [[ipsKey, ips]];
    if (what === 'content') return [[contentKey, content]];
    if (what === 'other') return [[`/a/${app}/other`, ips]];
    const isGone = what === 'gone';
    return [
      [ipsKey, isGone ? undefined : ips],
      [contentKey, isGone ? undefined : content],
    ];
  });

const condition = fc.constantFrom(
  ...(['converged', 'converging', 'held', 'rolled-back', 'quarantined'] as const),
);
const revision = fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined });

const hostWrite: fc.Arbitrary<Write> = fc
  .tuple(
    fc.constantFrom(...hosts),
    fc.constantFrom('both', 'lease', 'gone', 'nonsense', 'forged'),
    fc.constantFrom('10.0.0.1', '10.0.0.2', '10.1.0.1'),
    fc.integer({ min: 1, max: 40 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.tuple(condition, revision, revision)),
  )
  .map(([host, what, address, observed, said]) => {
    const live = [`/f/hosts/${host}`, `/f/hosts/${host}/1`];
    const known = [`/f/known/${host}`, `/f/known/${host}/1`];
    if (what === 'gone') return [...live, ...known].map((key) => [key, undefined] as const);
    if (what === 'lease') return live.map((key) => [key, undefined] as const);
    if (what === 'nonsense') return [[`/f/hosts/${host}`, '{']];
    const reports = Object.entries(said).map(([app, [word, wanted, applied]]) =>
      appReport(app, word, {
        ...(wanted === undefined ? {} : { wanted }),
        ...(applied === undefined ? {} : { applied }),
      }),
    );
    const { head, parts } = encodeReport(hostReport(host, address, observed, reports));
    if (what === 'forged') return [[`/f/hosts/${host}`, forgedMark + head]];
    return [live, known].flatMap(([headKey = '', partKey = '']) => [
      [headKey, head] as const,
      [partKey, parts[0]] as const,
    ]);
  });

const history = fc.array(fc.tuple(fc.oneof(appWrite, hostWrite), fc.boolean()), { maxLength: 25 });

/** Below `hosts` with a lease, unless somebody else wrote it by hand. */
const forgedMark = '@unleased ';

interface Stored {
  readonly value: string;
  readonly at: number;
  readonly lease: { readonly lease?: string };
}
type Store = Map<string, Stored>;

function apply(store: Store, write: Write, at: number): readonly KeyChange[] {
  return write.flatMap(([key, value]) => {
    if (value === undefined) return store.delete(key) ? [del(key, at)] : [];
    const isNew = !store.has(key);
    const isForged = value.startsWith(forgedMark);
    const isLeased = key.startsWith('/f/hosts/') && !isForged;
    const stored = {
      ...{ value: isForged ? value.slice(forgedMark.length) : value, at },
      lease: isLeased ? { lease: '7' } : {},
    };
    store.set(key, stored);
    return [{ ...put(key, stored.value, at, isNew), ...stored.lease }];
  });
}

const sources = { apps: '/a/', hosts: '/f/hosts/', known: '/f/known/' } as const;
type Source = keyof typeof sources;
const sourceNames: readonly Source[] = ['apps', 'hosts', 'known'];

function listing(store: Store, source: Source): readonly KeyFact[] {
  return [...store]
    .filter(([key]) => key.startsWith(sources[source]))
    .map(([key, { value, at, lease }]) => ({ ...kv(key, value, at), ...lease }));
}

function fromScratch(store: Store): FleetView {
  const feed = createFleetFeed(prefixes);
  for (const source of sourceNames) feed.replace(source, listing(store, source));
  return feed.view();
}

function keyText({ key }: KeyFact): string {
  return Buffer.from(key).toString();
}

/** Of one host, again and again: mostly of the same apps, and mostly little is another. */
const word = fc.record({
  apps: fc.subarray(['a', 'b', 'c'], { minLength: 2 }),
  observed: fc.constantFrom(1, 9),
  odd: fc.constantFrom('a', 'b', 'c'),
  condition,
  wanted: fc.constantFrom(undefined, 2, 9),
  isSilent: fc.boolean(),
  isAlive: fc.boolean(),
});

function wordOf(said: typeof word extends fc.Arbitrary<infer T> ? T : never): Write {
  const reports = said.apps.map((app) => {
    const wanted = said.wanted === undefined ? {} : { wanted: said.wanted };
    return app === said.odd
      ? appReport(app, said.condition, wanted)
      : appReport(app, 'held', { code: 'Odd' });
  });
  const report = hostReport('h1', '10.0.0.1', said.observed, reports);
  const problems = said.isSilent ? ['SupervisorUnreachable: no answer'] : [];
  const { head } = encodeReport({ ...report, problems });
  return [
    ['/f/hosts/h1', said.isAlive ? head : undefined],
    ['/f/known/h1', head],
  ];
}

describe('the view of the fleet', () => {
  it('is the same after each word of a host as made at once', () => {
    const placed: Write = ['a', 'b'].flatMap((app) => [
      [`/a/${app}/ips`, app === 'a' ? '*' : 'h1'],
      [`/a/${app}/content`, app === 'a' ? 'command=/bin/cat\n' : '['],
    ]);
    fc.assert(
      fc.property(fc.array(word, { minLength: 2, maxLength: 6 }), (words) => {
        const store: Store = new Map();
        const feed = createFleetFeed(prefixes);
        feed.change('apps', apply(store, placed, 2));
        for (const [index, said] of words.entries()) {
          const changes = apply(store, wordOf(said), index + 3);
          for (const source of ['hosts', 'known'] as const) {
            const own = changes.filter((change) => keyText(change).startsWith(sources[source]));
            feed.change(source, own);
          }
          expect(feed.view()).toEqual(fromScratch(store));
        }
      }),
      fcParams(300),
    );
  });

  it('is the same kept up to date as made at once, looked at or not in between', () => {
    fc.assert(
      fc.property(history, fc.constantFrom(...sourceNames), (steps, relisted) => {
        const store: Store = new Map();
        const feed = createFleetFeed(prefixes);
        for (const [index, [write, isLookedAt]] of steps.entries()) {
          const changes = apply(store, write, index + 2);
          for (const source of sourceNames) {
            const own = changes.filter((change) => keyText(change).startsWith(sources[source]));
            if (own.length > 0) feed.change(source, own);
          }
          if (isLookedAt) expect(feed.view()).toEqual(fromScratch(store));
          if (isLookedAt && index % 3 === 0) feed.replace(relisted, listing(store, relisted));
        }
        expect(feed.view()).toEqual(fromScratch(store));
      }),
      fcParams(150),
    );
  });

  it('has a row of each host that a placement names by the rule of the agents', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const store: Store = new Map();
        for (const [index, [write]] of steps.entries()) apply(store, write, index + 2);
        const view = fromScratch(store);
        for (const app of apps) {
          const text = parsePlacement(store.get(`/a/${app}/ips`)?.value ?? '');
          for (const { host: hostId, report } of view.hosts) {
            if (report === undefined) continue;
            const { hostNames, addresses } = report;
            const isHere = isPlacedHere(text, { hostId, hostNames, addresses });
            const isReported = report.apps.some((one) => one.app === app);
            const rows = view.rows.filter((row) => row.app === app && row.host === hostId);
            expect(rows).toHaveLength(isHere || isReported ? 1 : 0);
          }
        }
      }),
      fcParams(100),
    );
  });

  it('calls nothing converged without a host that is alive and says so, and gives reasons', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const store: Store = new Map();
        for (const [index, [write]] of steps.entries()) apply(store, write, index + 2);
        const view = fromScratch(store);
        for (const row of view.rows) {
          const host = view.hosts.find((one) => one.host === row.host);
          const said = host?.report?.apps.find((one) => one.app === row.app);
          if (row.condition !== 'converged') expect(row.reason).toBeTruthy();
          else expect([host?.isAlive, said?.condition]).toEqual([true, 'converged']);
        }
      }),
      fcParams(100),
    );
  });

  it('is the same without what stands below hosts and has no lease', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const store: Store = new Map();
        for (const [index, [write]] of steps.entries()) apply(store, write, index + 2);
        const view = fromScratch(store);
        for (const [key, { lease }] of store) {
          if (key.startsWith('/f/hosts/') && lease.lease === undefined) store.delete(key);
        }
        expect(view).toEqual(fromScratch(store));
        for (const { host, isAlive } of view.hosts) {
          expect(isAlive).toBe(store.has(`/f/hosts/${host}`));
        }
      }),
      fcParams(100),
    );
  });

  it('is counted whole: each row once, the most urgent first', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const store: Store = new Map();
        for (const [index, [write]] of steps.entries()) apply(store, write, index + 2);
        const view = fromScratch(store);
        const { rows, counts, isConverged } = summarise(view, everything);
        expect(rows).toHaveLength(view.rows.length);
        expect(Object.values(counts).reduce((a, b) => a + b, 0)).toBe(rows.length);
        expect(rows).toEqual(view.rows.toSorted(compareRows));
        if (isConverged) expect(counts.converged).toBe(rows.length);
      }),
      fcParams(100),
    );
  });
});
