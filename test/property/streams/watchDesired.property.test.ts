import fc from 'fast-check';
import { describe, it } from 'vitest';
import { type DesiredAction, runDesired } from '../../support/desiredRun.ts';
import { fcParams } from '../../support/seed.ts';

const key = fc
  .tuple(fc.constantFrom('a', 'a-b', 'b', 'c', 'd'), fc.constantFrom('ips', 'content'))
  .map(([app, leaf]) => `/p/${app}/${leaf}`);
const otherKey = fc.constantFrom('/p/a/x', '/p/a', '/q/a/ips', '/o');
const value = fc.oneof(
  fc.constantFrom('h1', 'h2', 'h1,h2', ''),
  fc.constant(new Uint8Array([0xff])),
);

const write: fc.Arbitrary<DesiredAction> = fc
  .dictionary(
    fc.oneof({ weight: 6, arbitrary: key }, otherKey),
    fc.option(value, { nil: undefined, freq: 4 }),
    { minKeys: 1, maxKeys: 5 },
  )
  .map((values) => ({ type: 'Write', values }));

const wait: fc.Arbitrary<DesiredAction> = fc
  .oneof(
    { weight: 4, arbitrary: fc.nat(5) },
    { weight: 3, arbitrary: fc.nat(300) },
    { weight: 2, arbitrary: fc.nat(15_000) },
    fc.nat(60_000),
  )
  .map((ms) => ({ type: 'Wait', ms }));

const wire: fc.Arbitrary<DesiredAction> = fc
  .oneof(
    fc.constantFrom('Cut', 'Up', 'Up', 'Up').map((link) => ({ link })),
    fc
      .option(fc.constantFrom(500, 10_000), { nil: undefined })
      .map((keepaliveMs) => ({ link: 'Silent' as const, keepaliveMs })),
    fc.constantFrom(0, 100, 700, 1_200, 1_600, 10_000).map((slowMs) => ({ slowMs })),
    fc
      .constantFrom(undefined, undefined, 'NoLeader' as const, 'NotPermitted' as const)
      .map((refusal) => ({ refusal })),
    fc.integer({ min: 1, max: 4 }).map((fragmentMax) => ({ fragmentMax })),
    fc.constantFrom(0, 3, 100).map((lagRevisions) => ({ lagRevisions })),
    fc.constantFrom(undefined, 50, 5_000).map((progressMs) => ({ progressMs })),
  )
  .map((state) => ({ type: 'Wire', state }) as DesiredAction);

const chance = fc.constantFrom(0, 0.1, 0.5);
const bugs = (drops: fc.Arbitrary<number>): fc.Arbitrary<DesiredAction> =>
  fc
    .record({ repeats: chance, old: chance, earlyNotices: chance, breaks: chance, drops })
    .map((some) => ({ type: 'Bugs', bugs: some }));

const happening: fc.Arbitrary<DesiredAction> = fc.oneof(
  fc
    .constantFrom('DeleteAll', 'Snapshot', 'Restore', 'Wipe', 'Restart', 'Break')
    .map((type) => ({ type }) as DesiredAction),
  fc.constantFrom('1', '2').map((clusterId) => ({ type: 'ChangeCluster', clusterId }) as const),
  fc.constantFrom('h1', 'h2').map((item) => ({ type: 'Identity', item }) as const),
);

/** Of what a watch that is being opened would need. */
const compaction: fc.Arbitrary<DesiredAction> = fc.constant({ type: 'Compact' });

const run = (drops: fc.Arbitrary<number>) =>
  fc.record({
    seed: fc.nat().map(String),
    startRevision: fc.constantFrom(1n, 2n ** 53n - 3n, 2n ** 62n, 95n),
    actions: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: write },
        { weight: 6, arbitrary: wait },
        { weight: 2, arbitrary: wire },
        { weight: 1, arbitrary: bugs(drops) },
        { weight: 1, arbitrary: happening },
        { weight: 1, arbitrary: compaction },
      ),
      { maxLength: 40, size: 'max' },
    ),
  });

describe('watchDesired, over an etcd that fails in every way', () => {
  it('tells at each revision what etcd held, and in the end what it holds', async () => {
    await fc.assert(fc.asyncProperty(run(fc.constant(0)), runDesired), fcParams(60));
  });

  it('A22: notices by the next audit that the watch lost an event', async () => {
    await fc.assert(fc.asyncProperty(run(chance), runDesired), fcParams(60));
  });
});
