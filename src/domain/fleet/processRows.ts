/** Every process of the fleet as hosts report them, what needs somebody first. */
import type { ProcessState } from '../types.ts';
import { compareText, type FleetHost } from './fleetRow.ts';
import type { ProcessReport } from './hostReport.ts';

export interface ProcessRow extends ProcessReport {
  readonly host: string;
  /** Undefined for what supervisord runs beside our apps. */
  readonly app: string | undefined;
  /** Its agent answers; otherwise this is what was known last. */
  readonly isAlive: boolean;
  /** What its agent says of the app where that is not as it should be. */
  readonly reason: string | undefined;
}

export interface ProcessSelection {
  /** Empty: all. */
  readonly apps: readonly string[];
  readonly hosts: readonly string[];
}

/** From what has failed to what is well. */
const urgency: readonly ProcessState[] = [
  'FATAL',
  'UNKNOWN',
  'BACKOFF',
  'EXITED',
  'STOPPING',
  'STOPPED',
  'STARTING',
  'RUNNING',
];

/** Foreign processes are shown where no app is asked for, or under the group they are of. */
export function processRows(
  hosts: readonly FleetHost[],
  { apps, hosts: wanted }: ProcessSelection,
): readonly ProcessRow[] {
  const isWanted = (app: string): boolean => apps.length === 0 || apps.includes(app);
  const rows: ProcessRow[] = [];
  for (const { host, isAlive, report } of hosts) {
    if (report === undefined || (wanted.length > 0 && !wanted.includes(host))) continue;
    for (const { app, processes, reason } of report.apps) {
      if (!isWanted(app)) continue;
      for (const process of processes) rows.push({ ...process, host, app, isAlive, reason });
    }
    for (const process of report.others) {
      if (!isWanted(groupOf(process.id))) continue;
      rows.push({ ...process, host, app: undefined, isAlive, reason: undefined });
    }
  }
  return rows.sort(byUrgency);
}

function groupOf(id: string): string {
  const colon = id.indexOf(':');
  return colon < 0 ? id : id.slice(0, colon);
}

function byUrgency(a: ProcessRow, b: ProcessRow): number {
  return (
    urgency.indexOf(a.state) - urgency.indexOf(b.state) ||
    Number(a.isAlive) - Number(b.isAlive) ||
    compareText(a.host, b.host) ||
    compareText(a.id, b.id)
  );
}

/** By the clock of whoever looks; undefined for what does not run. */
export function uptimeSec({ state, startSec }: ProcessReport, nowMs: number): number | undefined {
  const isUp = state === 'RUNNING' || state === 'STARTING' || state === 'STOPPING';
  return isUp && startSec > 0 ? Math.max(0, Math.floor(nowMs / 1_000) - startSec) : undefined;
}
