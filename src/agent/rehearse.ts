/**
 * Goes through the plans that would follow one another, without doing anything: each step is
 * taken to go well, what supervisord would answer is worked out from what is known.
 */
import { planOf } from '../../reducers/planOf.ts';
import { reduce } from '../../reducers/reduce.ts';
import { mapGet } from '../../reducers/persistentMap.ts';
import type { State } from '../../reducers/state.ts';
import { assertNever } from '../domain/assertNever.ts';
import type { Event } from '../domain/event.ts';
import type { Held, PlanStep } from '../domain/plan.ts';
import type { ProcessStatus } from '../domain/types.ts';

export interface Rehearsal {
  /** What would be done, in order; looking is left out. */
  readonly steps: readonly PlanStep[];
  /** As of the first plan: what is held though it is wanted. */
  readonly held: readonly Held[];
}

export interface RehearseDeps {
  /** Really asks the host; touches nothing. */
  readonly probe: (step: Extract<PlanStep, { type: 'ProbeHost' }>) => Promise<Event>;
  /** Really asks supervisord; touches no process. */
  readonly reread: () => Promise<Event>;
}

const plansMax = 50;

export async function rehearse(start: State, deps: RehearseDeps): Promise<Rehearsal> {
  let state = start;
  const steps: PlanStep[] = [];
  const seen: Held[] = [];
  const fold = (event: Event, atMs = state.atMs): void => {
    state = reduce(state, { seq: state.seq + 1, atMs, event });
  };
  for (let round = 0; round < plansMax; round++) {
    const plan = planOf(state);
    if (round === 0) seen.push(...plan.held);
    if (plan.steps.length === 0) {
      // Some steps only wait for time to pass, a batch to fill or a moment of grace to end.
      const soonMs = plan.wakeAtMs;
      if (soonMs === undefined || soonMs - start.atMs > 5_000) break;
      fold({ type: 'Ticked' }, soonMs);
      continue;
    }
    fold({ type: 'PlanStarted', plan });
    for (const step of plan.steps) {
      if (step.type !== 'ProbeHost' && step.type !== 'Reread') steps.push(step);
      for (const event of await outcomesOf(step, state, steps, deps)) fold(event);
    }
    fold({ type: 'PlanFinished', planId: plan.id });
  }
  return { steps, held: heldAtEnd(state, seen) };
}

/** Holds that the rehearsal itself cleared were only a matter of not having looked yet. */
function heldAtEnd(state: State, first: readonly Held[]): readonly Held[] {
  const last = planOf(state).held;
  const lasting = last.filter(({ code }) => !momentary.has(code));
  const keys = new Set(lasting.map(({ app, code }) => `${app ?? ''} ${code}`));
  const more = first.filter(
    ({ app, code }) => !momentary.has(code) && !keys.has(`${app ?? ''} ${code}`),
  );
  return [...lasting, ...more];
}

const momentary: ReadonlySet<string> = new Set(['Starting', 'Stopping', 'NotYetObserved']);

async function outcomesOf(
  step: PlanStep,
  state: State,
  doneSteps: readonly PlanStep[],
  deps: RehearseDeps,
): Promise<readonly Event[]> {
  switch (step.type) {
    case 'ProbeHost':
      return [await deps.probe(step)];
    case 'WriteFile':
      return [{ type: 'FileWritten', app: step.app, revision: step.revision, sha256: step.sha256 }];
    case 'RemoveFile':
      return [{ type: 'FileRemoved', app: step.app }];
    case 'Reread':
      return [await rereadWith(state, doneSteps, deps)];
    case 'StopProcesses':
      return [
        { type: 'StopsRequested', app: step.app, failures: [] },
        shown(state, step.app, 'STOPPED'),
      ];
    case 'StartProcesses':
      return [
        { type: 'StartsRequested', app: step.app, failures: [] },
        shown(state, step.app, 'RUNNING'),
      ];
    case 'UpdateGroups':
      return [
        { type: 'GroupsUpdated', groups: step.groups, error: undefined },
        ...step.groups.map(({ app, change }) =>
          change === 'Removed'
            ? vanished(state, app)
            : shown(state, app, isStopped(state, app) ? 'STOPPED' : 'RUNNING'),
        ),
      ];
    default:
      return assertNever(step);
  }
}

/** What an operator stopped is not started by an update. */
function isStopped(state: State, app: string): boolean {
  return mapGet(state.appsByName, app)?.hold !== undefined;
}

/** supervisord's word on the files as they are, with what was only rehearsed laid over it. */
async function rereadWith(
  state: State,
  doneSteps: readonly PlanStep[],
  deps: RehearseDeps,
): Promise<Event> {
  const real = await deps.reread();
  if (real.type !== 'RereadDone') return real;
  const added = new Set(real.added);
  const changed = new Set(real.changed);
  const removed = new Set(real.removed);
  const forget = (name: string): void => {
    for (const names of [added, changed, removed]) names.delete(name);
  };
  for (const step of doneSteps) {
    if (step.type === 'WriteFile') {
      forget(step.app);
      (mapGet(state.groups, step.app) === undefined ? added : changed).add(step.app);
    } else if (step.type === 'RemoveFile') {
      forget(step.app);
      if (mapGet(state.groups, step.app) !== undefined) removed.add(step.app);
    } else if (step.type === 'UpdateGroups') {
      for (const { app } of step.groups) forget(app);
    }
  }
  return {
    type: 'RereadDone',
    added: [...added].sort(),
    changed: [...changed].sort(),
    removed: [...removed].sort(),
  };
}

function shown(state: State, app: string, processState: 'STOPPED' | 'RUNNING'): Event {
  const known = mapGet(state.groups, app) ?? [];
  const isRunning = processState === 'RUNNING';
  const nowSec = Math.floor(state.atMs / 1000);
  const processes: readonly ProcessStatus[] =
    known.length > 0
      ? known
      : [
          {
            id: `${app}:${app}`,
            group: app,
            name: app,
            state: 'STOPPED',
            pid: 0,
            startSec: 0,
            stopSec: 0,
            exitStatus: 0,
            spawnError: '',
          },
        ];
  const changed = processes.map((process, index) => ({
    ...process,
    state: processState,
    pid: isRunning ? state.seq + index + 1 : 0,
    startSec: isRunning ? nowSec : process.startSec,
  }));
  return { type: 'ProcessesChanged', changed, gone: [] };
}

function vanished(state: State, app: string): Event {
  const gone = (mapGet(state.groups, app) ?? []).map(({ id }) => id);
  return { type: 'ProcessesChanged', changed: [], gone };
}
