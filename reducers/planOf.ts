/**
 * The plan: what can be done now, in order, and what is held and why. A pure function of the
 * state at its own time; looks only at what is unsettled.
 *
 * Files come first and alone: processes are touched only on a fresh word of supervisord's on
 * what its files now mean.
 */
import type { GroupUpdate, Held, Plan, PlanStep } from '../src/domain/plan.ts';
import type { PlanId } from '../src/domain/types.ts';
import { quietUntilMs } from './desired.ts';
import { mapGet } from './persistentMap.ts';
import { rereadDueMs } from './settle.ts';
import { asAppName } from './appState.ts';
import type { State } from './state.ts';
import { type Decided, decideUnsettled } from './unsettled.ts';

export function planOf(state: State): Plan {
  const decided = decideUnsettled(state);
  const held = [...hostHeld(state), ...decided.flatMap(({ decision }) => decision.held ?? [])];
  const wakes = decided.flatMap(({ decision }) => decision.wakeAtMs ?? []);
  const batch = batchUpdates(state, decided);
  const steps = state.running === undefined ? chooseSteps(state, decided, batch.updates) : [];
  const wakeAtMs = earliestAfter(state.atMs, [
    ...wakes,
    risingUntilMs(state, decided),
    ...(batch.wakeAtMs === undefined ? [] : [batch.wakeAtMs]),
    ...hostWakes(state),
  ]);
  return {
    id: `plan-${String(state.seq)}` as PlanId,
    revision: state.source.revision,
    steps,
    held,
    wakeAtMs,
  };
}

/** Something is about to be seen: supervisord is to be polled fast. */
export function isWaiting(state: State): boolean {
  return decideUnsettled(state).some(({ decision }) => decision.isWaiting);
}

function chooseSteps(
  state: State,
  decided: readonly Decided[],
  updates: readonly GroupUpdate[],
): readonly PlanStep[] {
  const steps = decided.flatMap(({ decision }) => decision.step ?? []);
  const of = (...types: readonly PlanStep['type'][]): readonly PlanStep[] =>
    types.flatMap((type) => steps.filter((step) => step.type === type));
  const files = of('RemoveFile', 'WriteFile');
  const probes = of('ProbeHost');
  const isAsked = decided.some(({ decision }) => decision.needsReread);
  const reread = rereadStep(state, files.length > 0, isAsked, risingUntilMs(state, decided));
  const updateStep: readonly PlanStep[] =
    updates.length === 0
      ? []
      : [{ type: 'UpdateGroups', groups: updates, because: whyUpdate(updates) }];
  const touching = [...of('StopProcesses', 'StartProcesses'), ...updateStep];
  const isTheirTurn = touching.length > 0 && decided.some((item) => isOverdue(state, item));
  const isFilesTurn = files.length === 0 ? reread !== undefined : !isTheirTurn;
  if (!isFilesTurn) return [...probes, ...touching];
  return [...probes, ...files, ...(reread === undefined ? [] : [reread])];
}

/**
 * Ready since a while, only that files of others came first each time: an app that changes without
 * end must not keep the rest from being updated.
 */
function isOverdue({ supervisor, settings, atMs }: State, { app, decision }: Decided): boolean {
  if (supervisor.diff === undefined || settings === undefined) return false;
  const isReady = decision.update !== undefined || decision.step?.type === 'StopProcesses';
  return isReady && atMs - (app.lastWrite?.atMs ?? atMs) >= settings.maxWaitMs;
}

function whyUpdate(updates: readonly GroupUpdate[]): string {
  const [first] = updates;
  if (updates.length === 1 && first !== undefined) return first.because;
  return `${String(updates.length)} groups are ready`;
}

function rereadStep(
  state: State,
  isAfterFiles: boolean,
  isAsked: boolean,
  notBeforeMs: number,
): PlanStep | undefined {
  const { supervisor, confDir, settings } = state;
  if (settings === undefined || supervisor.status !== 'Reachable') return undefined;
  if (confDir.status !== 'Listed') return undefined;
  if (isAfterFiles) return { type: 'Reread', because: 'files are written or removed' };
  if (supervisor.diff !== undefined && !isAsked) return undefined;
  if ((supervisor.attempt?.nextMs ?? 0) > state.atMs) return undefined;
  if (notBeforeMs > state.atMs) return undefined;
  if (!isAsked && unaskedRereadMs(state) > state.atMs) return undefined;
  return { type: 'Reread', because: 'it is not known what supervisord makes of its files' };
}

/**
 * supervisord does one thing at a time: a reread just after an update would only keep it from
 * starting what was updated. Verifying can wait until that is seen to run, for a moment.
 */
function risingUntilMs(state: State, decided: readonly Decided[]): number {
  let untilMs = 0;
  for (const { app } of decided) {
    if (app.trial === undefined || app.trial.sinceMs + risingMs <= state.atMs) continue;
    const processes = mapGet(state.groups, app.name) ?? [];
    const isUp = processes.length > 0 && processes.every(({ state: at }) => at === 'RUNNING');
    if (!isUp || !app.trial.isSeen) untilMs = Math.max(untilMs, app.trial.sinceMs + risingMs);
  }
  return untilMs;
}

const risingMs = 600;

/** When files that other people change all the time are next worth a reread that no app waits for. */
function unaskedRereadMs({ supervisor }: State): number {
  return supervisor.diffAtMs + 1_000;
}

/** Each call of `supervisorctl` takes Python a quarter of a second to start; two are one too many. */
const batchMs = 250;

/** Groups that are ready wait a moment for those that are about to be. */
function batchUpdates(
  state: State,
  decided: readonly Decided[],
): { readonly updates: readonly GroupUpdate[]; readonly wakeAtMs: number | undefined } {
  const updates = decided.flatMap(({ app, decision: { update } }): readonly GroupUpdate[] =>
    update === undefined ? [] : [{ app: asAppName(app), ...update }],
  );
  if (updates.length === 0 || state.settings?.driver !== 'supervisorctl') {
    return { updates, wakeAtMs: undefined };
  }
  const askedAtMs = decided
    .filter(({ decision }) => decision.held?.code === 'Stopping')
    .map(({ app }) => (app.work?.stopsAskedAtMs ?? 0) + batchMs);
  const wakeAtMs = earliestAfter(state.atMs, askedAtMs);
  return wakeAtMs === undefined ? { updates, wakeAtMs } : { updates: [], wakeAtMs };
}

function hostHeld(state: State): readonly Held[] {
  const held: Held[] = [];
  const add = (code: Held['code'], reason: string): void => {
    held.push({ app: undefined, code, reason, untilMs: undefined });
  };
  const { source, supervisor, confDir, identity, settings } = state;
  if (settings === undefined) add('NotYetObserved', 'the agent has not started');
  if (identity.current === undefined) add('NotYetObserved', 'this host is not yet known');
  if (source.status === 'Never') {
    const why = source.lost === undefined ? '' : `: ${source.lost.detail}`;
    add('NotYetObserved', `etcd has not been listed yet${why}`);
  }
  if (source.status === 'Stale') {
    const why = source.lost === undefined ? '' : `: ${source.lost.detail}`;
    add('EtcdStale', `what is known of etcd is stale${why}`);
  }
  if (confDir.status === 'Lost') add('ConfDirUnusable', confDir.detail);
  if (supervisor.status === 'Lost') {
    add('SupervisorUnreachable', supervisor.error?.detail ?? 'supervisord does not answer');
  }
  if (supervisor.refusal !== undefined) {
    const { file, detail } = supervisor.refusal;
    add('ForeignConfBroken', `${file ?? 'an included file'}: ${detail}`);
  }
  return held;
}

function hostWakes(state: State): readonly number[] {
  const { supervisor } = state;
  const wakes: number[] = [];
  const quietMs = quietUntilMs(state);
  if (quietMs !== undefined) wakes.push(quietMs);
  if (supervisor.status !== 'Reachable') return wakes;
  if (supervisor.diff !== undefined) return [...wakes, rereadDueMs(state)];
  const failedUntilMs = supervisor.attempt?.nextMs ?? 0;
  return [...wakes, Math.max(failedUntilMs, unaskedRereadMs(state)), failedUntilMs];
}

/** Of what lies ahead: what is past has had its say, or an agent would spin. */
function earliestAfter(nowMs: number, times: readonly number[]): number | undefined {
  let first: number | undefined;
  for (const atMs of times) {
    if (atMs > nowMs && (first === undefined || atMs < first)) first = atMs;
  }
  return first;
}
