/** The agent's composition root. */
import type { Log } from '../log/log.ts';
import type { Settings } from '../settings/settings.ts';

export interface AgentDeps {
  readonly log: Log;
  readonly version: string;
}

/** Runs until it is told to end; resolves with the exit code. */
export async function runAgent(settings: Settings, deps: AgentDeps): Promise<number> {
  deps.log.error({ host: settings.host.id }, 'the agent is not built yet');
  return Promise.resolve(1);
}
