/** What hosts tell the fleet, over whatever happens to one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Reported, type ReportFacts, reportHost } from '../../reducers/hostReport.ts';
import { mapGet, mapKeysSorted } from '../../reducers/persistentMap.ts';
import type { AppReport, HostReport } from '../../src/domain/fleet/hostReport.ts';
import { decodeReport, encodeReport } from '../../src/domain/fleet/reportCodec.ts';
import { revisionZero } from '../../src/domain/types.ts';
import { fcParams } from '../support/seed.ts';
import { pastScripts } from '../support/world/pastScripts.ts';
import { type Action, heal, runScript, script, type Stage, two } from '../support/world/script.ts';
import { createWorld, type World } from '../support/world/world.ts';

const facts: Omit<ReportFacts, 'nowMs'> = {
  host: 'web1',
  instance: 'i1',
  version: '1.0.0',
  startedAtMs: 1,
  appliedRevision: revisionZero,
  journalFault: undefined,
  http: undefined,
};

function report(world: World, before?: Reported): Reported {
  return reportHost(world.loop.current(), { ...facts, nowMs: world.nowMs() }, before);
}

const reportOf = ({ report: { apps } }: Reported, name: string): AppReport | undefined =>
  apps.find(({ app }) => app === name);

/** Every report that an agent would have made on the way, each after the one before. */
async function reportsOf(
  steps: readonly Action[],
  check: (now: Reported, before: Reported | undefined, stage: Stage) => void,
): Promise<Stage> {
  let before: Reported | undefined;
  return runScript(steps, (stage) => {
    const now = report(stage.world, before);
    check(now, before, stage);
    before = now;
  });
}

describe('safety', () => {
  it('every app that is placed here or not yet gone is told of, with why unless it is well', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        await reportsOf(steps, (now, _, { world }) => {
          const state = world.state();
          const told = now.report.apps.map(({ app }) => app as string);
          expect(told).toEqual(told.toSorted());
          for (const name of mapKeysSorted(state.appsByName)) {
            const app = mapGet(state.appsByName, name);
            const isHere = app?.desired.type === 'Wanted' || app?.file?.type === 'Ours';
            if (isHere) expect(told).toContain(name);
          }
          for (const app of now.report.apps) {
            const isWell = app.condition === 'converged';
            expect([app.code === undefined, app.reason === undefined]).toEqual([isWell, isWell]);
          }
        });
      }),
      { ...fcParams(60), examples: pastScripts },
    );
  });

  it('since when does not move while condition and code stay, and moves when they do not', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        await reportsOf(steps, (now, before, { world }) => {
          for (const app of now.report.apps) {
            const was = before && reportOf(before, app.app);
            const isSame = was?.condition === app.condition && was.code === app.code;
            expect(app.sinceMs).toBe(isSame ? was.sinceMs : world.nowMs());
          }
        });
      }),
      { ...fcParams(60), examples: pastScripts },
    );
  });

  it('what is kept from the report before is what would be worked out anew', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        await reportsOf(steps, (now, before, { world }) => {
          const forgetful = before && { report: before.report, basesByApp: new Map() };
          expect(now.report).toEqual(report(world, forgetful).report);
        });
      }),
      { ...fcParams(60), examples: pastScripts },
    );
  });

  it('nothing is said to be converged that does not run as etcd wants it', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        await reportsOf(steps, (now, _, { world }) => {
          for (const told of now.report.apps) {
            if (told.condition !== 'converged') continue;
            const app = world.app(told.app);
            expect(app?.desired.type, told.app).toMatch(/^(Wanted|Unknown)$/);
            if (app?.desired.type !== 'Wanted') continue;
            expect(told.appliedRevision).toBe(told.wantedRevision);
            expect(told.wantedRevision).toBe(app.entry?.content?.modRevision);
            expect(told.processes.length).toBeGreaterThan(0);
            const isLeft = app.desired.version.facts.autostart === false;
            const good = isLeft ? /^(RUNNING|STARTING|STOPPED|EXITED)$/ : /^(RUNNING|EXITED)$/;
            for (const { state } of told.processes) expect(state).toMatch(good);
          }
        });
      }),
      { ...fcParams(100), examples: pastScripts },
    );
  });

  it('is read from etcd as it was made, whatever happened', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        let packing: Parameters<typeof encodeReport>[1];
        await reportsOf(steps, ({ report: made }) => {
          const encoded = encodeReport(made, packing);
          packing = encoded.packing;
          const parts = encoded.parts.map((text, at) => [at + 1, Buffer.from(text)] as const);
          const decoded = decodeReport(Buffer.from(encoded.head), new Map(parts));
          expect(decoded).toEqual({ ok: true, value: { report: made, faults: [] } });
        });
      }),
      { ...fcParams(40), examples: pastScripts },
    );
  });

  it('no content, command or environment is in it', async () => {
    const planted = (steps: readonly Action[]): Action[] =>
      steps.map((step) =>
        step.type === 'Put'
          ? {
              ...step,
              command: `${step.command} SECRET_CANARY_c`,
              extra: `${step.extra}environment=A="SECRET_CANARY_e"\n`,
            }
          : step,
      );
    await fc.assert(
      fc.asyncProperty(script.map(planted), async (steps) => {
        await reportsOf(steps, ({ report: made }) => {
          expect(JSON.stringify(made)).not.toContain('SECRET_CANARY');
        });
      }),
      { ...fcParams(60), examples: pastScripts.map(([steps]) => [planted(steps)]) },
    );
  });
});

describe('liveness', () => {
  it('once everything is well, all that runs as wanted is said to be converged', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const { world } = await runScript(steps);
        heal(world);
        await world.settle(120_000);
        const { report: told }: { readonly report: HostReport } = report(world);
        expect(told.problems).toEqual([]);
        for (const app of told.apps) {
          const state = world.app(app.app);
          const { desired } = state ?? {};
          if (desired?.type !== 'Wanted') continue;
          const isQuarantined = state?.quarantines.some(
            ({ sha256 }) => sha256 === desired.version.sha256,
          );
          const isUp = app.processes.every(({ state: at }) => at === 'RUNNING');
          if (isQuarantined === true) expect(app.condition).toMatch(/^(rolled-back|quarantined)$/);
          else if (state?.hold !== undefined) expect(app.code).toBe('OperatorStop');
          else if (isUp) expect([app.condition, app.reason]).toEqual(['converged', undefined]);
        }
      }),
      { ...fcParams(60), examples: pastScripts },
    );
  });
});

describe('content that is published again unchanged', () => {
  it.each(['', two])('is applied by its new revision as soon as it is seen (%#)', async (extra) => {
    const world = createWorld();
    world.put('a', '/bin/ok', { extra });
    await world.settle();
    const first = report(world);
    expect(reportOf(first, 'a')).toMatchObject({ condition: 'converged' });
    const plans = world.plans.length;
    world.put('a', '/bin/ok', { extra });
    await world.settle();
    const again = reportOf(report(world, first), 'a');
    expect(again?.wantedRevision).not.toBe(reportOf(first, 'a')?.wantedRevision);
    expect(again).toMatchObject({
      condition: 'converged',
      sinceMs: reportOf(first, 'a')?.sinceMs,
      appliedRevision: again?.wantedRevision,
    });
    const steps = world.plans.slice(plans).flatMap((plan) => plan.steps);
    expect(steps.filter(({ type }) => type !== 'Reread')).toEqual([]);
  });
});
