/** Hosts, reports and apps of a fleet from a few words, for tests of what is made of them. */
import type { DesiredEntry } from '../../src/domain/event.ts';
import { createFleetView, type FleetView } from '../../src/domain/fleet/fleetView.ts';
import type { AppReport, HostReport } from '../../src/domain/fleet/hostReport.ts';
import { ok } from '../../src/domain/result.ts';
import type { AppName } from '../../src/domain/types.ts';
import { rev } from './etcdValues.ts';

export const bodyText = 'command=/bin/cat\n';

/** `at` is the revision of both keys; `ipsAt` of the placement, when that was changed later. */
export function desiredApp(
  app: string,
  ips: string,
  {
    at,
    ipsAt = at,
    content = bodyText,
    rollout,
  }: { at: number; ipsAt?: number; content?: string; rollout?: string },
): DesiredEntry {
  const text = rollout === undefined ? undefined : ({ type: 'Text', text: rollout } as const);
  return {
    app,
    ips: { modRevision: rev(ipsAt), value: { type: 'Text', text: ips } },
    content: { modRevision: rev(at), value: { type: 'Text', text: content } },
    ...(text === undefined ? {} : { rollout: { modRevision: rev(at), value: text } }),
  };
}

export function appReport(
  app: string,
  condition: AppReport['condition'],
  { wanted, applied, code }: { wanted?: number; applied?: number; code?: string } = {},
): AppReport {
  return {
    app: app as AppName,
    condition,
    sinceMs: 1000,
    ...(wanted === undefined ? {} : { wantedRevision: rev(wanted) }),
    ...(applied === undefined ? {} : { appliedRevision: rev(applied) }),
    ...(condition === 'converged' ? {} : { code: code ?? 'Code', reason: 'because' }),
    processes: [],
  };
}

export function hostReport(
  host: string,
  address: string,
  observed: number,
  apps: readonly AppReport[] = [],
): HostReport {
  return {
    host,
    instance: `of ${host}`,
    version: '1.0.0',
    addresses: [address],
    hostNames: [`${host}.example.com`],
    atMs: 5000,
    startedAtMs: 100,
    observedRevision: rev(observed),
    appliedRevision: rev(observed),
    problems: [],
    apps: apps.toSorted((a, b) => (a.app < b.app ? -1 : 1)),
    others: [],
  };
}

/** Hosts in `lost` have no lease. */
export function fleetView(
  entries: readonly DesiredEntry[],
  reports: readonly HostReport[],
  lost: readonly string[] = [],
): FleetView {
  const store = createFleetView();
  for (const entry of entries) store.setApp(entry);
  for (const report of reports) {
    const known = ok({ report, faults: [] });
    store.setHost(report.host, { live: lost.includes(report.host) ? undefined : known, known });
  }
  return store.view();
}
