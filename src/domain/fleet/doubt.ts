/** Whether what a host tells of its processes is what runs there now. Pure. */
import type { HeldCode } from '../plan.ts';
import type { HostReport } from './hostReport.ts';

/** Why it may no longer be so. */
export type Doubt = 'AgentLost' | 'SupervisorSilent';

/** An agent that supervisord does not answer goes on telling what it heard last. */
export function doubtOf(isAlive: boolean, report: HostReport | undefined): Doubt | undefined {
  if (!isAlive) return 'AgentLost';
  const isSilent = report?.problems.some((problem) => problem.startsWith(silence)) === true;
  return isSilent ? 'SupervisorSilent' : undefined;
}

const silence = `${'SupervisorUnreachable' satisfies HeldCode}:`;
