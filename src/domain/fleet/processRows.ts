/** Every process of the fleet as hosts report them, what needs somebody first. */
import type { ProcessState } from '../types.ts';
import { type Doubt, doubtOf } from './doubt.ts';
import { compareText, type FleetHost } from './fleetRow.ts';
import type { AppReport, ProcessReport } from './hostReport.ts';

export interface ProcessRow extends ProcessReport {
  readonly host: string;
  /** Undefined for what supervisord runs beside our apps. */
  readonly app: string | undefined;
  /** Undefined: it is so now; otherwise this is what was known last. */
  readonly doubt: Doubt | undefined;
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
    const doubt = doubtOf(isAlive, report);
    if (report === undefined || (wanted.length > 0 && !wanted.includes(host))) continue;
    for (const { app, processes, reason } of report.apps) {
      if (!isWanted(app)) continue;
      for (const process of processes) rows.push({ ...process, host, app, doubt, reason });
    }
    for (const process of report.others) {
      if (!isWanted(groupOf(process.id))) continue;
      rows.push({ ...process, host, app: undefined, doubt, reason: undefined });
    }
  }
  return rows.sort(byUrgency);
}

export interface ProcesslessApp extends Pick<AppReport, 'app' | 'condition' | 'code' | 'reason'> {
  readonly host: string;
  readonly isAlive: boolean;
}

/** Of the apps that are asked for by name: where they have no process, and are not well with it. */
export function processlessApps(
  hosts: readonly FleetHost[],
  { apps, hosts: wanted }: ProcessSelection,
): readonly ProcesslessApp[] {
  return hosts
    .filter(({ host }) => wanted.length === 0 || wanted.includes(host))
    .flatMap(({ host, isAlive, report }) =>
      (report?.apps ?? [])
        .filter(({ app, processes }) => apps.includes(app) && processes.length === 0)
        .filter(({ condition }) => condition !== 'converged')
        .map(({ app, condition, code, reason }) => ({
          ...{ host, isAlive, app, condition },
          ...(code === undefined ? {} : { code }),
          ...(reason === undefined ? {} : { reason }),
        })),
    );
}

function groupOf(id: string): string {
  const colon = id.indexOf(':');
  return colon < 0 ? id : id.slice(0, colon);
}

function byUrgency(a: ProcessRow, b: ProcessRow): number {
  return (
    urgency.indexOf(a.state) - urgency.indexOf(b.state) ||
    Number(a.doubt === undefined) - Number(b.doubt === undefined) ||
    compareText(a.host, b.host) ||
    compareText(a.id, b.id)
  );
}

/** By the clock of whoever looks; undefined for what does not run, or may not. */
export function uptimeSec(
  { state, startSec, doubt }: Pick<ProcessRow, 'state' | 'startSec' | 'doubt'>,
  nowMs: number,
): number | undefined {
  const isUp = state === 'RUNNING' || state === 'STARTING' || state === 'STOPPING';
  return doubt === undefined && isUp && startSec > 0
    ? Math.max(0, Math.floor(nowMs / 1_000) - startSec)
    : undefined;
}
