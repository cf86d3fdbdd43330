/** What keeps an app from being changed now, though nothing is wrong with the app. */
import { type Decision, hold, type Scene } from './decision.ts';
import type { Sha256 } from '../src/domain/types.ts';
import { longestMs } from './backoff.ts';
import type { Attempt } from './appState.ts';

/** What keeps the whole host from being changed, as this app's reason. */
export function hostObstacle(scene: Scene): Decision | undefined {
  const { state } = scene;
  const { supervisor, confDir } = state;
  if (confDir.status === 'Unknown' || supervisor.status === 'Unknown') {
    return hold(scene, 'NotYetObserved', 'the host has not been looked at yet', 'unknown');
  }
  if (confDir.status === 'Lost') return hold(scene, 'ConfDirUnusable', confDir.detail, 'held');
  if (supervisor.status === 'Lost') {
    const reason = `supervisord does not answer: ${supervisor.error?.detail ?? 'unknown'}`;
    return hold(scene, 'SupervisorUnreachable', reason, 'held');
  }
  if (supervisor.refusal !== undefined) {
    const { file, detail } = supervisor.refusal;
    const reason = `${file ?? 'an included file'} keeps supervisord from rereading: ${detail}`;
    return hold(scene, 'ForeignConfBroken', reason, 'held');
  }
  return undefined;
}

/** A file that somebody else changes back each time is written again ever more rarely. */
export function waitForPeace(scene: Scene, sha256: Sha256): Decision | undefined {
  const { lastWrite } = scene.app;
  if (lastWrite?.sha256 !== sha256 || lastWrite.count < peacefulWrites) return undefined;
  const pauseMs = Math.min(longestMs, 200 * 2 ** Math.min(lastWrite.count - peacefulWrites, 20));
  const untilMs = lastWrite.atMs + pauseMs;
  // Long enough ago to be another story.
  if (untilMs <= scene.nowMs) return undefined;
  const reason = `its file was written ${String(lastWrite.count)} times and does not stay so`;
  return hold(scene, 'Retrying', reason, 'converging', untilMs);
}

const peacefulWrites = 4;

/** Undefined when nothing failed lately. */
export function waitForRetry(scene: Scene): Decision | undefined {
  const attempt: Attempt | undefined = scene.app.attempt;
  if (attempt === undefined || attempt.nextMs <= scene.nowMs) return undefined;
  const reason = `attempt ${String(attempt.count)} failed: ${attempt.detail}`;
  return hold(scene, 'Retrying', reason, 'converging', attempt.nextMs);
}
