import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOf } from '../../reducers/planOf.ts';
import { reduce, reduceAll } from '../../reducers/reduce.ts';
import { initialState, type State } from '../../reducers/state.ts';
import { decodeState, encodeState } from '../../reducers/stateCodec.ts';
import type { Recorded } from '../../src/domain/event.ts';
import { withPoisonedClock } from '../support/poison.ts';
import { fcParams } from '../support/seed.ts';
import { createWorld, type World, worldSettings } from '../support/world/world.ts';

const apps = ['a', 'b', 'c', 'd'] as const;
const app = fc.constantFrom(...apps);
const behaviour = fc.constantFrom('ok', 'ok slow-stop', 'fatal', 'flap', 'poison');

type Action =
  | Readonly<{ type: 'Put'; app: string; command: string; extra: string }>
  | Readonly<{ type: 'PutRaw'; app: string; leaves: { ips?: string; content?: string } }>
  | Readonly<{ type: 'Remove' | 'Stop' | 'Start' | 'Edit' | 'Delete' | 'Retry'; app: string }>
  | Readonly<{ type: 'RestartAgent' | 'Down' | 'Up' | 'LoseEtcd' | 'List' | 'Confirm' }>
  | Readonly<{ type: 'Pass'; ms: number }>;

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(app, behaviour, fc.nat(3), fc.constantFrom('', 'autostart=false\n', 'startsecs=1\n'))
      .map(([name, what, n, extra]) => ({
        type: 'Put' as const,
        app: name,
        command: `/bin/${what} ${String(n)}`,
        extra,
      })),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('PutRaw' as const),
      app,
      leaves: fc.constantFrom(
        { ips: '10.0.0.1' },
        { content: 'command=/bin/ok' },
        { ips: '10.0.0.1', content: '[program:evil]\ncommand=x' },
        { ips: '10.0.0.9', content: 'command=/bin/ok' },
        { ips: '!!', content: 'command=/bin/ok' },
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom(
        'Remove' as const,
        'Stop' as const,
        'Start' as const,
        'Edit' as const,
        'Delete' as const,
        'Retry' as const,
      ),
      app,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom(
        'RestartAgent' as const,
        'Down' as const,
        'Up' as const,
        'LoseEtcd' as const,
        'List' as const,
        'Confirm' as const,
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.constantFrom(1, 30, 200, 1_500, 12_000).map((ms) => ({
      type: 'Pass' as const,
      ms,
    })),
  },
);

const isPoison = (file: string): boolean => file.includes('poison');
const script = fc.array(action, { maxLength: 25 });

async function act(world: World, step: Action): Promise<void> {
  switch (step.type) {
    case 'Put':
      return world.put(step.app, step.command, { extra: step.extra });
    case 'PutRaw':
      return world.putRaw(step.app, step.leaves);
    case 'Remove':
      return world.remove(step.app);
    case 'Stop':
      return world.operator('stop', step.app);
    case 'Start':
      return world.operator('start', step.app);
    case 'Edit':
      return world.tamper('edit', step.app);
    case 'Delete':
      return world.tamper('delete', step.app);
    case 'Retry':
      return world.dispatch({ type: 'RetryRequested', app: step.app as never, by: 'test' });
    case 'RestartAgent':
      return world.restartAgent();
    case 'Down':
      return world.power(false);
    case 'Up':
      return world.power(true);
    case 'LoseEtcd':
      return world.loseEtcd();
    case 'List':
      return world.list();
    case 'Confirm':
      return world.dispatch({ type: 'RemovalsConfirmed', by: 'test' });
    case 'Pass':
      return world.pass(step.ms);
  }
}

async function run(steps: readonly Action[], check?: (world: World, step: Action) => void) {
  const world = createWorld(worldSettings, isPoison);
  for (const step of steps) {
    await act(world, step);
    check?.(world, step);
  }
  return world;
}

async function heal(world: World): Promise<void> {
  world.power(true);
  world.list();
  world.dispatch({ type: 'RemovalsConfirmed', by: 'test' });
  await world.settle(120_000);
}

describe('safety', () => {
  it('folds the journal to the same state and the same plans, with clock and dice poisoned', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const world = await run(steps);
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
      fcParams(60),
    );
  });

  it('continues from a checkpoint as from the whole journal', async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.nat(), async (steps, cut) => {
        const { records } = await run(steps);
        const at = cut % (records.length + 1);
        const checkpoint = JSON.stringify(
          encodeState(reduceAll(initialState, records.slice(0, at))),
        );
        const restored = decodeState(JSON.parse(checkpoint)) ?? initialState;
        const state = reduceAll(restored, records.slice(at));
        const whole = reduceAll(initialState, records);
        expect(plain(encodeState(state))).toEqual(plain(encodeState(whole)));
        expect(plain(planOf(state))).toEqual(plain(planOf(whole)));
      }),
      fcParams(60),
    );
  });

  it('never starts a process that an operator stopped', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const world = createWorld(worldSettings, isPoison);
        const held = new Map<string, number>();
        for (const step of steps) {
          const isStart = step.type === 'Start';
          await act(world, step);
          for (const name of apps) {
            const isHeld = world.app(name)?.hold?.isWhole === true;
            const starts = world.supervisor.starts.get(name) ?? 0;
            const before = held.get(name);
            if (isHeld && before !== undefined && !(isStart && step.app === name)) {
              expect(starts, name).toBe(before);
            }
            if (isHeld) held.set(name, starts);
            else held.delete(name);
          }
        }
      }),
      fcParams(60),
    );
  });

  it('touches no other app, whatever happens to one', async () => {
    const onA = script.map((steps) =>
      steps
        .filter(
          (step) => !['Down', 'Up', 'RestartAgent', 'LoseEtcd', 'Confirm'].includes(step.type),
        )
        .map((step) => ('app' in step ? { ...step, app: 'a' } : step)),
    );
    await fc.assert(
      fc.asyncProperty(onA, async (steps) => {
        const world = createWorld(worldSettings, isPoison);
        world.put('z', '/bin/ok');
        await world.settle();
        const { pid } = world.process('z') ?? { pid: 0 };
        const text = world.fileText('z');
        for (const step of steps) {
          await act(world, step);
          expect(world.process('z')?.pid).toBe(pid);
          expect(world.fileText('z')).toBe(text);
        }
        await world.settle();
        expect(world.process('z')?.pid).toBe(pid);
      }),
      fcParams(60),
    );
  });

  it('plans nothing twice: two plans without an event between them are equal', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const world = await run(steps);
        const { state } = world.loop.current();
        expect(planOf({ ...state })).toEqual(planOf(state));
      }),
      fcParams(60),
    );
  });
});

describe('liveness', () => {
  it('converges when inputs stop, whatever went before', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const world = await run(steps);
        await heal(world);
        const { plan, state } = world.loop.current();
        expect(plan.steps).toEqual([]);
        expect(state.running).toBeUndefined();
        for (const name of apps) expectConverged(world, name);
      }),
      fcParams(150),
    );
  });

  it('runs the last content published of every app that can run', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const world = await run(steps);
        await heal(world);
        for (const name of apps) world.put(name, '/bin/ok last');
        await world.settle(60_000);
        for (const name of apps) {
          expect(world.supervisor.loaded.get(name)?.command, name).toBe('/bin/ok last');
          const isHeld = world.app(name)?.hold !== undefined;
          expect(world.process(name)?.state, name).toBe(isHeld ? 'STOPPED' : 'RUNNING');
        }
      }),
      fcParams(150),
    );
  });
});

/** As a journal holds it: without what is undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function expectConverged(world: World, name: string): void {
  const app = world.app(name);
  if (app === undefined) {
    expect(world.fileText(name), name).toBeUndefined();
    expect(world.supervisor.loaded.has(name), name).toBe(false);
    return;
  }
  const { released } = app;
  if (released.type !== 'Wanted') return;
  const isQuarantined = app.quarantines.some(({ sha256 }) => sha256 === released.version.sha256);
  if (isQuarantined) return;
  const wantedSha256 =
    app.hold === undefined ? released.version.sha256 : released.version.heldSha256;
  expect(app.file, name).toMatchObject({ type: 'Ours', sha256: wantedSha256 });
  expect(app.loaded?.versionSha256, name).toBe(released.version.sha256);
  if (app.hold !== undefined || !released.version.facts.autostart) return;
  expect(['RUNNING', 'FATAL'], name).toContain(world.process(name)?.state);
}
