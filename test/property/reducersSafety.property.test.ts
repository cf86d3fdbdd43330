/** What never happens, whatever people, etcd, supervisord and the disk do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOf } from '../../reducers/planOf.ts';
import { reduce } from '../../reducers/reduce.ts';
import { initialState, type State } from '../../reducers/state.ts';
import { encodeState } from '../../reducers/stateCodec.ts';
import type { Recorded } from '../../src/domain/event.ts';
import { withPoisonedClock } from '../support/poison.ts';
import { fcParams } from '../support/seed.ts';
import { foldBothWays, plain } from '../support/world/foldBothWays.ts';
import { pastScripts } from '../support/world/pastScripts.ts';
import { act, type Action, createStage, runScript, script } from '../support/world/script.ts';

describe('safety', () => {
  it('folds the journal to the same state and the same plans, with clock and dice poisoned', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const { world } = await runScript(steps);
        await world.pass(500);
        const lines = world.records.map((recorded) => JSON.stringify(recorded));
        const replayed = withPoisonedClock(() => {
          let state: State = initialState;
          for (const line of lines) {
            const recorded = JSON.parse(line) as Recorded;
            if (recorded.event.type === 'PlanStarted') {
              expect(JSON.stringify(planOf(state))).toBe(JSON.stringify(recorded.event.plan));
            }
            state = reduce(state, recorded);
          }
          return state;
        });
        expect(JSON.stringify(encodeState(replayed))).toBe(
          JSON.stringify(encodeState(world.state())),
        );
      }),
      { ...fcParams(60), examples: pastScripts },
    );
  });

  it('continues from a checkpoint as from the whole journal', async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.nat(), async (steps, cut) => {
        const { records } = (await runScript(steps)).world;
        const { whole, continued } = foldBothWays(records, cut);
        expect(plain(encodeState(continued))).toEqual(plain(encodeState(whole)));
        expect(plain(planOf(continued))).toEqual(plain(planOf(whole)));
      }),
      { ...fcParams(60), examples: pastScripts.map(([steps]) => [steps, 7]) },
    );
  });

  it('never starts a process that an operator stopped', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        await runScript(steps, ({ world, operators }) => {
          for (const [name, starts] of operators.surelyStopped) {
            expect(world.supervisor.starts.get(name), name).toBe(starts);
          }
        });
      }),
      { ...fcParams(60), examples: pastScripts },
    );
  });

  it('touches no other app, whatever happens to one', async () => {
    const ofHost = ['Down', 'Up', 'RestartAgent', 'LoseEtcd', 'Confirm'];
    const onA = (steps: readonly Action[]): Action[] =>
      steps
        .filter(({ type }) => !ofHost.includes(type))
        .map((step) => ('app' in step ? { ...step, app: 'a' } : step));
    await fc.assert(
      fc.asyncProperty(script.map(onA), async (steps) => {
        const stage = createStage();
        const { world } = stage;
        world.put('z', '/bin/ok');
        await world.settle();
        const { pid } = world.process('z') ?? { pid: 0 };
        const text = world.fileText('z');
        for (const step of steps) {
          await act(stage, step);
          expect(world.process('z')?.pid).toBe(pid);
          expect(world.fileText('z')).toBe(text);
        }
        await world.settle();
        expect(world.process('z')?.pid).toBe(pid);
      }),
      { ...fcParams(60), examples: pastScripts.map(([steps]) => [onA(steps)]) },
    );
  });

  it('makes few plans in a second, whatever fails and for however long', async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.boolean(), async (steps, isDiskFull) => {
        const full: readonly Action[] = isDiskFull ? [{ type: 'DiskFull' }] : [];
        const { world } = await runScript([...full, ...steps]);
        const seconds = (world.nowMs() - 1_000_000) / 1_000;
        expect(world.plans.length).toBeLessThanOrEqual(30 * (steps.length + 1) + 15 * seconds);
        await world.pass(10_000);
        const before = world.plans.length;
        await world.pass(10_000);
        // Four apps, each of which may fail in its own way.
        expect(world.plans.length - before).toBeLessThanOrEqual(100);
      }),
      { ...fcParams(100), examples: pastScripts.map(([steps]) => [steps, false]) },
    );
  });

  it('plans nothing twice: two plans without an event between them are equal', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const { world } = await runScript(steps);
        const { state } = world.loop.current();
        expect(planOf({ ...state })).toEqual(planOf(state));
      }),
      { ...fcParams(60), examples: pastScripts },
    );
  });
});
