/**
 * The loop in the middle: one door in, one plan out (design section 3).
 *
 * Each event is stamped, journaled, then reduced, in queue order. When the queue is empty and no
 * plan runs, the next plan is taken: its intent goes through the same door and is on disk before
 * the first step. The agent, replay and the simulator run this same code; only `deps` differ.
 */
import { type Observable, Subject } from 'rxjs';
import { planOf } from '../reducers/planOf.ts';
import { reduce } from '../reducers/reduce.ts';
import type { State } from '../reducers/state.ts';
import type { Event, Recorded } from './domain/event.ts';
import type { Plan, PlanStep } from './domain/plan.ts';
import type { Result } from './domain/result.ts';
import { failLoudly } from './fault.ts';

export interface LoopDeps {
  /** Milliseconds since the epoch; may go back, the journal's time does not. */
  readonly nowMs: () => number;
  readonly journal: {
    readonly append: (recorded: Recorded) => void;
    /** Resolves when everything appended is on disk, or says why it is not. */
    readonly commitIntent: () => Promise<Result<void, { readonly detail: string }>>;
  };
  /** Carries out one plan, giving an event for each outcome. Completes; never errors. */
  readonly run: (plan: Plan) => Observable<Event>;
  /** Asks for another look at the plan after the journal refused an intent. */
  readonly retryLater: (again: () => void) => void;
}

export interface LoopView {
  readonly state: State;
  readonly plan: Plan;
}

export interface Loop {
  /** The one door. */
  readonly dispatch: (event: Event) => void;
  readonly current: () => LoopView;
  /** After each drained queue. */
  readonly view$: Observable<LoopView>;
  /** Every event as recorded, after it was reduced. */
  readonly recorded$: Observable<Recorded>;
  /** Why no intent can be journaled at present; undefined when it can. */
  readonly journalFault: () => string | undefined;
  /** No further plan is begun; resolves when the one in hand is over. */
  readonly drain: () => Promise<void>;
}

export function createLoop(deps: LoopDeps, initial: State): Loop {
  const view$ = new Subject<LoopView>();
  const recorded$ = new Subject<Recorded>();
  const queue: Event[] = [];
  let state = initial;
  let plan = planOf(state);
  let isDraining = false;
  let isClosing = false;
  let onIdle: (() => void) | undefined;
  const gate = createIntentGate(deps, () => dispatch({ type: 'Ticked' }));

  const take = (event: Event): void => {
    const recorded = passDoor(state, event, deps.nowMs());
    deps.journal.append(recorded);
    state = reduce(state, recorded);
    recorded$.next(recorded);
  };

  const dispatch = (event: Event): void => {
    queue.push(event);
    // A subscriber may dispatch in turn: its event waits behind those before it.
    if (isDraining) return;
    isDraining = true;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) take(next);
    plan = planOf(state);
    const started = startIfReady();
    isDraining = false;
    view$.next({ state, plan });
    if (started !== undefined) void carryOut(started);
  };

  /** Takes the plan through the door; nothing may come between it and what it was derived from. */
  const startIfReady = (): Plan | undefined => {
    if (isClosing || state.running !== undefined || gate.fault() !== undefined) return undefined;
    if (plan.steps.length === 0) return undefined;
    const started = plan;
    take({ type: 'PlanStarted', plan: started });
    plan = planOf(state);
    return started;
  };

  const carryOut = async (started: Plan): Promise<void> => {
    if (started.steps.some(changesTheWorld) && !(await gate.pass())) {
      dispatch({ type: 'PlanFinished', planId: started.id });
      return onIdle?.();
    }
    await new Promise<void>((resolve) => {
      deps.run(started).subscribe({ next: dispatch, error: failLoudly, complete: resolve });
    });
    dispatch({ type: 'PlanFinished', planId: started.id });
    onIdle?.();
  };

  const drain = (): Promise<void> => {
    isClosing = true;
    if (state.running === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      onIdle = resolve;
    });
  };

  return {
    dispatch,
    current: () => ({ state, plan }),
    view$,
    recorded$,
    journalFault: gate.fault,
    drain,
  };
}

/** How the door stamps what comes in: the numbers have no gaps, the time does not go back. */
export function passDoor(state: State, event: Event, nowMs: number): Recorded {
  return { seq: state.seq + 1, atMs: Math.max(state.atMs, nowMs), event };
}

/** No intent, no effect: after the journal refused one, plans are only shown until it takes them. */
function createIntentGate(deps: Pick<LoopDeps, 'journal' | 'retryLater'>, onOpen: () => void) {
  let fault: string | undefined;
  const pass = async (): Promise<boolean> => {
    const committed = await deps.journal.commitIntent();
    fault = committed.ok ? undefined : committed.error.detail;
    if (!committed.ok) deps.retryLater(() => void pass().then((isOpen) => isOpen && onOpen()));
    return committed.ok;
  };
  return { pass, fault: () => fault };
}

/** Looking is free; everything else needs its intent on disk first. */
function changesTheWorld(step: PlanStep): boolean {
  return step.type !== 'ProbeHost' && step.type !== 'Reread';
}
