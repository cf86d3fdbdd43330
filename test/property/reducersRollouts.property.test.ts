/**
 * Turns at changing an app: what never happens, and what always comes to be, when rollout keys and
 * events of turns come at any time among everything else that may happen to a host.
 */
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOf } from '../../reducers/planOf.ts';
import { healthChecksOf } from '../../reducers/health.ts';
import { mapGet } from '../../reducers/persistentMap.ts';
import { reduce } from '../../reducers/reduce.ts';
import { initialState, type State } from '../../reducers/state.ts';
import { encodeState } from '../../reducers/stateCodec.ts';
import { turnsOf } from '../../reducers/turns.ts';
import type { Event } from '../../src/domain/event.ts';
import type { Plan, PlanStep } from '../../src/domain/plan.ts';
import type { AppName, Sha256 } from '../../src/domain/types.ts';
import { fcParams } from '../support/seed.ts';
import { foldBothWays, plain } from '../support/world/foldBothWays.ts';
import { act, type Action, apps, createStage, heal, script } from '../support/world/script.ts';
import type { Stage } from '../support/world/script.ts';
import type { World } from '../support/world/world.ts';

const url = 'http://127.0.0.1:8088/';
const rollouts = [
  undefined,
  '{"maxUnavailable":1,"drain":"2s"}',
  '{"maxUnavailable":2,"drain":"0s"}',
  '{"drain":"5s"}',
  JSON.stringify({ maxUnavailable: 1, healthcheck: { url }, healthcheckTimeout: '5s' }),
  JSON.stringify({ healthcheck: { command: '/project/check' }, healthcheckTimeout: '5s' }),
  '{"maxUnavailable":"one"}',
];

type RolloutAction =
  | Action
  | Readonly<{ type: 'Roll'; app: string; rollout: string | undefined }>
  | Readonly<{ type: 'Turn'; event: Event }>
  | Readonly<{ type: 'Keeper'; isTurnWithheld: boolean; isHealthUnasked: boolean }>
  | Readonly<{ type: 'Unwell'; app: string }>
  | Readonly<{ type: 'Well'; app: string }>;

const app = fc.constantFrom(...apps);
const name = app.map((each) => each as string as AppName);
const turnEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    type: fc.constant('TurnAwaited' as const),
    app: name,
    wait: fc.constantFrom('Others' as const, 'Halted', 'Draining', 'Unreachable'),
    detail: fc.constantFrom('', 'web2 has it'),
  }),
  fc.record({ type: fc.constant('TurnTaken' as const), app: name }),
  fc.record({
    type: fc.constant('TurnTaken' as const),
    app: name,
    kind: fc.constantFrom('Change' as const, 'Removal' as const),
  }),
  fc.record({ type: fc.constant('TurnEnded' as const), app: name }),
  fc.record({
    type: fc.constant('HealthChecked' as const),
    app: name,
    contentSha256: fc.constant('0'.repeat(64) as Sha256),
    isHealthy: fc.boolean(),
    detail: fc.constant(''),
  }),
);

const action: fc.Arbitrary<RolloutAction> = fc.oneof(
  { weight: 8, arbitrary: script.filter((steps) => steps.length > 0).map(([first]) => first) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('Roll' as const),
      app,
      rollout: fc.constantFrom(...rollouts),
    }),
  },
  { weight: 2, arbitrary: turnEvent.map((event) => ({ type: 'Turn' as const, event })) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('Keeper' as const),
      isTurnWithheld: fc.boolean(),
      isHealthUnasked: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('Unwell' as const, 'Well'), app }) },
) as fc.Arbitrary<RolloutAction>;

const rollScript = fc.array(action, { maxLength: 30 });

describe('safety: turns', () => {
  it('never stops or overwrites what runs with newer content but in a turn', async () => {
    await fc.assert(
      fc.asyncProperty(rollScript, async (steps) => {
        const { world } = await play(steps);
        let state: State = initialState;
        for (const recorded of world.records) {
          if (recorded.event.type === 'PlanStarted') expectInTurn(state, recorded.event.plan);
          state = reduce(state, recorded);
        }
      }),
      fcParams(150),
    );
  });

  it('says the same of turns from a checkpoint as from the whole journal', async () => {
    await fc.assert(
      fc.asyncProperty(rollScript, fc.nat(), async (steps, cut) => {
        const { records } = (await play(steps)).world;
        const { whole, continued } = foldBothWays(records, cut);
        for (const of of [turnsOf, healthChecksOf, planOf, encodeState]) {
          expect(plain(of(continued))).toEqual(plain(of(whole)));
        }
      }),
      fcParams(60),
    );
  });

  it('never waits to put back what ran well', async () => {
    await fc.assert(
      fc.asyncProperty(rollScript, async (steps) => {
        const { world } = await play(steps);
        let state: State = initialState;
        for (const recorded of world.records) {
          state = reduce(state, recorded);
          for (const wish of turnsOf(state)) expectNoneForPutBack(state, wish);
        }
      }),
      fcParams(60),
    );
  });
});

describe('liveness: turns', () => {
  it('converges when every turn is given that is wished for, and gives every turn back', async () => {
    await fc.assert(
      fc.asyncProperty(rollScript, async (steps) => {
        const { world, operators } = await play(steps);
        heal(world);
        wellAgain(world);
        await world.settle(120_000);
        expect(turnsOf(world.state())).toEqual([]);
        expect(healthChecksOf(world.state())).toEqual([]);
        for (const each of apps) {
          expect(world.app(each)?.turn, each).toBeUndefined();
          world.put(each, '/bin/ok last', { rollout: rollouts[1] });
        }
        await world.settle(120_000);
        for (const each of apps) {
          expect(world.supervisor.loaded.get(each)?.command, each).toBe('/bin/ok last');
          const state = world.process(each)?.state;
          if (!operators.maybeStopped.has(each)) expect(state, each).toBe('RUNNING');
        }
        expect(turnsOf(world.state())).toEqual([]);
        expect(world.loop.current().plan.steps).toEqual([]);
      }),
      fcParams(150),
    );
  });

  it('ends every turn that is open, though it is the last one that is given', async () => {
    await fc.assert(
      fc.asyncProperty(rollScript, async (steps) => {
        const { world } = await play(steps);
        heal(world);
        wellAgain(world);
        world.faults.isTurnWithheld = true;
        const open = turnsOf(world.state()).filter(({ stage }) => stage !== 'Wanted');
        await world.settle(120_000);
        for (const { app: each } of open) {
          const wish = turnsOf(world.state()).find((other) => other.app === each);
          // An app that is gone holds nothing.
          if (wish !== undefined) expect(wish.stage, each).toBe('Over');
        }
      }),
      fcParams(100),
    );
  });
});

async function play(steps: readonly RolloutAction[]): Promise<Stage> {
  const stage = createStage();
  const { world } = stage;
  // Virtual time is all microtasks: in a long search vitest would get no word from its worker.
  await setImmediate();
  const rolloutsByApp = new Map<string, string | undefined>();
  const commandsByApp = new Map<string, { command: string; extra: string }>();
  for (const step of steps) {
    if (step.type === 'Put') {
      const { command, extra } = step;
      commandsByApp.set(step.app, step);
      world.put(step.app, command, { extra, rollout: rolloutsByApp.get(step.app) });
    } else if (step.type === 'Roll') {
      rolloutsByApp.set(step.app, step.rollout);
      const { command = '/bin/ok 0', extra = '' } = commandsByApp.get(step.app) ?? {};
      world.put(step.app, command, { extra, rollout: step.rollout });
    } else if (step.type === 'Turn') world.dispatch(step.event);
    else if (step.type === 'Keeper') {
      world.faults.isTurnWithheld = step.isTurnWithheld;
      world.faults.isHealthUnasked = step.isHealthUnasked;
    } else if (step.type === 'Unwell') world.faults.unwell.add(step.app);
    else if (step.type === 'Well') world.faults.unwell.delete(step.app);
    else await act(stage, step);
  }
  return stage;
}

function wellAgain({ faults }: World): void {
  faults.isTurnWithheld = faults.isHealthUnasked = false;
  faults.unwell.clear();
}

/** What the plan does to a running app that hosts change in turns, it does in a turn, or puts back. */
function expectInTurn(state: State, { steps }: Plan): void {
  for (const step of steps) {
    for (const each of touchedBy(step)) {
      const known = mapGet(state.appsByName, each);
      const isRunning = (mapGet(state.groups, each) ?? []).some(
        ({ state: at }) => at === 'RUNNING',
      );
      if (known?.rollout?.maxUnavailable === undefined || !isRunning) continue;
      if (known.turn?.kind === 'Change' || known.released.type === 'Absent') continue;
      const { lastGood, loaded, acceptedSha256, written } = known;
      if (step.type === 'WriteFile') {
        const harmless = [lastGood, written].flatMap((version) =>
          version === undefined ? [] : [version.sha256, version.heldSha256],
        );
        const isHarmless = harmless.includes(step.sha256) || acceptedSha256 === step.sha256;
        expect(isHarmless, `${each}: ${step.because}`).toBe(true);
      } else if (step.type === 'StopProcesses') {
        const ofOperator = step.because === 'an operator stopped it';
        const isPutBack = known.file?.type === 'Ours' && isGood(known.file.sha256, lastGood);
        expect(ofOperator || isPutBack, `${each}: ${step.because}`).toBe(true);
        if (!ofOperator) expect(loaded?.isRevised).toBeUndefined();
      }
    }
  }
}

function isGood(
  sha256: Sha256,
  version: { readonly sha256: Sha256; readonly heldSha256: Sha256 } | undefined,
): boolean {
  return version?.sha256 === sha256 || version?.heldSha256 === sha256;
}

function touchedBy(step: PlanStep): readonly string[] {
  if (step.type === 'WriteFile' || step.type === 'StopProcesses') return [step.app];
  return [];
}

function expectNoneForPutBack(state: State, wish: ReturnType<typeof turnsOf>[number]): void {
  if (wish.stage !== 'Wanted' || wish.kind !== 'Change') return;
  const known = mapGet(state.appsByName, wish.app);
  const { released, lastGood, loaded, quarantines = [] } = known ?? {};
  const isRefused = released?.type === 'Wanted' && hasQuarantine(quarantines, released.version);
  if (isRefused && lastGood !== undefined && loaded?.isRevised !== true) {
    expect(hasQuarantine(quarantines, lastGood) || loaded?.versionSha256 === lastGood.sha256).toBe(
      true,
    );
  }
}

function hasQuarantine(
  quarantines: readonly { readonly sha256: Sha256 }[],
  version: { readonly sha256: Sha256 },
): boolean {
  return quarantines.some(({ sha256 }) => sha256 === version.sha256);
}
