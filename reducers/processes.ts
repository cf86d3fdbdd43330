/** What the state of a process means to the app that it is of. */
import type { ProcessState, ProcessStatus } from '../src/domain/types.ts';
import type { AppState, OperatorHold } from './appState.ts';

/** A process that exists, or is about to exist again without anybody's help. */
export function isActive(state: ProcessState): boolean {
  return state === 'STARTING' || state === 'RUNNING' || state === 'BACKOFF' || state === 'STOPPING';
}

/** Whether this process is to run: the content says so and no operator stopped it. */
export function isWanted(app: AppState, process: ProcessStatus): boolean {
  if (app.written?.facts.autostart === false) return false;
  return app.hold === undefined || !isHeldProcess(app.hold, process.id);
}

export function isHeldProcess(hold: OperatorHold, id: string): boolean {
  return hold.isWhole || hold.processes.includes(id);
}

export function describeFatal({ id, state, spawnError }: ProcessStatus): string {
  return spawnError === '' ? `${id} is ${state}` : `${id} is ${state}: ${spawnError}`;
}
