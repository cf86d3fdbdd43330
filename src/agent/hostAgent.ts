/**
 * The loop between its sources and its hands, over whatever world it is given: the part of an agent
 * that a host and the simulator share.
 */
import { type Subscription } from 'rxjs';
import { applyPlan } from '../../effects/applyPlan.ts';
import { createConfFiles } from '../../effects/confFiles.ts';
import { failLoudly } from '../fault.ts';
import { createLoop, type Loop, type LoopDeps } from '../loop.ts';
import { type Settings, toDecisionSettings } from '../settings/settings.ts';
import { bindHands } from './executor.ts';
import type { FileOwner } from './fileOwner.ts';
import type { HostPorts } from './hostPorts.ts';
import type { AgentJournal } from './agentJournal.ts';
import { type SourceDeps, watchEverything } from './sources.ts';

export interface HostAgentDeps {
  readonly ports: HostPorts;
  readonly journal: Pick<
    AgentJournal,
    'initialState' | 'append' | 'commitIntent' | 'setCheckpoint'
  >;
  readonly owner: FileOwner;
  readonly followConfDir: SourceDeps['followConfDir'];
  /** Undefined where signatures are not looked at. */
  readonly trust?: SourceDeps['trust'] | undefined;
  /** Names of left-over temporary files that were removed. */
  readonly onSwept: (names: readonly string[]) => void;
}

export interface HostAgent {
  readonly loop: Loop;
  /** Says that it has started, and listens from then on until it is unsubscribed. */
  readonly begin: (started: { readonly version: string; readonly pid: number }) => Subscription;
}

const journalRetryMs = 1_000;

export async function createHostAgent(
  settings: Settings,
  { ports, journal, owner, followConfDir, trust, onSwept }: HostAgentDeps,
): Promise<HostAgent> {
  const confFiles = createConfFiles(
    { confDir: settings.files.dir, mode: settings.files.mode, ...owner },
    ports.files,
  );
  const swept = await confFiles.sweepTemporaries();
  if (swept.removed.length > 0) onSwept(swept.removed);
  const hands = bindHands(ports, confFiles);
  const retryLater: LoopDeps['retryLater'] = (again) => {
    ports.scheduler.schedule(again, journalRetryMs);
  };
  const { append, commitIntent } = journal;
  const loop = createLoop(
    {
      nowMs: () => ports.scheduler.now(),
      journal: { append, commitIntent },
      run: (plan) => applyPlan(plan, hands),
      retryLater,
    },
    journal.initialState,
  );
  journal.setCheckpoint(() => loop.current().state);
  return {
    loop,
    begin: ({ version, pid }) => {
      const decisions = toDecisionSettings(settings, trust?.settings);
      loop.dispatch({ type: 'AgentStarted', version, pid, settings: decisions });
      return watchEverything({ loop, ports, settings, owner, followConfDir, trust }).subscribe({
        next: loop.dispatch,
        error: failLoudly,
      });
    },
  };
}
