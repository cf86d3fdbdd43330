/**
 * What one app needs next, and if nothing is done, why not.
 *
 * An ordered list of questions, first answer wins: what stands in the way on the host, what the
 * file should be, what supervisord has loaded, what its processes do. Never waits: what takes
 * time is left to the next observation.
 */
import type { PlanStep } from '../src/domain/plan.ts';
import { conflictingFile } from './conflicts.ts';
import { type Decision, hold, idle, type Scene, stepDecision, type AppStep } from './decision.ts';
import { decideProcesses, decideRestop, decideStops } from './decideProcesses.ts';
import { decideRemoval, decideTakeBack, removalHold } from './decideRemoval.ts';
import { mapGet } from './persistentMap.ts';
import { putBackAccepted, whyWrite, writeStep } from './fileSteps.ts';
import { hostObstacle, waitForPeace, waitForRetry } from './obstacles.ts';
import { type AppState, asAppName } from './appState.ts';
import type { State } from './state.ts';
import { chooseTarget, quarantineOf, type Target } from './target.ts';
import { waitForTurn } from './turnGate.ts';

export function decideApp(state: State, app: AppState, nowMs: number): Decision {
  const { settings } = state;
  if (settings === undefined) return { ...idle, status: 'unknown' };
  const processes = mapGet(state.groups, app.name) ?? [];
  const scene: Scene = { state, settings, app, processes, nowMs };
  const target = chooseTarget(app);
  const decision = decideTarget(scene, target);
  return remark(scene, target, decision);
}

function decideTarget(scene: Scene, target: Target): Decision {
  switch (target.type) {
    case 'Leave':
      return idle;
    case 'TakeBack':
      return decideTakeBack(scene, target.quarantine.reason);
    case 'Remove':
      return decideRemoval(scene, target);
    case 'Run': {
      const decision = decideRun(scene, target);
      return decision.turn === undefined ? decision : lookAfter(scene, target, decision);
    }
  }
}

/** While newer content waits for its turn, what runs is kept as it is to be: it may be long. */
function lookAfter(
  scene: Scene,
  target: Extract<Target, { type: 'Run' }>,
  waiting: Decision,
): Decision {
  const { written } = scene.app;
  const isInPlace = written === undefined || written.sha256 === target.version.sha256;
  const isRefused = !isInPlace && quarantineOf(scene.app, written.sha256)?.by === 'Reread';
  const kept =
    isInPlace || isRefused
      ? decideProcesses(scene, target)
      : decideRun(scene, { type: 'Run', version: written, isFallback: true });
  const { wakeAtMs, isWaiting } = kept;
  if (kept.turn !== undefined || !isDoing(kept)) return { ...waiting, wakeAtMs, isWaiting };
  return { ...waiting, ...keep(kept) };
}

/** There is something to do now. */
export function isDoing({ step, update, needsReread }: Decision): boolean {
  return step !== undefined || update !== undefined || needsReread;
}

/** Says why an app that is as it should be for now is still not what etcd wants. */
function remark(scene: Scene, target: Target, decision: Decision): Decision {
  // A failure is told as the quarantine it led to, where it led to one.
  if (decision.held !== undefined && decision.held.code !== 'Failed') return decision;
  const { app, nowMs } = scene;
  const { released } = app;
  const isBusy = decision.step !== undefined || decision.update !== undefined;
  if (released.type === 'Pending') {
    const reportAtMs = released.sinceMs + pendingReportMs;
    if (nowMs < reportAtMs) return wakeBy({ ...decision, status: 'pending' }, reportAtMs);
    const missing = `E_HALF_PAIR: it has no ${released.missing} key in etcd`;
    return isBusy ? decision : { ...hold(scene, 'Pending', missing, 'pending'), ...keep(decision) };
  }
  if (released.type === 'Refused') {
    const [first] = released.problems;
    const reason = first === undefined ? 'refused' : `${first.code}: ${first.message}`;
    return { ...hold(scene, 'Refused', reason, 'refused'), ...keep(decision) };
  }
  if (released.type === 'IdentityLost') {
    const reason = `placed here by ${released.lost.join(', ')}, which this host has lost`;
    return { ...hold(scene, 'IdentityLost', reason, 'held'), ...keep(decision) };
  }
  if (released.type === 'Absent' && target.type === 'Run') {
    const guarded = removalHold(scene, released.doubt);
    return guarded === undefined ? decision : { ...guarded, ...keep(decision) };
  }
  if (released.type === 'Wanted') {
    const quarantine = quarantineOf(app, released.version.sha256);
    if (quarantine !== undefined) return remarkQuarantine(scene, target, decision, quarantine);
  }
  if (scene.state.quiet.waiting.includes(app.name) && !isBusy) {
    return {
      ...hold(scene, 'QuietWindow', 'it changed a moment ago', 'converging'),
      ...keep(decision),
    };
  }
  return decision;
}

function remarkQuarantine(
  scene: Scene,
  target: Target,
  decision: Decision,
  quarantine: { readonly code: string; readonly reason: string; readonly by: string },
): Decision {
  const put = target.type === 'Run' && target.isFallback ? '; the last good version stays' : '';
  const reason = `${quarantine.code}: ${quarantine.reason}${put}`;
  const held = hold(scene, 'Quarantined', reason, 'quarantined');
  if (quarantine.by !== 'Host' || decision.step !== undefined) {
    return { ...held, ...keep(decision) };
  }
  return { ...held, ...keep(decision), ...decideProbeAgain(scene) };
}

/** A user or a directory may come to be: the host is asked again, ever more rarely. */
function decideProbeAgain(scene: Scene): Partial<Decision> {
  const { app, nowMs } = scene;
  const { probe, released } = app;
  if (released.type !== 'Wanted' || probe === undefined) return {};
  if (scene.state.supervisor.status !== 'Reachable') return {};
  const atMs = probe.atMs + Math.min(30_000, 1_000 * 2 ** Math.min(probe.count - 1, 5));
  if (nowMs < atMs) return { wakeAtMs: atMs };
  return { step: probeStep(scene, released.version, 'it may be there by now') };
}

function decideRun(scene: Scene, target: Extract<Target, { type: 'Run' }>): Decision {
  const { app, state } = scene;
  const { version } = target;
  const isHeld = app.hold !== undefined;
  const wantedSha256 = isHeld ? version.heldSha256 : version.sha256;
  const { file } = app;
  const restop = state.supervisor.status === 'Reachable' ? decideRestop(scene) : undefined;
  if (restop !== undefined) return restop;
  const isFileRight =
    file?.type === 'Ours' && file.sha256 === wantedSha256 && file.isOwnerAndModeRight;
  if (!isFileRight && app.acceptedSha256 === wantedSha256 && state.confDir.status === 'Listed') {
    // What a reread accepted before may be put back whatever else is the matter.
    const wait = waitForRetry(scene) ?? waitForPeace(scene, wantedSha256);
    if (file?.type !== 'Occupied')
      return wait ?? writeStep(scene, version, isHeld, whyWrite(scene, target));
  }
  const obstacle = hostObstacle(scene);
  if (obstacle !== undefined) return putBackAccepted(scene) ?? obstacle;
  const conflict = conflictingFile(state.confDir.foreign, app.name);
  if (conflict !== undefined) {
    return hold(
      scene,
      'ForeignFile',
      `${conflict} defines a group or program of this name`,
      'held',
    );
  }
  if (file?.type === 'Occupied') return hold(scene, 'ForeignFile', file.detail, 'held');
  if (!isFileRight) return decideWrite(scene, target, isHeld);
  return decideLoaded(scene, target);
}

function decideWrite(
  scene: Scene,
  target: Extract<Target, { type: 'Run' }>,
  isHeld: boolean,
): Decision {
  const { app } = scene;
  const { version } = target;
  const wait =
    waitForRetry(scene) ?? waitForPeace(scene, isHeld ? version.heldSha256 : version.sha256);
  if (wait !== undefined) return wait;
  const isNew = app.loaded?.versionSha256 !== version.sha256;
  if (isNew && !target.isFallback) {
    const limited = restartLimit(scene);
    if (limited !== undefined) return limited;
  }
  const isProbed = version.questions.length === 0 || app.probe?.sha256 === version.sha256;
  if (isNew && !isProbed) {
    return stepDecision(probeStep(scene, version, 'before it is written'), 'converging');
  }
  return waitForTurn(scene, version) ?? writeStep(scene, version, isHeld, whyWrite(scene, target));
}

/** A group that is active has processes: what is stopped before an update is what was seen. */
function waitToSee(scene: Scene): Decision | undefined {
  const { processes, nowMs, state } = scene;
  const untilMs = state.supervisor.diffAtMs + 1_000;
  if (processes.length > 0 || nowMs >= untilMs) return undefined;
  const reason = 'its processes have not been seen yet';
  return { ...hold(scene, 'Starting', reason, 'converging', untilMs), isWaiting: true };
}

/** It was just updated: its processes are about to be seen. */
function isRising({ app, nowMs }: Scene): boolean {
  return app.trial !== undefined && nowMs - app.trial.sinceMs < 5_000;
}

function decideLoaded(scene: Scene, target: Extract<Target, { type: 'Run' }>): Decision {
  const { app, state } = scene;
  const { diff } = state.supervisor;
  const isLoaded = app.loaded?.versionSha256 === target.version.sha256;
  if (diff === undefined) {
    return isLoaded
      ? decideProcesses(scene, target)
      : { ...idle, status: 'converging', needsReread: true, isWaiting: isRising(scene) };
  }
  const retry = waitForRetry(scene);
  if (diff.removed.includes(app.name)) {
    const reason = 'supervisord would drop this group though its file is in place; see its include';
    return hold(scene, 'UnplannedDiff', reason, 'held');
  }
  if (diff.added.includes(app.name)) {
    return (
      retry ?? {
        ...idle,
        status: 'converging',
        update: { change: 'Added', because: whyUpdate(target) },
      }
    );
  }
  // Only `autostart` differs, by a hold or its release: no process is restarted to record that.
  if (diff.changed.includes(app.name) && !isLoaded) {
    const unseen = waitToSee(scene);
    if (unseen !== undefined) return unseen;
    const stops =
      waitForTurn(scene, target.version) ?? retry ?? decideStops(scene, whyUpdate(target));
    return (
      stops ?? {
        ...idle,
        status: 'converging',
        update: { change: 'Changed', because: whyUpdate(target) },
      }
    );
  }
  return decideProcesses(scene, target);
}

function restartLimit(scene: Scene): Decision | undefined {
  const { app, settings, nowMs } = scene;
  const limit = settings.restartLimit;
  if (limit === undefined) return undefined;
  const recent = app.restartsAtMs.filter((atMs) => nowMs - atMs < limit.windowMs);
  const oldest = recent.at(-limit.count);
  if (oldest === undefined) return undefined;
  const reason = `restarted ${String(limit.count)} times within ${String(limit.windowMs / 1000)} s`;
  return hold(scene, 'RestartLimit', reason, 'held', oldest + limit.windowMs);
}

function probeStep(
  scene: Scene,
  version: { readonly sha256: AppStepSha; readonly questions: ProbeQuestions },
  because: string,
): AppStep {
  return {
    type: 'ProbeHost',
    app: asAppName(scene.app),
    contentSha256: version.sha256,
    questions: version.questions,
    because,
  };
}

type ProbeStep = Extract<PlanStep, { type: 'ProbeHost' }>;
type AppStepSha = ProbeStep['contentSha256'];
type ProbeQuestions = ProbeStep['questions'];

function whyUpdate(target: Extract<Target, { type: 'Run' }>): string {
  return target.isFallback
    ? 'the last good version is put back'
    : `to run revision ${target.version.revision}`;
}

/** The work of a decision, to be put under another verdict. */
function keep(decision: Decision): Partial<Decision> {
  const { step: appStep, update, needsReread, isWaiting, wakeAtMs } = decision;
  return { step: appStep, update, needsReread, isWaiting, wakeAtMs };
}

function wakeBy(decision: Decision, atMs: number): Decision {
  return { ...decision, wakeAtMs: Math.min(decision.wakeAtMs ?? atMs, atMs) };
}

/** How long half a pair may stand before it is reported, in milliseconds. */
const pendingReportMs = 2_000;
