/**
 * Work of ours on an app's processes: how it goes on, and when it is over. It is over only when
 * supervisord itself shows it done, or what a stop of ours did would be taken for an operator's.
 */
import type { ProcessStatus } from '../src/domain/types.ts';
import { isActive, isWanted } from './processes.ts';
import type { AppState, Work } from './appState.ts';

/** Nothing is left to be asked for: what was begun is to be seen. */
export function awaiting(app: AppState, atMs: number): Work {
  return { phase: 'Awaiting', sinceMs: atMs, stopsAskedAtMs: app.work?.stopsAskedAtMs ?? 0 };
}

/** The work still open after a look at the processes, or for want of one. */
export function workAfter(
  app: AppState,
  { after, atMs }: { readonly after: readonly ProcessStatus[]; readonly atMs: number },
): Work | undefined {
  const { work } = app;
  if (work?.phase !== 'Awaiting' || after.length === 0) return work;
  // Owed until supervisord itself shows every wanted member started once.
  const isOpen = after.some(
    (process) => isOwedStart(app, process) || isStopUnseen(work, process, atMs),
  );
  return isOpen ? work : undefined;
}

/** A stop that was not needed in the end may never show: after a while that is all there is to it. */
export function settleWork(
  app: AppState,
  processes: readonly ProcessStatus[],
  atMs: number,
): AppState {
  const { work } = app;
  if (work?.phase !== 'Awaiting' || work.stopsAskedAtMs === 0) return app;
  if (atMs < work.stopsAskedAtMs + stopShowsMs) return app;
  const after = workAfter(app, { after: processes, atMs });
  return after === work ? app : { ...app, work: after };
}

/** When a stop that was taken back is no more waited for; undefined when none is. */
export function stopUnseenUntilMs({ work }: AppState, nowMs: number): number | undefined {
  if (work === undefined || nowMs >= work.stopsAskedAtMs + stopShowsMs) return undefined;
  return work.stopsAskedAtMs + stopShowsMs;
}

function isOwedStart(app: AppState, process: ProcessStatus): boolean {
  const isDown = process.state === 'STOPPED' || process.state === 'STOPPING';
  return isDown && isWanted(app, process);
}

/** Its stop was asked for and then taken back: it may be stopping, only nobody has looked since. */
function isStopUnseen(work: Work, process: ProcessStatus, atMs: number): boolean {
  if (!isActive(process.state) || atMs >= work.stopsAskedAtMs + stopShowsMs) return false;
  return process.startSec * 1_000 <= work.stopsAskedAtMs;
}

/** A stop shows in the next look at the processes; a look may take seconds on a busy host. */
const stopShowsMs = 5_000;
