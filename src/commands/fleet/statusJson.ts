/** The fleet for programs. docs/fleet.md describes it: what is there stays. */
import type { FleetRow } from '../../domain/fleet/fleetRow.ts';
import type { FleetSummary, HostSummary } from '../../domain/fleet/fleetSummary.ts';
import type { ProcessReport } from '../../domain/fleet/hostReport.ts';

export function statusDocument(revision: string, summary: FleetSummary) {
  const { hosts, rows, counts, appCount, haltedCount, isConverged } = summary;
  return {
    revision,
    isConverged,
    summary: {
      hosts: hosts.length,
      hostsLost: hosts.filter(({ isAlive }) => !isAlive).length,
      apps: appCount,
      rolloutsHalted: haltedCount,
      conditions: counts,
    },
    hosts: hosts.map(describeHost),
    apps: rows.map(describeRow),
  };
}

function describeHost({ host, condition, isAlive, report, problems, counts }: HostSummary) {
  return {
    host,
    condition,
    isAlive,
    version: report?.version ?? null,
    addresses: report?.addresses ?? [],
    hostNames: report?.hostNames ?? [],
    observedRevision: report?.observedRevision ?? null,
    appliedRevision: report?.appliedRevision ?? null,
    startedAt: timeText(report?.startedAtMs),
    reportedAt: timeText(report?.atMs),
    endedAt: timeText(report?.endedAtMs),
    http: report?.http ?? null,
    problems,
    conditions: counts,
  };
}

export function describeRow(row: FleetRow) {
  return {
    app: row.app,
    host: row.host ?? null,
    condition: row.condition,
    desiredRevision: row.desiredRevision ?? null,
    appliedRevision: row.appliedRevision ?? null,
    since: timeText(row.sinceMs),
    code: row.code ?? null,
    reason: row.reason ?? null,
    processes: row.processes.map(describeProcess),
    areProcessesCurrent: row.doubt === undefined,
  };
}

function describeProcess({ id, state, pid, startSec }: ProcessReport) {
  return { id, state, pid, startedAt: startSec === 0 ? null : timeText(startSec * 1000) };
}

/** ISO 8601; null for what is unknown, and for what no calendar has. */
function timeText(ms: number | undefined): string | null {
  if (ms === undefined) return null;
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
