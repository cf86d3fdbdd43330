import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeyChange } from '../../../src/domain/etcdCalls.ts';
import { createDesiredView, type DesiredView } from '../../../streams/desiredView.ts';
import { createRevisionBatches } from '../../../streams/revisionBatches.ts';
import { del, kv, put, rev } from '../../support/etcdValues.ts';
import { fcParams } from '../../support/seed.ts';

const concernsHost = (_app: string, ips: string | undefined): boolean =>
  ips?.includes('1') ?? false;

const key = fc
  .tuple(fc.constantFrom('a', 'a-b', 'b', '__proto__'), fc.constantFrom('ips', 'content', 'x'))
  .map(([app, leaf]) => `/p/${app}/${leaf}`);

/** One revision: at most one change of each key. */
const revision = fc.dictionary(
  key,
  fc.option(fc.constantFrom('1', '2', '12', '\ud800'), { nil: '' }),
  {
    minKeys: 1,
    maxKeys: 4,
  },
);

interface Etcd {
  readonly values: Map<string, { value: string; at: number }>;
  readonly history: readonly (readonly KeyChange[])[];
}

/** The same writes in a plain map; '' deletes. */
function play(revisions: readonly Readonly<Record<string, string | undefined>>[]): Etcd {
  const values: Etcd['values'] = new Map();
  const history = revisions.map((changes, index) => {
    const at = index + 2;
    return Object.entries(changes).flatMap(([name, value = '']) => {
      const isNew = !values.has(name);
      if (value === '') return values.delete(name) ? [del(name, at)] : [];
      values.set(name, { value, at });
      return [put(name, value, at, isNew)];
    });
  });
  return { values, history };
}

function list({ values }: Etcd, pageSize: number): DesiredView {
  const view = createDesiredView({ prefix: '/p', concernsHost });
  const kvs = [...values]
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([name, { value, at }]) => kv(name, value, at));
  for (let start = 0; start < kvs.length; start += pageSize) {
    view.addPage(kvs.slice(start, start + pageSize));
  }
  return view;
}

function supplyAll(view: DesiredView, wanted: readonly string[], { values }: Etcd): void {
  for (const app of wanted) {
    const { value = '', at = 0 } = values.get(`/p/${app}/content`) ?? {};
    expect(view.supply(app, 'content', kv(`/p/${app}/content`, value, at))).toBe(true);
  }
}

describe('createDesiredView', () => {
  it('comes to the same by watching as by listing, and tells every difference', () => {
    fc.assert(
      fc.property(
        fc.array(revision),
        fc.nat(20),
        fc.integer({ min: 1, max: 5 }),
        (all, cut, size) => {
          const watched = list(play(all.slice(0, cut)), size);
          const told = new Map(watched.finish().apps.map((app) => [app, watched.picture(app)]));
          const { history } = play(all);
          history.slice(cut).forEach((changes, index) => {
            const { apps, wanted } = watched.apply(changes);
            supplyAll(watched, wanted, play(all.slice(0, cut + index + 1)));
            for (const app of apps) told.set(app, watched.picture(app));
          });

          const listed = list(play(all), size);
          const { apps, wanted } = listed.finish();
          expect(wanted).toEqual([]);
          for (const app of apps) expect(told.get(app)).toEqual(listed.picture(app));
          for (const [app, picture] of told) {
            if (apps.includes(app)) continue;
            // Told of its end: gone, or placed elsewhere.
            expect(picture.ips === undefined).toBe(picture.content === undefined);
            expect(concernsHost(app, JSON.stringify(picture.ips?.value))).toBe(false);
          }
          expect(watched.keys.count()).toBe(listed.keys.count());
          expect(watched.ignoredKeys()).toBe(listed.ignoredKeys());
          expect(watched.elsewhere()).toBe(listed.elsewhere());
        },
      ),
      fcParams(500),
    );
  });
});

describe('createRevisionBatches', () => {
  it('gives each revision once and whole, however it is cut, fragmented and repeated', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 8 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.boolean())),
        (sizes, cuts) => {
          const all = sizes.flatMap((size, index) =>
            Array.from({ length: size }, (_, n) => put(String(n), '', index + 2)),
          );
          const batches = createRevisionBatches(rev(1));
          const got: string[] = [];
          let at = 0;
          for (const [length, doesRepeat] of [...cuts, [all.length, true] as const]) {
            const end = Math.min(all.length, at + length);
            // Only a fragment may end within a revision.
            const isFragment =
              all[end]?.modRevision === all[end - 1]?.modRevision && end < all.length;
            const start =
              doesRepeat && at > 0 && all[at]?.modRevision !== all[at - 1]?.modRevision ? 0 : at;
            for (const batch of batches.push(all.slice(start, end), isFragment)) {
              got.push(`${batch.revision}x${String(batch.changes.length)}`);
            }
            at = end;
          }
          expect(got).toEqual(sizes.map((size, index) => `${String(index + 2)}x${String(size)}`));
        },
      ),
      fcParams(500),
    );
  });
});
