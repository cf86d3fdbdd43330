/**
 * A changed app has to prove itself: every process runs past its `startsecs` or exits as the
 * content expects. What fails is quarantined by its hash, and the last good version comes back.
 */
import type { DecisionSettings } from '../src/domain/event.ts';
import type { Healthcheck } from '../src/domain/rollout/rollout.ts';
import { compareRevisions, type ProcessStatus } from '../src/domain/types.ts';
import type { ProgramFacts } from '../src/domain/content/programFacts.ts';
import { describeFatal, isWanted } from './processes.ts';
import type { AppState, Quarantine, Trial, Version } from './appState.ts';

export type Verdict = 'Waiting' | 'Good' | { readonly code: string; readonly reason: string };

/** Three starts within this time are flapping; `startsecs=0` never becomes FATAL by itself. */
const flapWindowMs = 30_000;
const flapStarts = 3;
/** So many within the window, and no operator is that busy. */
const doubtfulStarts = 6;
/** With `startsecs=0` RUNNING proves nothing; staying up this long does. */
const stableMs = 10_000;
/** An update that leaves everything exactly as it looked before is judged after this time. */
const unseenMs = 3_000;
/** A quarantine is by hash; more than this many failed versions of one app are not remembered. */
const quarantinesMax = 8;

export function judgeTrial(
  app: AppState,
  processes: readonly ProcessStatus[],
  nowMs: number,
): Verdict {
  const { trial } = app;
  if (trial === undefined) return 'Good';
  // What an operator keeps stopped proves nothing either way.
  if (app.hold?.isWhole === true) return 'Waiting';
  if (app.loaded?.versionSha256 !== trial.version.sha256 || processes.length === 0) {
    return 'Waiting';
  }
  if (!trial.isSeen && nowMs < trial.sinceMs + unseenMs) return 'Waiting';
  for (const process of processes) {
    const failure = failureOf(trial, process, nowMs);
    if (failure !== undefined) return failure;
  }
  const isProven = haveRun(app, trial, processes);
  const healthcheck = healthcheckOf(app, processes);
  if (healthcheck !== undefined) return judgeHealth(trial, healthcheck, { isProven, nowMs });
  if (!isProven) return 'Waiting';
  return nowMs >= stableAtMs(trial) ? 'Good' : 'Waiting';
}

/** All that are to run do, or have. */
export function haveRun(app: AppState, trial: Trial, processes: readonly ProcessStatus[]): boolean {
  return processes.every((process) => !isWanted(app, process) || hasRun(trial, process));
}

/** How the version on trial is asked; undefined when it need not be, or nothing of it is to run. */
export function healthcheckOf(
  app: AppState,
  processes: readonly ProcessStatus[],
): Healthcheck | undefined {
  const { trial, rollout } = app;
  // The key names none any more: nobody waits for an answer.
  if (trial === undefined || rollout?.healthcheck === undefined) return undefined;
  if (!processes.some((process) => isWanted(app, process))) return undefined;
  return trial.version.healthcheck;
}

function judgeHealth(
  { health, runsSinceMs }: Trial,
  { timeoutMs }: Healthcheck,
  { isProven, nowMs }: { readonly isProven: boolean; readonly nowMs: number },
): Verdict {
  if (isProven && health?.isHealthy === true) return 'Good';
  if (runsSinceMs === undefined || nowMs < runsSinceMs + timeoutMs) return 'Waiting';
  const within = `within ${String(timeoutMs / 1_000)} s`;
  const last = health === undefined ? 'nothing was heard of it' : health.detail;
  return { code: 'E_UNHEALTHY', reason: `its health check did not pass ${within}: ${last}` };
}

/** When time alone can change the verdict; undefined when only processes can. */
export function trialDueMs(app: AppState, processes: readonly ProcessStatus[]): number | undefined {
  if (app.trial === undefined || processes.length === 0) return undefined;
  if (app.hold?.isWhole === true) return undefined;
  const healthcheck = healthcheckOf(app, processes);
  const { runsSinceMs } = app.trial;
  if (healthcheck !== undefined && runsSinceMs !== undefined) {
    return runsSinceMs + healthcheck.timeoutMs;
  }
  const dueMs = stableAtMs(app.trial);
  return app.trial.isSeen ? dueMs : Math.max(dueMs, app.trial.sinceMs + unseenMs);
}

function stableAtMs(trial: Trial): number {
  if (trial.version.facts.startsecs > 0) return trial.sinceMs;
  return (trial.starts.at(-1)?.atMs ?? trial.sinceMs) + stableMs;
}

function failureOf(
  trial: Trial,
  process: ProcessStatus,
  nowMs: number,
): Exclude<Verdict, string> | undefined {
  if (process.state === 'FATAL') return { code: 'E_FATAL', reason: describeFatal(process) };
  const starts = trial.starts.filter(
    (start) => start.process === process.id && nowMs - start.atMs <= flapWindowMs,
  );
  // With `startsecs` supervisord itself counts the retries, and ends in FATAL.
  const isFlapping =
    starts.filter(({ isCertain }) => isCertain).length >= flapStarts ||
    starts.length >= doubtfulStarts;
  if (trial.version.facts.startsecs === 0 && isFlapping) {
    const reason = `${process.id} was started ${String(starts.length)} times within 30 s`;
    return { code: 'E_FLAPPING', reason };
  }
  if (
    process.state === 'EXITED' &&
    !isComingBack(trial.version.facts, process) &&
    !isExpectedExit(trial.version.facts, process)
  ) {
    const reason = `${process.id} exited with ${String(process.exitStatus)}`;
    return { code: 'E_EXITED', reason };
  }
  return undefined;
}

function hasRun(trial: Trial, process: ProcessStatus): boolean {
  const { facts } = trial.version;
  return (
    process.state === 'RUNNING' || (process.state === 'EXITED' && !isComingBack(facts, process))
  );
}

/** It has exited, and supervisord will start it again. */
export function isComingBack(facts: ProgramFacts, process: ProcessStatus): boolean {
  if (facts.autorestart === 'unexpected') return !isExpectedExit(facts, process);
  return facts.autorestart === 'true';
}

function isExpectedExit({ exitcodes }: ProgramFacts, { exitStatus }: ProcessStatus): boolean {
  return exitcodes.includes(exitStatus);
}

/** Ends a trial that is over: the version becomes the last good one, or is quarantined. */
export function settleTrial(
  app: AppState,
  processes: readonly ProcessStatus[],
  nowMs: number,
  settings: DecisionSettings,
): AppState {
  const { trial } = app;
  if (trial === undefined) return app;
  const verdict = judgeTrial(app, processes, nowMs);
  if (verdict === 'Waiting') return app;
  if (verdict === 'Good') {
    const hasAnyRun = processes.some((process) => hasRun(trial, process));
    const { unwellSha256: _, ...well } = app;
    return {
      ...well,
      trial: undefined,
      failure: undefined,
      lastGood: hasAnyRun ? trial.version : app.lastGood,
    };
  }
  const versionSha256 = trial.version.sha256;
  const failed: AppState = {
    ...app,
    trial: undefined,
    failure: verdict.reason,
    ...(verdict.code === 'E_UNHEALTHY' ? { unwellSha256: versionSha256 } : {}),
  };
  const isDesired = app.released.type === 'Wanted' && app.released.version.sha256 === versionSha256;
  // What ran well before is never given up for a version that somebody wanted once.
  const isLastGood = app.lastGood?.sha256 === versionSha256;
  if (isLastGood && !isDesired) return failed;
  const told = withTurnFailure(failed, verdict, trial.version);
  if (settings.rollback === 'off') return told;
  return withQuarantine(told, {
    sha256: versionSha256,
    by: 'Verify',
    code: verdict.code,
    reason: verdict.reason,
    sinceMs: nowMs,
  });
}

/** What fails in a turn is not to go to further hosts. */
function withTurnFailure(
  app: AppState,
  { code, reason }: Exclude<Verdict, string>,
  { revision }: Version,
): AppState {
  const { turn } = app;
  if (turn?.kind !== 'Change') return app;
  // Newer content that fails while older is being put back is to be halted as well.
  const isNews =
    turn.failure === undefined || compareRevisions(revision, turn.failure.revision) > 0;
  if (!isNews) return app;
  return { ...app, turn: { ...turn, failure: { code, reason, revision } } };
}

export function newTrial(
  version: Version | undefined,
  sinceMs: number,
  isSeen: boolean,
): Trial | undefined {
  return version === undefined ? undefined : { version, sinceMs, isSeen, starts: [] };
}

/**
 * Before it is stopped for a newer version: it counts as good if it ran and never restarted. One
 * that was still starting is better than nothing to come back to.
 */
export function settleEarly(app: AppState, processes: readonly ProcessStatus[]): AppState {
  const { trial } = app;
  if (trial?.isSeen !== true) return app;
  // Its successor may come before a reread has said that it is loaded.
  const loadedSha256 = app.loaded?.versionSha256;
  if (loadedSha256 !== undefined && loadedSha256 !== trial.version.sha256) return app;
  const isPromising =
    processes.length > 0 &&
    processes.every(({ id, state }) => {
      const starts = trial.starts.filter((start) => start.process === id);
      return (state === 'RUNNING' || state === 'STARTING') && starts.length <= 1;
    });
  const isRunning = processes.every(({ state }) => state === 'RUNNING');
  const isHealthy = healthcheckOf(app, processes) === undefined || trial.health?.isHealthy === true;
  const isWell = isPromising && isRunning && isHealthy && loadedSha256 !== undefined;
  const better = isWell || (isPromising && app.lastGood === undefined);
  return { ...app, trial: undefined, lastGood: better ? trial.version : app.lastGood };
}

export function withQuarantine(app: AppState, quarantine: Quarantine): AppState {
  const others = app.quarantines.filter(({ sha256 }) => sha256 !== quarantine.sha256);
  return { ...app, quarantines: [...others, quarantine].slice(-quarantinesMax) };
}
