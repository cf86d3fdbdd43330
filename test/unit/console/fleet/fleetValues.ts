/** Rows, hosts and fleets for the tests of the fleet's page. */
import { type LiveApp, type LiveHost, rowKey } from '../../../../src/domain/console/live.ts';
import type { FleetRow } from '../../../../src/domain/fleet/fleetRow.ts';
import type { ProcessReport } from '../../../../src/domain/fleet/hostReport.ts';
import type { Revision } from '../../../../src/domain/types.ts';

export function someRow(
  app: string,
  host: string | undefined,
  more: Partial<FleetRow> = {},
): FleetRow {
  return {
    ...{ app, host, condition: 'converged', sinceMs: 1, doubt: undefined },
    ...{ desiredRevision: '7' as Revision, appliedRevision: '7' as Revision },
    ...{ code: undefined, reason: undefined, lastWordMs: undefined },
    processes: [someProcess(app)],
    ...more,
  };
}

export function someProcess(app: string, more: Partial<ProcessReport> = {}): ProcessReport {
  return { id: `${app}:${app}`, state: 'RUNNING', pid: 7, startSec: 100, ...more };
}

export function someHost(host: string, more: Partial<LiveHost> = {}): LiveHost {
  return {
    ...{ host, isAlive: true, version: '1', addresses: [], hostNames: [], problems: [] },
    ...{ startedAtMs: 1, reportedAtMs: 1, endedAtMs: null, hasHttp: true, others: [] },
    ...more,
  };
}

export function someApp(app: string, more: Partial<LiveApp> = {}): LiveApp {
  return {
    ...{ app, ips: '*', contentRevision: '7' as Revision, revision: '7' as Revision },
    ...{ maxUnavailable: null, isSigned: false, fault: null },
    ...more,
  };
}

export function someFleet(
  rows: readonly FleetRow[],
  hosts: readonly LiveHost[] = [...new Set(rows.flatMap(({ host }) => host ?? []))].map((host) =>
    someHost(host),
  ),
  apps: readonly LiveApp[] = [],
) {
  return {
    rows: new Map(rows.map((row) => [rowKey(row), row])),
    hosts: new Map(hosts.map((host) => [host.host, host])),
    apps: new Map(apps.map((app) => [app.app, app])),
  };
}
