/** watchProcesses when supervisord's answers and our questions cross: every interleaving. */
import fc from 'fast-check';
import { NEVER, type SchedulerLike, Subject, Subscription } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { CallError } from '../../../src/domain/event.ts';
import { err, ok, type Result } from '../../../src/domain/result.ts';
import type { ProcessState, ProcessStatus } from '../../../src/domain/types.ts';
import { type ProcessEvent, watchProcesses } from '../../../streams/watchProcesses.ts';
import { fcParams } from '../../support/seed.ts';

type Change =
  | Readonly<{ type: 'Process'; name: string; state: ProcessState | undefined }>
  | Readonly<{ type: 'Restart' | 'Fail' | 'Recover' | 'Ask' }>;

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    type: fc.constant('Process' as const),
    name: fc.constantFrom('a', 'b', 'c'),
    state: fc.constantFrom('RUNNING' as const, 'STOPPED' as const, undefined),
  }),
  fc.constantFrom('Restart', 'Fail', 'Recover', 'Ask').map((type) => ({ type }) as Change),
);

/** Time never passes: nothing but `pollNow$` makes it look again. */
const standstill: SchedulerLike = { now: () => 1_000, schedule: () => new Subscription() };

const gone: CallError = { type: 'Unreachable', detail: 'gone' };

describe('watchProcesses, whatever answers first', () => {
  it('has one look under way at a time, and knows in the end what there was when it was asked last', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(change, { maxLength: 15 }),
        async (scheduler, changes) => {
          const world = createWorld(scheduler);
          const events: ProcessEvent[] = [];
          const watching = watchProcesses(
            { ...world.deps, scheduler: standstill, pace$: NEVER },
            { maxIntervalMs: 2_000 },
          ).subscribe({
            next: (event) => events.push(event),
            error: (error: unknown) => expect.fail(String(error)),
          });
          scheduler.scheduleSequence(
            // Asked for at last in the very moment of the last change, whatever is under way.
            [...changes, { type: 'Ask' } as const].map((one) => ({
              builder: () => Promise.resolve(world.happen(one)),
              label: one.type,
            })),
          );
          await scheduler.waitIdle();
          watching.unsubscribe();
          expect(world.lookingMax()).toBeLessThanOrEqual(1);
          expect([...seen(events)].sort()).toEqual(world.truth());
        },
      ),
      fcParams(300),
    );
  });
});

function createWorld(scheduler: fc.Scheduler) {
  const pollNow$ = new Subject<void>();
  const processes = new Map<string, ProcessState>();
  let instance = 1;
  let isAway = false;
  let [looking, lookingMax] = [0, 0];
  const list = (): readonly ProcessStatus[] =>
    [...processes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, state]) => status(name, state));
  return {
    deps: {
      pollNow$,
      getAllProcessInfo: async (): Promise<Result<readonly ProcessStatus[], CallError>> => {
        looking += 1;
        lookingMax = Math.max(lookingMax, looking);
        await scheduler.schedule(Promise.resolve(), 'request');
        const found = list();
        const isLost = isAway;
        await scheduler.schedule(Promise.resolve(), 'answer');
        looking -= 1;
        return isLost ? err(gone) : ok(found);
      },
      getInstance: async () => {
        const found = String(instance);
        await scheduler.schedule(Promise.resolve(), 'instance');
        return ok({ instance: found, version: '4.2.5' });
      },
      socketFingerprint: () => String(instance),
    },
    happen: (one: Change): void => {
      if (one.type === 'Process') {
        if (one.state === undefined) processes.delete(one.name);
        else processes.set(one.name, one.state);
      }
      if (one.type === 'Restart') {
        instance += 1;
        processes.clear();
      }
      if (one.type === 'Fail') isAway = true;
      if (one.type === 'Recover') isAway = false;
      if (one.type === 'Ask') pollNow$.next();
    },
    lookingMax: () => lookingMax,
    truth: () =>
      isAway ? ['lost'] : list().map(({ id, state }) => `${String(instance)} ${id} ${state}`),
  };
}

/** What somebody knows who has heard these. */
function seen(events: readonly ProcessEvent[]): Iterable<string> {
  let instance = '';
  const known = new Map<string, string>();
  let isLost = false;
  for (const event of events) {
    isLost = event.type === 'SupervisorLost';
    if (event.type === 'ProcessesListed') {
      instance = event.instance;
      known.clear();
      for (const { id, state } of event.processes) known.set(id, state);
    } else if (event.type === 'ProcessesChanged') {
      for (const { id, state } of event.changed) known.set(id, state);
      for (const id of event.gone) known.delete(id);
    }
  }
  if (isLost) return ['lost'];
  return [...known].map(([id, state]) => `${instance} ${id} ${state}`);
}

function status(name: string, state: ProcessState): ProcessStatus {
  return {
    ...{ id: `${name}:${name}`, group: name, name, state, pid: state === 'RUNNING' ? 7 : 0 },
    ...{ startSec: 1, stopSec: 0, exitStatus: 0, spawnError: '' },
  };
}
