/**
 * Tells the fleet of this host: the report is made of whatever the loop knows when it is due.
 * Nothing of it comes back to the loop, nor to the journal.
 */
import { Subscription } from 'rxjs';
import { type Reporter, startReporter } from '../../../effects/fleet/reporter.ts';
import { type Reported, reportHost } from '../../../reducers/hostReport.ts';
import type { State } from '../../../reducers/state.ts';
import type { HostReport } from '../../domain/fleet/hostReport.ts';
import { revisionZero } from '../../domain/types.ts';
import { failLoudly } from '../../fault.ts';
import type { Settings } from '../../settings/settings.ts';
import { isApplied } from '../view.ts';
import type { FleetDeps } from './fleetDeps.ts';

/** What is not known yet is not told; but neither is the fleet left waiting for it. */
const firstLookMs = 5_000;

/**
 * After an etcd that was away nothing is written for as long as all agents may need to list it: what
 * they write moves its revision on, by which they know an etcd that was restored from a backup.
 */
const afterOutageMs = 10_000;
/** But an etcd that cannot be listed is told of. */
const outageMaxMs = 30_000;

type ReportingDeps = FleetDeps & { readonly instance: Promise<string> };
type Reporting = Readonly<{ stop(): Promise<void> }>;

export function startReporting(settings: Settings, deps: ReportingDeps): Reporting {
  const { loop, scheduler, random, etcd, tally, version } = deps;
  const startedAtMs = scheduler.now();
  const host = settings.host.id;
  let appliedRevision = revisionZero;
  const listening = new Subscription();
  let instance: string | undefined;
  let reported: Reported | undefined;
  let reporter: Reporter | undefined;

  const outage = watchOutage(scheduler);
  const report = (instance: string): HostReport => {
    const view = loop.current();
    const facts = {
      ...{ host, instance, version, startedAtMs, appliedRevision },
      nowMs: scheduler.now(),
      journalFault: deps.journalFault(),
      alsoProblems: deps.aside?.problems() ?? [],
      http: reachableHttp(settings, view.state),
    };
    reported = reportHost(view, facts, reported);
    return reported.report;
  };
  const begin = (): void => {
    if (reporter !== undefined || instance === undefined || listening.closed) return;
    const id = instance;
    reporter = startReporter(
      {
        ...{ etcd, scheduler, random, tell: tally.note, report: () => report(id) },
        holdUntilMs: outage.holdUntilMs,
        remember: (last) => {
          reported ??= { report: last, basesByApp: new Map() };
        },
      },
      {
        ...{ fleetPrefix: settings.etcd.fleetPrefix, host, instance: id, startedAtMs },
        ttlSec: Math.ceil(settings.fleet.ttlMs / 1_000),
      },
    );
  };

  listening.add(
    loop.view$.subscribe({
      next: (view) => {
        outage.note(view.state);
        if (isApplied(view)) appliedRevision = view.state.source.revision;
        if (isLookedAt(view.state)) begin();
        reporter?.poke();
      },
      error: failLoudly,
    }),
  );
  void deps.instance.then((id) => {
    instance = id;
    if (isLookedAt(loop.current().state)) begin();
    else listening.add(scheduler.schedule(begin, firstLookMs));
  });
  const poke = (): void => reporter?.poke();
  listening.add(deps.aside?.problems$.subscribe({ next: poke, error: failLoudly }));
  return {
    stop: async () => {
      listening.unsubscribe();
      await reporter?.stop();
    },
  };
}

function watchOutage(scheduler: FleetDeps['scheduler']) {
  let untilMs = 0;
  let isAway = false;
  return {
    holdUntilMs: (): number => untilMs,
    note: ({ source }: State): void => {
      const wasAway = isAway;
      isAway = source.status === 'Stale';
      if (isAway !== wasAway) untilMs = scheduler.now() + (isAway ? outageMaxMs : afterOutageMs);
    },
  };
}

function isLookedAt({ source, supervisor, confDir }: State): boolean {
  return (
    source.status === 'Current' && supervisor.status !== 'Unknown' && confDir.status !== 'Unknown'
  );
}

/** Where others may ask it; undefined when it listens for this host alone. */
function reachableHttp({ http }: Settings, { identity }: State): string | undefined {
  const { listen } = http;
  if (listen === undefined || 'path' in listen) return undefined;
  const isLoopback = /^(?:127\.|::1$|localhost$)/.test(listen.host);
  if (isLoopback) return undefined;
  const isEvery = listen.host === '0.0.0.0' || listen.host === '::';
  const address = isEvery ? identity.current?.addresses[0] : listen.host;
  if (address === undefined) return undefined;
  return `${address.includes(':') ? `[${address}]` : address}:${String(listen.port)}`;
}
