/** What stands for hosts, apps and rollouts in what the console tells its pages. Pure. */
import { compareText, type FleetHost } from '../fleet/fleetRow.ts';
import type { AppRollout } from '../fleet/rolloutView.ts';
import type { WantedApp } from '../fleet/wantedApp.ts';
import type { LiveApp, LiveHost, LiveRollout } from './live.ts';

export function liveHost({ host, isAlive, report, faults }: FleetHost): LiveHost {
  return {
    host,
    isAlive,
    version: report?.version ?? null,
    addresses: report?.addresses ?? [],
    hostNames: report?.hostNames ?? [],
    startedAtMs: report?.startedAtMs ?? null,
    reportedAtMs: report?.atMs ?? null,
    endedAtMs: report?.endedAtMs ?? null,
    problems: [...faults, ...(isAlive ? (report?.problems ?? []) : [])],
    hasHttp: report?.http !== undefined,
    others: (report?.others ?? []).map(({ id, state }) => ({ id, state })),
  };
}

export function liveApp(wanted: WantedApp): LiveApp {
  const { app, ips, contentRevision, revision, maxUnavailable, isSigned, fault } = wanted;
  return {
    ...{ app, revision, isSigned },
    ips: ips ?? null,
    contentRevision: contentRevision ?? null,
    maxUnavailable: maxUnavailable ?? null,
    fault: fault === undefined ? null : { code: fault.code, reason: fault.reason },
  };
}

export function liveRollout({ halt, waiting, failed, ...rest }: AppRollout): LiveRollout {
  const hostsOf = (rows: AppRollout['waiting']): readonly string[] =>
    rows.flatMap(({ host }) => host ?? []).sort(compareText);
  return {
    ...rest,
    waiting: hostsOf(waiting),
    failed: hostsOf(failed),
    halt: halt === undefined ? null : { by: halt.by, reason: halt.reason, atMs: halt.atMs },
  };
}
