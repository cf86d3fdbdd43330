/**
 * Invariants that compare two histories, or look at how the reducer is written: one run of a
 * simulated world cannot show them. Named as in src/simulate/invariants.ts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOf } from '../../reducers/planOf.ts';
import { reduce } from '../../reducers/reduce.ts';
import { initialState, type State } from '../../reducers/state.ts';
import type { PlanStep } from '../../src/domain/plan.ts';
import { withPoisonedClock } from '../support/poison.ts';
import { fcParams } from '../support/seed.ts';
import { pastScripts } from '../support/world/pastScripts.ts';
import { act, type Action, createStage, runScript, script } from '../support/world/script.ts';
import { createWorld, type World, worldSettings } from '../support/world/world.ts';

const command = fc.constantFrom('/bin/ok', '/bin/ok stop-8000', '/bin/fatal');
const onApp = (app: string): fc.Arbitrary<Action> =>
  fc.oneof(
    fc.tuple(command, fc.nat(3)).map(([what, n]): Action => {
      return { type: 'Put', app, command: `${what} ${String(n)}`, extra: '' };
    }),
    fc.constantFrom('Remove', 'Stop', 'Edit', 'Delete').map((type): Action => ({ type, app })),
  );

/** The guard against mass removals is the host's: which app it holds depends on the others. */
const unguarded = { ...worldSettings, allowRemovals: true };

/** One change of each app, at one instant; what they begin has come to rest before the next. */
interface Round {
  readonly a: Action;
  readonly b: Action;
  readonly isSwapped: boolean;
  readonly thenMs: number;
}

const round: fc.Arbitrary<Round> = fc.record({
  a: onApp('a'),
  b: onApp('b'),
  isSwapped: fc.boolean(),
  // The agent waits for quiet, which all apps of a host share: what comes while another app is being
  // worked on is soon, but not at once, taken up. So every round is over before the next.
  thenMs: fc.constantFrom(15_432, 40_765),
});

describe('Commutativity', () => {
  it('comes to the same for each app, in whatever order changes of different apps arrive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(round, { maxLength: 8 }), async (rounds) => {
        const first = await play(rounds, ({ a, b }) => [a, b]);
        const second = await play(rounds, ({ a, b, isSwapped }) => (isSwapped ? [b, a] : [a, b]));
        for (const app of ['a', 'b']) {
          expect(endOf(second, app), app).toEqual(endOf(first, app));
          expect(doneTo(second, app), app).toEqual(doneTo(first, app));
        }
      }),
      fcParams(80),
    );
  });
});

describe('Coalescing', () => {
  it('depends in the end on the last content of each app, not on those before', async () => {
    const step = fc.record({
      app: fc.constantFrom('a', 'b', 'c'),
      n: fc.option(fc.nat(3), { nil: undefined }),
      thenMs: fc.constantFrom(0, 0, 20, 70, 1_500, 20_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const put = (world: World, app: string, n: number | undefined): void => {
          if (n === undefined) world.remove(app);
          else world.put(app, `/bin/ok ${String(n)}`);
        };
        const long = createWorld(unguarded);
        for (const { app, n, thenMs } of steps) {
          put(long, app, n);
          await long.pass(thenMs);
        }
        const short = createWorld(unguarded);
        const last = new Map(steps.map(({ app, n }) => [app, n]));
        for (const [app, n] of last) put(short, app, n);
        for (const world of [long, short]) await world.settle(60_000);
        for (const [app, n] of last) {
          expect(endOf(long, app), app).toEqual(endOf(short, app));
          const loaded = n === undefined ? undefined : `/bin/ok ${String(n)}`;
          expect(long.supervisor.loaded.get(app)?.command, app).toBe(loaded);
        }
      }),
      fcParams(80),
    );
  });
});

describe('Purity', () => {
  it('changes neither the state nor the event it is given, and reads neither clock nor dice', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const { records } = (await runScript(steps)).world;
        withPoisonedClock(() => {
          let state: State = deepFreeze(initialState);
          for (const recorded of records) {
            state = deepFreeze(reduce(state, deepFreeze(recorded)));
            deepFreeze(planOf(state));
          }
        });
      }),
      { ...fcParams(40), examples: pastScripts },
    );
  });
});

async function play(
  rounds: readonly Round[],
  order: (round: Round) => readonly Action[],
): Promise<World> {
  const stage = createStage(unguarded);
  const { world } = stage;
  for (const round of rounds) {
    // At one instant: what began between two of them would be a matter of time, not of order.
    await Promise.all(order(round).map((action) => act(stage, action)));
    await world.pass(round.thenMs);
  }
  await world.settle(120_000);
  return world;
}

/** What is on the host, without the revisions, which count the changes of all apps. */
function endOf(world: World, app: string): unknown {
  const text = world.fileText(app);
  return {
    body: text?.slice(text.indexOf('\n') + 1),
    loaded: world.supervisor.loaded.get(app)?.command,
    states: world.supervisor
      .list()
      .filter(({ group }) => group === app)
      .map(({ id, state }) => `${id} ${state}`),
    isHeld: world.app(app)?.hold !== undefined,
  };
}

/** Everything that was done to one app, in order. */
function doneTo(world: World, app: string): readonly string[] {
  return world.plans.flatMap(({ steps }) => steps.flatMap((step) => tell(step, app)));
}

function tell(step: PlanStep, app: string): readonly string[] {
  if (step.type === 'Reread') return [];
  if (step.type === 'UpdateGroups') {
    const groups = step.groups.filter((group) => group.app === app);
    return groups.map(({ change }) => `UpdateGroups ${change}`);
  }
  if (step.app !== app) return [];
  return [step.type === 'WriteFile' ? `WriteFile ${step.sha256}` : step.type];
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const item of Object.values(value)) deepFreeze(item);
  return value;
}
