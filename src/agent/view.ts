/**
 * The state as others see it: `/state`, `/readyz`, the metrics and `supervene plan`.
 *
 * Names follow design section 2. File texts and environment values are not in it: content is
 * told by hash and revision.
 */
import { decideApp } from '../../reducers/decide.ts';
import { mapEntries, mapGet, mapKeysSorted } from '../../reducers/persistentMap.ts';
import { isWaiting } from '../../reducers/planOf.ts';
import type { AppState, Trial } from '../../reducers/appState.ts';
import type { State } from '../../reducers/state.ts';
import { quarantineOf } from '../../reducers/target.ts';
import type { HeldCode, Plan, PlanStep } from '../domain/plan.ts';
import { compareRevisions, type Problem, type Revision } from '../domain/types.ts';
import type { LoopView } from '../loop.ts';

export interface AgentFacts {
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly appliedRevision: Revision;
  readonly journalFault: string | undefined;
}

/** Plain JSON: desired, actual, plan, held and quarantined, with what they rest on. */
export function describeState({ state, plan }: LoopView, facts: AgentFacts) {
  const names = mapKeysSorted(state.appsByName);
  const apps = names.flatMap((name) => mapGet(state.appsByName, name) ?? []);
  return {
    host: { id: state.settings?.hostId, ...state.identity, ...facts },
    seq: state.seq,
    observedRevision: state.source.revision,
    desired: {
      ...state.source,
      apps: apps.map(describeDesired),
    },
    actual: {
      supervisor: state.supervisor,
      confDir: state.confDir,
      processes: [...mapEntries(state.groups)].flatMap(([, processes]) => processes).sort(byId),
      apps: apps.map((app) => describeActual(state, app)),
    },
    plan: describePlan(plan),
    held: plan.held,
    ...describeTrust(state),
    quarantined: apps.flatMap(describeQuarantined),
  };
}

/** Nothing where signatures are not looked at. */
function describeTrust({ settings, floors }: State) {
  if (settings?.trust === undefined) return {};
  const { mode, keys, fault } = settings.trust;
  const floorsByApp = mapKeysSorted(floors.byApp).map((app) => {
    const floor = mapGet(floors.byApp, app);
    return { app, version: floor?.version, isGone: floor?.isGone };
  });
  return { trust: { mode, keys, fault, floors: floorsByApp, floorsDropped: floors.dropped } };
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}

function describeDesired({ name, desired, entry }: AppState) {
  const revision = desired.type === 'Wanted' ? desired.version.revision : undefined;
  return {
    app: name,
    type: desired.type,
    revision: revision ?? entry?.content?.modRevision ?? entry?.ips?.modRevision,
    ...(desired.type === 'Wanted'
      ? { sha256: desired.version.sha256, warnings: desired.warnings }
      : {}),
    ...(desired.type === 'Refused' ? { problems: desired.problems } : {}),
    ...(desired.type === 'Pending' ? { code: 'E_HALF_PAIR', missing: desired.missing } : {}),
    ...(desired.type === 'Absent' ? { why: desired.why, doubt: desired.doubt } : {}),
  };
}

function describeActual(state: State, app: AppState) {
  const { written, lastGood, file, hold, work, trial, attempt, failure } = app;
  return {
    app: app.name,
    status: decideApp(state, app, state.atMs).status,
    appliedRevision: app.loaded === undefined ? undefined : written?.revision,
    file,
    loaded: app.loaded,
    lastGoodRevision: lastGood?.revision,
    operatorHold: hold,
    work,
    trial: describeTrial(trial),
    attempt,
    failure,
    processes: mapGet(state.groups, app.name) ?? [],
  };
}

/** By revision and hash: the options of a version hold secrets. */
function describeTrial(trial: Trial | undefined) {
  if (trial === undefined) return undefined;
  const { version, ...rest } = trial;
  return { revision: version.revision, sha256: version.sha256, ...rest };
}

function describeQuarantined(app: AppState) {
  const { desired, name: appName } = app;
  if (desired.type === 'Refused') {
    return desired.problems.map((problem: Problem) => ({
      app: appName,
      by: 'Content',
      code: problem.code,
      line: problem.line,
      reason: `${problem.message}. ${problem.remedy}`,
    }));
  }
  const quarantine =
    desired.type === 'Wanted' ? quarantineOf(app, desired.version.sha256) : undefined;
  if (quarantine === undefined) return [];
  return [{ app: appName, line: 0, ...quarantine }];
}

/** A plan without file texts: they hold secrets. */
export function describePlan(plan: Plan) {
  return { ...plan, held: undefined, steps: plan.steps.map(describeStep) };
}

export function describeStep(step: PlanStep) {
  return step.type === 'WriteFile' ? { ...step, text: undefined } : step;
}

/** Nothing is left to do or to wait for: what etcd says is applied, or held by a decision. */
export function isApplied({ state, plan }: LoopView): boolean {
  return (
    state.source.status === 'Current' &&
    state.supervisor.status === 'Reachable' &&
    state.confDir.status === 'Listed' &&
    state.running === undefined &&
    plan.steps.length === 0 &&
    state.quiet.waiting.length === 0 &&
    !isWaiting(state) &&
    !plan.held.some(
      ({ code }) => obstacleCodes.has(code) || guardCodes.has(code) || waitingCodes.has(code),
    )
  );
}

/** What keeps this host from doing what etcd says, though nobody decided against it. */
const obstacleCodes: ReadonlySet<HeldCode> = new Set<HeldCode>([
  'ConfDirUnusable',
  'EtcdStale',
  'ForeignConfBroken',
  'JournalUnwritable',
  'NotYetObserved',
  'SupervisorUnreachable',
  'UnplannedDiff',
]);

/** What waits for somebody's word: etcd says one thing, and this host does another. */
const guardCodes: ReadonlySet<HeldCode> = new Set<HeldCode>([
  'IdentityLost',
  'MassRemoval',
  'RemovalUnconfirmed',
  'RolloutHalted',
]);

/** What passes by itself. */
const waitingCodes: ReadonlySet<HeldCode> = new Set<HeldCode>([
  'Retrying',
  'Stopping',
  'Starting',
  'QuietWindow',
  'RestartLimit',
  'AwaitingTurn',
]);

/** Why this agent is not ready; empty when it is. */
export function unreadiness(view: LoopView, facts: AgentFacts): readonly string[] {
  const { state, plan } = view;
  const reasons = plan.held
    .filter((held) => held.app === undefined)
    .map(({ code, reason }) => `${code}: ${reason}`);
  if (facts.journalFault !== undefined) {
    reasons.push(`JournalUnwritable: ${facts.journalFault}`);
  }
  // Not `isApplied`: a look or a repair in between takes nothing back.
  const { appliedRevision } = facts;
  if (reasons.length === 0 && compareRevisions(appliedRevision, state.source.revision) < 0) {
    reasons.push(`applied revision ${appliedRevision} is behind observed ${state.source.revision}`);
  }
  for (const { app, code, reason } of plan.held) {
    const isAwaited = waitingCodes.has(code) || guardCodes.has(code) || code === 'UnplannedDiff';
    if (app !== undefined && isAwaited) reasons.push(`${app}: ${code}: ${reason}`);
  }
  return reasons;
}

/** How many apps are in each state, for the metrics. */
export function countApps(state: State): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [, app] of mapEntries(state.appsByName)) {
    const { status } = decideApp(state, app, state.atMs);
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return counts;
}

export function countHeld(plan: Plan): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { code } of plan.held) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}
