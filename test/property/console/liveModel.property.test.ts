/** What a page knows after any changes, told in any portions, against what there is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFleetFeed, type FeedSource } from '../../../src/commands/fleet/fleetFeed.ts';
import { initialPage, reducePage } from '../../../src/console/page/core/pageState.ts';
import type { FleetSnapshot, LiveChange } from '../../../src/domain/console/live.ts';
import { createLiveModel, type LiveModel } from '../../../src/domain/console/liveModel.ts';
import { createScope, type LiveScope } from '../../../src/domain/console/liveScope.ts';
import { type Grant, mayDo } from '../../../src/domain/console/roles.ts';
import type { FleetRow } from '../../../src/domain/fleet/fleetRow.ts';
import { encodeReport } from '../../../src/domain/fleet/reportCodec.ts';
import { del, put } from '../../support/etcdValues.ts';
import { appReport, bodyText, hostReport } from '../../support/fleetValues.ts';
import { fcParams } from '../../support/seed.ts';

const grantSets: readonly (readonly Grant[])[] = [
  [{ role: 'viewer', apps: ['*'], hosts: ['*'] }],
  [{ role: 'operator', apps: ['a'], hosts: ['*'] }],
  [{ role: 'viewer', apps: ['*'], hosts: ['h1'] }],
  [
    { role: 'viewer', apps: ['a'], hosts: ['h1'] },
    { role: 'admin', apps: ['b*'], hosts: ['h2'] },
  ],
  [],
];

const apps = ['a', 'b', '__proto__'];
const hosts = ['h1', 'h2', '__proto__'];

/** Whoever cannot publish the app must not read `canary`, in whatever is said about it. */
const secretContents = [
  'command=/bin/cat\ncanary line\n',
  'command=/bin/cat\numask=canary\n',
  'command=/bin/cat %(ENV_canary)s\n',
  'command=/bin/cat\ncanary=1\n',
  '[canary]\ncommand=/bin/cat\n',
];
const isHidden = (grants: readonly Grant[], app: string): boolean =>
  !mayDo(grants, 'publisher', { app });

interface Write {
  readonly source: FeedSource;
  readonly entries: readonly (readonly [key: string, value: string | undefined])[];
}

const appWrite: fc.Arbitrary<Write> = fc
  .tuple(
    fc.constantFrom(...apps),
    fc.constantFrom('*', 'h1', 'h1,h3', '!*', undefined),
    fc.constantFrom(bodyText, 'command=\n', ...secretContents, undefined),
    fc.option(fc.constant('{"maxUnavailable":1}'), { nil: undefined }),
  )
  .map(([app, ips, content, rollout]) => ({
    source: 'apps',
    entries: [
      [`/a/${app}/ips`, ips],
      [`/a/${app}/content`, content],
      [`/a/${app}/rollout`, rollout],
    ],
  }));

const condition = fc.constantFrom('converged', 'converging', 'quarantined' as const);

const hostWrite: fc.Arbitrary<Write> = fc
  .tuple(
    fc.constantFrom(...hosts),
    fc.constantFrom<FeedSource>('hosts', 'known'),
    fc.option(
      fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c'), condition, fc.nat(9)), {
        selector: ([app]) => app,
      }),
    ),
  )
  .map(([host, source, said]) => {
    const key = `/f/${source}/${host}`;
    if (said === null) return { source, entries: [[key, undefined]] };
    const reports = said.map(([app, word, wanted]) => appReport(app, word, { wanted }));
    const others = [{ id: 'b:x', state: 'RUNNING' as const, pid: 1, startSec: 1 }];
    const report = { ...hostReport(host, '10.0.0.1', 3, reports), others };
    return { source, entries: [[key, encodeReport(report).head]] };
  });

const haltWrite: fc.Arbitrary<Write> = fc
  .tuple(fc.constantFrom('a', 'b'), fc.boolean())
  .map(([app, isThere]) => ({
    source: 'rollouts',
    entries: [[`/f/rollouts/${app}/halt`, isThere ? 'nonsense' : undefined]],
  }));

const steps = fc.array(
  fc.record({
    write: fc.oneof({ weight: 3, arbitrary: hostWrite }, appWrite, haltWrite),
    isFolded: fc.boolean(),
    /** Which pages hear of it, now. */
    heard: fc.array(fc.nat(grantSets.length - 1), { maxLength: 3 }),
  }),
  { maxLength: 25 },
);

function createCluster() {
  const feed = createFleetFeed({ apps: '/a', fleet: '/f' });
  const there = new Set<string>();
  let at = 1;
  return {
    feed,
    write: ({ source, entries }: Write): void => {
      at += 1;
      for (const [key, value] of entries) {
        const lease = source === 'hosts' ? { lease: '7' } : {};
        if (value === undefined) {
          if (there.delete(key)) feed.change(source, [del(key, at)]);
          continue;
        }
        feed.change(source, [{ ...put(key, value, at, !there.has(key)), ...lease }]);
        there.add(key);
      }
    },
  };
}

type Feed = ReturnType<typeof createCluster>['feed'];

function fold(model: LiveModel, feed: Feed): void {
  model.fold(feed.takeChanges(), feed.rollouts(), 1);
}

/** As a page of its own gets it: as text. */
function createPage(model: LiveModel, scope: LiveScope) {
  const link = { isConnected: true, fault: null, sinceMs: 0 };
  const listed = (): FleetSnapshot =>
    asText({ instance: 'one', ...model.stateOf(scope), link } satisfies FleetSnapshot);
  const list = () => reducePage(initialPage, { type: 'FleetListed', snapshot: listed() });
  let state = list();
  let agains = 0;
  return {
    agains: () => agains,
    hear: (): LiveChange | undefined => {
      const change = model.changeSince(state.fleet?.version ?? -1, scope);
      if (change === undefined) return undefined;
      if (change === 'Again') {
        agains += 1;
        state = list();
        return undefined;
      }
      const told = asText(change);
      state = reducePage(state, { type: 'FleetChanged', events: [told] });
      return told;
    },
    knows: () => contentOf(state.fleet),
    shouldKnow: () => contentOf(list().fleet),
  };
}

function asText<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function contentOf(fleet: ReturnType<typeof reducePage>['fleet']) {
  if (fleet === undefined) return undefined;
  const { hosts: hostsByName, apps: appsByName, rows, rollouts } = fleet;
  return { hostsByName, appsByName, rows: new Map(rows), rollouts };
}

describe('the live model', () => {
  it.each([3, 2_000])(
    'tells a page what it lacks, whatever it has heard before (%i changes kept)',
    (ringMax) => {
      fc.assert(
        fc.property(steps, (all) => {
          const { feed, write } = createCluster();
          const model = createLiveModel({ ringMax });
          const pages = grantSets.map((grants) => createPage(model, createScope(grants)));
          for (const step of all) {
            write(step.write);
            if (step.isFolded) fold(model, feed);
            for (const index of step.heard) pages[index]?.hear();
          }
          fold(model, feed);
          for (const page of pages) {
            page.hear();
            expect(page.knows()).toEqual(page.shouldKnow());
            if (ringMax > all.length) expect(page.agains()).toBe(0);
          }
        }),
        fcParams(150),
      );
    },
  );

  it('comes to the same rollouts, change by change and all at once', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const [one, other] = [createCluster(), createCluster()];
        const [model, atOnce] = [createLiveModel(), createLiveModel()];
        for (const { write, isFolded } of all) {
          one.write(write);
          other.write(write);
          if (isFolded) fold(model, one.feed);
        }
        fold(model, one.feed);
        fold(atOnce, other.feed);
        for (const scope of grantSets.map(createScope)) {
          const { rollouts } = model.stateOf(scope);
          expect(rollouts).toEqual(atOnce.stateOf(scope).rollouts);
          for (const { waiting } of rollouts) expect(waiting).toEqual(waiting.toSorted());
        }
      }),
      fcParams(150),
    );
  });

  it('shows each row that is granted, and nothing else of any host or app', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { feed, write } = createCluster();
        const model = createLiveModel();
        for (const step of all) {
          write(step.write);
          if (step.isFolded) fold(model, feed);
        }
        fold(model, feed);
        const view = feed.view();
        for (const grants of grantSets) {
          const shown = model.stateOf(createScope(grants));
          const isShown = ({ app, host }: { app: string; host: string | undefined }): boolean =>
            mayDo(grants, 'viewer', host === undefined ? { app } : { app, host });
          const plain = (row: FleetRow): FleetRow =>
            isHidden(grants, row.app) ? { ...row, reason: undefined } : row;
          expect(new Set(shown.rows.map(plain))).toEqual(
            new Set(view.rows.filter(isShown).map(plain)),
          );
          for (const one of [...shown.rows, ...shown.apps, ...shown.rollouts]) {
            if (isHidden(grants, one.app)) expect(JSON.stringify(one)).not.toContain('canary');
          }
          expect(shown.hosts.map(({ host }) => host)).toEqual(
            view.hosts.map(({ host }) => host).filter((host) => mayDo(grants, 'viewer', { host })),
          );
          expect(shown.apps.map(({ app }) => app)).toEqual(
            [...view.wantedByApp.keys()].filter((app) => mayDo(grants, 'viewer', { app })).sort(),
          );
          for (const { host, others } of shown.hosts) {
            for (const { id } of others)
              expect(isShown({ app: id.split(':')[0] ?? '', host })).toBe(true);
          }
          for (const { app, waiting, failed } of shown.rollouts) {
            for (const host of [...waiting, ...failed]) expect(isShown({ app, host })).toBe(true);
          }
        }
      }),
      fcParams(150),
    );
  });

  it('names in its changes nothing that is not granted, gone or not', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { feed, write } = createCluster();
        const model = createLiveModel();
        const pages = grantSets.map((grants) => ({
          grants,
          page: createPage(model, createScope(grants)),
        }));
        for (const step of all) {
          write(step.write);
          fold(model, feed);
          for (const { grants, page } of pages) {
            const change = page.hear();
            for (const host of Object.keys(change?.hosts ?? {})) {
              expect(mayDo(grants, 'viewer', { host })).toBe(true);
            }
            for (const [app, live] of Object.entries(change?.apps ?? {})) {
              if (isHidden(grants, app)) expect(JSON.stringify(live)).not.toContain('canary');
              expect(mayDo(grants, 'viewer', { app })).toBe(true);
            }
            for (const [key, row] of Object.entries(change?.rows ?? {})) {
              const [app = '', host = ''] = key.split('/');
              if (isHidden(grants, app)) expect(JSON.stringify(row)).not.toContain('canary');
              expect(mayDo(grants, 'viewer', host === '' ? { app } : { app, host })).toBe(true);
            }
          }
        }
      }),
      fcParams(150),
    );
  });
});
