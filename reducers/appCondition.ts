/**
 * Where an app stands on this host, in one word for the fleet, and why.
 *
 * `converged` is said of nothing that does not run as it should, nor of what has yet to prove
 * itself: whoever waits for a publish to be done goes by it.
 */
import { assertNever } from '../src/domain/assertNever.ts';
import type { AppCondition } from '../src/domain/fleet/hostReport.ts';
import { parseAppName } from '../src/domain/appName.ts';
import type { ProcessStatus, Revision } from '../src/domain/types.ts';
import { decideApp } from './decide.ts';
import type { AppStatus, Decision } from './decision.ts';
import { isWanted } from './processes.ts';
import { isOwnedHere } from './removals.ts';
import type { AppState } from './appState.ts';
import type { State } from './state.ts';
import { chooseTarget, quarantineOf } from './target.ts';
import { judgeTrial } from './trial.ts';

export interface Condition {
  readonly condition: AppCondition;
  /** Both undefined for `converged`, and only then. */
  readonly code: string | undefined;
  readonly reason: string | undefined;
}

export function conditionOf(
  state: State,
  app: AppState,
  processes: readonly ProcessStatus[],
): Condition {
  const refusal = refusalOf(app);
  if (refusal !== undefined) return refusal;
  const decision = decideApp(state, app, state.atMs);
  const { held } = decision;
  if (held?.code === 'Retrying') return { ...retrying(app, held.reason), condition: 'converging' };
  const condition = conditionsByStatus[decision.status];
  if (held !== undefined) {
    // What is looked after, but not as etcd wants it, or not yet.
    const known = condition === 'converged' ? 'held' : condition;
    return { condition: known, code: held.code, reason: held.reason };
  }
  const doing = stepOf(decision);
  if (doing !== undefined) return { condition: 'converging', code: 'Applying', reason: doing };
  const amiss = amissOf(app, processes, state.atMs);
  if (amiss !== undefined) return amiss;
  if (condition !== 'converged') {
    return { condition, code: 'Applying', reason: 'what was begun is about to be seen' };
  }
  return { condition, code: undefined, reason: undefined };
}

const conditionsByStatus: Readonly<Record<AppStatus, AppCondition>> = {
  converged: 'converged',
  converging: 'converging',
  removing: 'converging',
  held: 'held',
  failed: 'held',
  pending: 'held',
  unknown: 'held',
  quarantined: 'quarantined',
  refused: 'quarantined',
};

/** This host does not take what etcd wants: undefined when it does. */
function refusalOf(app: AppState): Condition | undefined {
  const { desired } = app;
  const target = chooseTarget(app);
  const isOtherRun = target.type === 'Run' && target.isFallback;
  const condition = isOtherRun ? 'rolled-back' : 'quarantined';
  if (desired.type === 'Refused') {
    const [first] = desired.problems;
    const place = first === undefined || first.line === 0 ? '' : ` (line ${String(first.line)})`;
    return {
      condition,
      code: first?.code ?? 'Refused',
      reason: `${first?.message ?? 'refused'}${place}`,
    };
  }
  if (desired.type !== 'Wanted') return undefined;
  const quarantine = quarantineOf(app, desired.version.sha256);
  return quarantine && { condition, code: quarantine.code, reason: quarantine.reason };
}

/** Without the number of attempts, which would be news each time. */
function retrying({ attempt }: AppState, reason: string): Omit<Condition, 'condition'> {
  const told = attempt === undefined ? reason : `it is tried again: ${attempt.detail}`;
  return { code: 'Retrying', reason: told };
}

function stepOf({ step, update, needsReread }: Decision): string | undefined {
  const because = step?.because ?? update?.because;
  return because ?? (needsReread ? 'supervisord is to read its file' : undefined);
}

/** Nothing is to be done, and yet it does not run as it should. */
function amissOf(
  app: AppState,
  processes: readonly ProcessStatus[],
  nowMs: number,
): Condition | undefined {
  const target = chooseTarget(app);
  if (target.type !== 'Run') return undefined;
  if (processes.length === 0) {
    const reason = 'its processes have not been seen yet';
    return { condition: 'converging', code: 'Starting', reason };
  }
  const down = processes.find((process) => isDown(app, process));
  const isOnTrial = app.trial !== undefined && judgeTrial(app, processes, nowMs) === 'Waiting';
  if (isOnTrial) {
    const reason = down === undefined ? 'it has yet to run for a while' : describe(down);
    return { condition: 'converging', code: 'Starting', reason };
  }
  return down && { condition: 'held', code: 'NotRunning', reason: describe(down) };
}

/** It should run, and does not, and nobody is about to change that. */
function isDown(app: AppState, process: ProcessStatus): boolean {
  const { facts } = app.written ?? {};
  switch (process.state) {
    case 'EXITED':
      return facts?.exitcodes.includes(process.exitStatus) === false;
    case 'STOPPED':
      return isWanted(app, process);
    case 'BACKOFF':
    case 'FATAL':
    case 'UNKNOWN':
      return true;
    case 'RUNNING':
    case 'STARTING':
    case 'STOPPING':
      return false;
    default:
      return assertNever(process.state);
  }
}

function describe({ id, state, exitStatus }: ProcessStatus): string {
  return state === 'EXITED' ? `${id} exited with ${String(exitStatus)}` : `${id} is ${state}`;
}

/** Of the content that etcd wants here, whether it can be read or not; undefined for none. */
export function wantedRevisionOf({ desired, entry }: AppState): Revision | undefined {
  const isToRun = desired.type === 'Wanted' || desired.type === 'Refused';
  if (!isToRun && desired.type !== 'Unknown') return undefined;
  return entry?.content?.modRevision;
}

/**
 * Not what is gone, nor what only has a file of somebody else's, nor what can have no name here; and
 * not what nobody can say is to run here rather than elsewhere: all hosts would tell of it alike.
 */
export function isReported(app: AppState): boolean {
  if (!parseAppName(app.name).ok) return false;
  if (isOwnedHere(app) || app.file?.type === 'Ours') return true;
  const { desired, released } = app;
  if (desired.type === 'Pending') return desired.missing !== 'ips';
  if (desired.type === 'Refused') return desired.problems[0]?.code !== 'E_PLACEMENT';
  return desired.type !== 'Absent' || released.type !== 'Absent';
}
