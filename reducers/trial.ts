/**
 * A changed app has to prove itself: every process runs past its `startsecs` or exits as the
 * content expects. What fails is quarantined by its hash, and the last good version comes back.
 */
import type { DecisionSettings } from '../src/domain/event.ts';
import type { ProcessStatus } from '../src/domain/types.ts';
import { describeFatal, isWanted } from './processes.ts';
import type { AppState, Quarantine, Trial } from './state.ts';

export type Verdict = 'Waiting' | 'Good' | { readonly code: string; readonly reason: string };

/** Three starts within this time are flapping; `startsecs=0` never becomes FATAL by itself. */
const flapWindowMs = 30_000;
const flapStarts = 3;
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
  if (app.loaded?.versionSha256 !== trial.versionSha256 || processes.length === 0) {
    return 'Waiting';
  }
  if (!trial.isSeen && nowMs < trial.sinceMs + unseenMs) return 'Waiting';
  for (const process of processes) {
    const failure = failureOf(app, trial, process, nowMs);
    if (failure !== undefined) return failure;
  }
  const isProven = processes.every((process) => !isWanted(app, process) || hasRun(app, process));
  if (!isProven) return 'Waiting';
  return nowMs >= stableAtMs(app, trial) ? 'Good' : 'Waiting';
}

/** When time alone can change the verdict; undefined when only processes can. */
export function trialDueMs(app: AppState, processes: readonly ProcessStatus[]): number | undefined {
  if (app.trial === undefined || processes.length === 0) return undefined;
  const dueMs = stableAtMs(app, app.trial);
  return app.trial.isSeen ? dueMs : Math.max(dueMs, app.trial.sinceMs + unseenMs);
}

function stableAtMs(app: AppState, trial: Trial): number {
  const startsecs = app.written?.facts.startsecs ?? 1;
  if (startsecs > 0) return trial.sinceMs;
  return (trial.starts.at(-1)?.atMs ?? trial.sinceMs) + stableMs;
}

function failureOf(
  app: AppState,
  trial: Trial,
  process: ProcessStatus,
  nowMs: number,
): Exclude<Verdict, string> | undefined {
  if (process.state === 'FATAL') return { code: 'E_FATAL', reason: describeFatal(process) };
  const starts = trial.starts.filter(
    (start) => start.process === process.id && nowMs - start.atMs <= flapWindowMs,
  );
  if (starts.length >= flapStarts) {
    const reason = `${process.id} was started ${String(starts.length)} times within 30 s`;
    return { code: 'E_FLAPPING', reason };
  }
  if (process.state === 'EXITED' && !isRestarted(app, process) && !isExpectedExit(app, process)) {
    const reason = `${process.id} exited with ${String(process.exitStatus)}`;
    return { code: 'E_EXITED', reason };
  }
  return undefined;
}

function hasRun(app: AppState, process: ProcessStatus): boolean {
  return process.state === 'RUNNING' || (process.state === 'EXITED' && !isRestarted(app, process));
}

function isRestarted(app: AppState, process: ProcessStatus): boolean {
  const autorestart = app.written?.facts.autorestart ?? 'unexpected';
  if (autorestart === 'unexpected') return !isExpectedExit(app, process);
  return autorestart === 'true';
}

function isExpectedExit(app: AppState, { exitStatus }: ProcessStatus): boolean {
  return (app.written?.facts.exitcodes ?? [0]).includes(exitStatus);
}

/** Ends a trial that is over: the version becomes the last good one, or is quarantined. */
export function settleTrial(
  app: AppState,
  processes: readonly ProcessStatus[],
  nowMs: number,
  settings: DecisionSettings,
): AppState {
  if (app.trial === undefined) return app;
  const verdict = judgeTrial(app, processes, nowMs);
  if (verdict === 'Waiting') return app;
  if (verdict === 'Good') {
    const hasAnyRun = processes.some((process) => hasRun(app, process));
    return {
      ...app,
      trial: undefined,
      failure: undefined,
      lastGood: hasAnyRun ? (app.written ?? app.lastGood) : app.lastGood,
    };
  }
  const { versionSha256 } = app.trial;
  const failed: AppState = { ...app, trial: undefined, failure: verdict.reason };
  const isDesired = app.released.type === 'Wanted' && app.released.version.sha256 === versionSha256;
  if (settings.rollback === 'off' || !isDesired) return failed;
  return withQuarantine(failed, {
    sha256: versionSha256,
    by: 'Verify',
    code: verdict.code,
    reason: verdict.reason,
    sinceMs: nowMs,
  });
}

export function withQuarantine(app: AppState, quarantine: Quarantine): AppState {
  const others = app.quarantines.filter(({ sha256 }) => sha256 !== quarantine.sha256);
  return { ...app, quarantines: [...others, quarantine].slice(-quarantinesMax) };
}
