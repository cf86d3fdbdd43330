/**
 * What an app's processes need: to be stopped before an update, to be started because we owe it,
 * to be let be because an operator stopped them.
 */
import type { ProcessStatus } from '../src/domain/types.ts';
import { type Decision, hold, idle, type Scene } from './decision.ts';
import { describeFatal, isActive, isHeldProcess, isWanted } from './processes.ts';
import { asAppName } from './appState.ts';
import type { Target } from './target.ts';
import { judgeTrial, trialDueMs } from './trial.ts';
import { stopUnseenUntilMs } from './work.ts';

type Run = Extract<Target, { type: 'Run' }>;

/** A held process that nobody but supervisord has started is stopped again. */
export function decideRestop(scene: Scene): Decision | undefined {
  const { app, processes } = scene;
  const { hold: operatorHold } = app;
  if (operatorHold === undefined || app.work?.phase === 'Updating') return undefined;
  const held = processes.filter(({ id }) => isHeldProcess(operatorHold, id));
  return decideStops({ ...scene, processes: held }, 'an operator stopped it');
}

/** Undefined when nothing of the group runs any more. */
export function decideStops(scene: Scene, because: string): Decision | undefined {
  const { app, processes, nowMs } = scene;
  const active = processes.filter(({ state }) => isActive(state));
  if (active.length === 0) return undefined;
  const work = app.work?.phase === 'Stopping' ? app.work : undefined;
  const askedAtMs = work?.stopsAskedAtMs ?? 0;
  const toAsk = active.filter(({ state }) => state !== 'STOPPING');
  const isAskedLongAgo = nowMs - askedAtMs >= stopLostMs;
  if (toAsk.length > 0 && isAskedLongAgo) {
    return {
      ...idle,
      status: 'converging',
      isWaiting: true,
      step: {
        type: 'StopProcesses',
        app: asAppName(app),
        processes: toAsk.map(({ id }) => id),
        because,
      },
    };
  }
  const untilMs = askedAtMs + stopWaitMs(scene);
  const reason =
    nowMs < untilMs
      ? 'waiting for its processes to stop'
      : 'its processes do not stop, though supervisord should have killed them by now';
  const wakeAtMs = toAsk.length > 0 ? askedAtMs + stopLostMs : untilMs;
  return {
    ...hold(scene, 'Stopping', reason, 'converging', wakeAtMs),
    isWaiting: nowMs < Math.min(untilMs, askedAtMs + fastStopMs),
  };
}

/** A process still running this long after its stop was asked for missed it, or was started again. */
const stopLostMs = 1_000;

/** A stop that takes longer than this is not seen sooner by asking all the time. */
const fastStopMs = 12_000;

function stopWaitMs({ app }: Scene): number {
  const waits = [app.written, app.lastGood].map((version) => version?.facts.stopwaitsecs ?? 10);
  return (Math.max(10, ...waits) + 1) * 1_000;
}

export function decideProcesses(scene: Scene, target: Run): Decision {
  const { app, processes, nowMs } = scene;
  const unseen = decideUnseen(scene);
  if (unseen !== undefined) return unseen;
  const owed = processes.filter((process) => isOwed(scene, process));
  if (owed.length > 0) return decideStarts(scene, owed);
  if (app.hold !== undefined) {
    const reason = `an operator stopped ${app.hold.processes.join(', ')}; start it to let it run again`;
    return hold(scene, 'OperatorStop', reason, 'held');
  }
  const isRising = app.work !== undefined || processes.some(({ state }) => state === 'STARTING');
  if (isRising) {
    const reason = 'waiting for its processes to run';
    const sinceMs = app.work?.sinceMs ?? app.trial?.sinceMs;
    const isWaiting = sinceMs !== undefined && nowMs - sinceMs < risingMs;
    const untilMs = Math.min(nowMs + risingMs, stopUnseenUntilMs(app, nowMs) ?? Infinity);
    return { ...hold(scene, 'Starting', reason, 'converging', untilMs), isWaiting };
  }
  return settled(scene, target);
}

/** No difference and no process either: supervisord reads other files than these. */
function decideUnseen(scene: Scene): Decision | undefined {
  const { app, processes, state, settings, nowMs } = scene;
  const { diff, diffAtMs } = state.supervisor;
  // A group that is active has processes.
  if (processes.length > 0 || diff === undefined) return undefined;
  const touchedAtMs = [app.lastWrite?.atMs, app.work?.sinceMs, app.trial?.sinceMs];
  const seenByMs = Math.max(...touchedAtMs.map((atMs) => atMs ?? 0)) + unseenGraceMs;
  if (nowMs < seenByMs) {
    const reason = 'its processes have not been seen yet';
    return { ...hold(scene, 'Starting', reason, 'converging', seenByMs), isWaiting: true };
  }
  const reason =
    `supervisord has read its files and knows no group ${app.name}: it includes no files in ` +
    `${settings.confDir}, or supervisor.url is the way to another one; see supervene doctor`;
  // Its main configuration is nothing that is watched.
  const askAtMs = diffAtMs + unseenRereadMs(state);
  const held = hold(scene, 'UnplannedDiff', reason, 'held', askAtMs);
  return { ...held, needsReread: nowMs >= askAtMs };
}

/** What was just written or updated is seen within this time. */
const unseenGraceMs = 1_000;

/** A reread takes longer the more groups there are. */
const unseenRereadMs = ({ groups }: Scene['state']): number => 10_000 + 150 * groups.size;

/** How long to poll fast for a start before looking again at the usual pace. */
const risingMs = 5_000;

function settled(scene: Scene, target: Run): Decision {
  const { app, processes } = scene;
  const dueMs = trialDueMs(app, processes);
  const isOnTrial =
    app.trial !== undefined && judgeTrial(app, processes, scene.nowMs) === 'Waiting';
  const fatal = processes.find(({ state }) => state === 'FATAL' || state === 'UNKNOWN');
  const failure = app.failure ?? (fatal === undefined ? undefined : describeFatal(fatal));
  if (failure !== undefined) {
    return { ...hold(scene, 'Failed', failure, 'failed'), wakeAtMs: dueMs };
  }
  const isAllRunning = processes.every(
    (process) => process.state !== 'BACKOFF' && process.state !== 'STOPPING',
  );
  const status = target.isFallback || isAllRunning ? 'converged' : 'converging';
  return { ...idle, status, wakeAtMs: isOnTrial ? dueMs : undefined };
}

/** Stopped, but neither by an operator nor by the content: its start is ours to give. */
function isOwed(scene: Scene, process: ProcessStatus): boolean {
  const { app, settings } = scene;
  const isOurs = app.work !== undefined;
  if (process.state === 'FATAL' || process.state === 'EXITED') {
    // A person asked for another try, whatever the content says of its own start.
    const isHeld = app.hold !== undefined && isHeldProcess(app.hold, process.id);
    return app.work?.phase === 'Starting' && !isHeld;
  }
  if (!isWanted(app, process)) return false;
  if (process.state !== 'STOPPED') return false;
  return isOurs || process.startSec === 0 || settings.operatorStops === 'restart';
}

function decideStarts(scene: Scene, owed: readonly ProcessStatus[]): Decision {
  const { app, nowMs } = scene;
  // supervisord starts what it has just added by itself, in the next pass of its loop.
  const graceUntilMs = app.work?.phase === 'Awaiting' ? app.work.sinceMs + startGraceMs : nowMs;
  const untilMs = Math.max(graceUntilMs, app.attempt?.nextMs ?? nowMs);
  if (untilMs > nowMs) {
    return {
      ...hold(scene, 'Starting', 'waiting for supervisord to start it', 'converging', untilMs),
      isWaiting: true,
    };
  }
  return {
    ...idle,
    status: 'converging',
    isWaiting: true,
    step: {
      type: 'StartProcesses',
      app: asAppName(app),
      processes: owed.map(({ id }) => id),
      because: 'it is stopped, and no operator stopped it',
    },
  };
}

const startGraceMs = 1_000;
