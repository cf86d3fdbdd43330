/** The journal as the agent uses it: opened under the lock, with the state it ends in. */
import { initialState, type State } from '../../reducers/state.ts';
import { ok, type Result } from '../domain/result.ts';
import type { LoopDeps } from '../loop.ts';
import type { Log } from '../log/log.ts';
import type { Settings } from '../settings/settings.ts';
import { mkdirSync } from 'node:fs';

export interface AgentJournal {
  readonly initialState: State;
  readonly append: LoopDeps['journal']['append'];
  readonly commitIntent: LoopDeps['journal']['commitIntent'];
  readonly setCheckpoint: (current: () => State) => void;
  readonly sizeBytes: () => number;
  close(): Promise<void>;
}

export async function openAgentJournal(
  settings: Settings,
  _deps: { log: Log; version: string },
): Promise<Result<AgentJournal, string>> {
  mkdirSync(settings.journal.dir, { recursive: true });
  return ok({
    initialState,
    append: () => undefined,
    commitIntent: async () => ok(undefined),
    setCheckpoint: () => undefined,
    sizeBytes: () => 0,
    close: async () => undefined,
  });
}
