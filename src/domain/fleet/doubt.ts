/** Whether what a host tells of its processes is what runs there now. Pure. */
import type { HeldCode } from '../plan.ts';
import type { AppReport, HostReport } from './hostReport.ts';

/** Why it may no longer be so. */
export type Doubt = 'AgentLost' | 'SupervisorSilent';

/** An agent that supervisord does not answer goes on telling what it heard last. */
export function doubtOf(isAlive: boolean, report: HostReport | undefined): Doubt | undefined {
  if (!isAlive) return 'AgentLost';
  return report !== undefined && isSilent(report) ? 'SupervisorSilent' : undefined;
}

/** What it says of the processes of this app is of before: it may say so of one app alone. */
export function isBlind(
  report: Pick<HostReport, 'problems'>,
  { code }: Pick<AppReport, 'code'>,
): boolean {
  return code === silence || isSilent(report);
}

const silence = 'SupervisorUnreachable' satisfies HeldCode;

function isSilent({ problems }: Pick<HostReport, 'problems'>): boolean {
  return problems.some((problem) => problem.startsWith(`${silence}:`));
}
