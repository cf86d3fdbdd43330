/**
 * Carries out one plan, step by step, and says what came of each as an event.
 *
 * Chooses nothing: order, texts, groups and reasons are in the plan. Never throws and never
 * retries; a failure is a fact, and the reducer decides what follows. Every step may run twice.
 */
import { Observable } from 'rxjs';
import { assertNever } from '../src/domain/assertNever.ts';
import type { CallError, Event } from '../src/domain/event.ts';
import type { GroupUpdate, Plan, PlanStep } from '../src/domain/plan.ts';
import type { Result } from '../src/domain/result.ts';

type Step<T extends PlanStep['type']> = Extract<PlanStep, { type: T }>;
type Outcome<T extends Event['type']> = Extract<Event, { type: T }>;

/** The only ways in which a plan touches the world; the agent supplies them. */
export interface ApplyPlanDeps {
  readonly probe: (step: Step<'ProbeHost'>) => Promise<Outcome<'HostProbed'>>;
  /** One outcome for each step; durable when it resolves. */
  readonly writeFiles: (
    steps: readonly Step<'WriteFile'>[],
  ) => Promise<readonly (Outcome<'FileWritten'> | Outcome<'FileFailed'>)[]>;
  readonly removeFiles: (
    steps: readonly Step<'RemoveFile'>[],
  ) => Promise<readonly (Outcome<'FileRemoved'> | Outcome<'FileFailed'>)[]>;
  readonly reread: () => Promise<
    Outcome<'RereadDone'> | Outcome<'RereadRefused'> | Outcome<'RereadFailed'>
  >;
  /** Asks without waiting; the texts are failures of single processes. */
  readonly stop: (processes: readonly string[]) => Promise<Result<readonly string[], CallError>>;
  readonly start: (processes: readonly string[]) => Promise<Result<readonly string[], CallError>>;
  readonly update: (groups: readonly GroupUpdate[]) => Promise<Result<void, CallError>>;
}

export function applyPlan(plan: Plan, deps: ApplyPlanDeps): Observable<Event> {
  return new Observable((out) => {
    const emit = (event: Event): void => {
      out.next(event);
    };
    void runSteps(plan.steps, deps, emit).then(
      () => {
        out.complete();
      },
      (error: unknown) => {
        out.error(error);
      },
    );
  });
}

async function runSteps(
  steps: readonly PlanStep[],
  deps: ApplyPlanDeps,
  emit: (event: Event) => void,
): Promise<void> {
  for (const batch of batches(steps)) await runBatch(batch, deps, emit);
}

async function runBatch(
  batch: Batch,
  deps: ApplyPlanDeps,
  emit: (event: Event) => void,
): Promise<void> {
  switch (batch.type) {
    case 'ProbeHost':
      await Promise.all(batch.steps.map(async (step) => emit(await deps.probe(step))));
      return;
    case 'WriteFile':
      return (await deps.writeFiles(batch.steps)).forEach(emit);
    case 'RemoveFile':
      return (await deps.removeFiles(batch.steps)).forEach(emit);
    case 'Reread':
      return emit(await deps.reread());
    case 'StopProcesses':
      return (await runStops(batch.steps, deps)).forEach(emit);
    case 'StartProcesses':
      return (await runStarts(batch.steps, deps)).forEach(emit);
    case 'UpdateGroups':
      for (const { groups } of batch.steps) {
        const result = await deps.update(groups);
        const error = result.ok ? undefined : result.error;
        emit({ type: 'GroupsUpdated', groups, error });
      }
      return;
    default:
      return assertNever(batch);
  }
}

/** One call for all: supervisord's loop then stops them side by side. */
async function runStops(
  steps: readonly Step<'StopProcesses'>[],
  deps: ApplyPlanDeps,
): Promise<readonly Event[]> {
  const result = await deps.stop(steps.flatMap(({ processes }) => processes));
  return steps.map(({ app, processes }) =>
    result.ok
      ? { type: 'StopsRequested', app, failures: failuresOf(processes, result.value) }
      : { type: 'StopsFailed', app, error: result.error },
  );
}

async function runStarts(
  steps: readonly Step<'StartProcesses'>[],
  deps: ApplyPlanDeps,
): Promise<readonly Event[]> {
  const result = await deps.start(steps.flatMap(({ processes }) => processes));
  return steps.map(({ app, processes }) =>
    result.ok
      ? { type: 'StartsRequested', app, failures: failuresOf(processes, result.value) }
      : { type: 'StartsFailed', app, error: result.error },
  );
}

/** Each text begins with the id of its process. */
function failuresOf(processes: readonly string[], failures: readonly string[]): readonly string[] {
  return failures.filter((text) => processes.some((id) => text.startsWith(`${id}: `)));
}

type Batch = {
  [T in PlanStep['type']]: { readonly type: T; readonly steps: readonly Step<T>[] };
}[PlanStep['type']];

/** Neighbours of one kind, which may go together; the order of kinds is the plan's. */
function batches(steps: readonly PlanStep[]): readonly Batch[] {
  const found: { readonly type: PlanStep['type']; readonly steps: PlanStep[] }[] = [];
  for (const step of steps) {
    const last = found.at(-1);
    if (last?.type === step.type) last.steps.push(step);
    else found.push({ type: step.type, steps: [step] });
  }
  // Each batch holds steps of its own type only: that is how it was just made.
  return found as unknown as readonly Batch[];
}
