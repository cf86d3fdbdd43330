/**
 * The metrics of the agent for Prometheus, all named `supervene_…`.
 *
 * Counters are counted as things happen; gauges are read from a snapshot when asked for.
 * Revisions become floating point numbers here, exact up to 2^53; nothing else may use them so.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { createFleetMetrics, type FleetCounts } from './fleetMetrics.ts';
import { createTemplateMetrics, type TemplateCounts } from './templateMetrics.ts';

export interface MetricsSnapshot {
  readonly appsByState: ReadonlyMap<string, number>;
  readonly heldByCode: ReadonlyMap<string, number>;
  readonly quarantined: number;
  readonly observedRevision: string;
  readonly appliedRevision: string;
  /** Undefined before the first listing. */
  readonly lastListingAtMs: number | undefined;
  readonly isEtcdConnected: boolean;
  readonly isSupervisorConnected: boolean;
  readonly journalBytes: number;
  readonly fleet: FleetCounts;
  readonly templates: readonly TemplateCounts[];
}

export interface Metrics {
  countEvent(type: string): void;
  countPlan(): void;
  countStep(type: string, result: 'ok' | 'failed'): void;
  /** How long one look at the processes took. */
  observePoll(seconds: number): void;
  text(): Promise<string>;
}

export interface MetricsDeps {
  readonly version: string;
  readonly snapshot: () => MetricsSnapshot;
}

export function createMetrics(deps: MetricsDeps): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: string[]): Counter =>
    new Counter({ name: `supervene_${name}`, help, labelNames, registers });
  const events = counter('events_total', 'Events through the one door, by type.', 'type');
  const plans = counter('plans_total', 'Plans carried out.');
  const steps = counter('plan_steps_total', 'Steps of plans carried out.', 'type', 'result');
  const polls = new Histogram({
    name: 'supervene_poll_duration_seconds',
    help: 'Time of one look at the processes of supervisord.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  const gauges = createGauges(registers, deps.version);
  const fleet = createFleetMetrics(registers);
  const templates = createTemplateMetrics(registers);
  plans.inc(0);
  return {
    countEvent: (type) => events.inc({ type }),
    countPlan: () => plans.inc(),
    countStep: (type, result) => steps.inc({ type, result }),
    observePoll: (seconds) => polls.observe(seconds),
    text: () => {
      const snapshot = deps.snapshot();
      gauges.set(snapshot);
      fleet.set(snapshot.fleet);
      templates.set(snapshot.templates);
      return registry.metrics();
    },
  };
}

function createGauges(
  registers: Registry[],
  version: string,
): { readonly set: (snapshot: MetricsSnapshot) => void } {
  const gauge = (name: string, help: string, ...labelNames: string[]): Gauge =>
    new Gauge({ name: `supervene_${name}`, help, labelNames, registers });
  gauge('build_info', 'Always 1; the labels tell.', 'version', 'node').set(
    { version, node: process.version },
    1,
  );
  const apps = gauge('apps', 'Apps of this host, by state.', 'state');
  const held = gauge('held', 'What is wanted but not done, by code.', 'code');
  const plain = {
    quarantined: gauge('quarantined', 'Contents that this host refuses.'),
    observed: gauge('observed_revision', 'Newest etcd revision seen.'),
    applied: gauge('applied_revision', 'Newest etcd revision fully applied.'),
    listing: gauge('last_listing_timestamp_seconds', 'When etcd was last listed; 0 for never.'),
    etcd: gauge('etcd_connected', '1 while etcd is followed, otherwise 0.'),
    supervisor: gauge('supervisor_connected', '1 while supervisord answers, otherwise 0.'),
    journal: gauge('journal_bytes', 'Size of all segments of the journal.'),
  };
  return {
    set: (snapshot) => {
      setAll(apps, 'state', snapshot.appsByState);
      setAll(held, 'code', snapshot.heldByCode);
      plain.quarantined.set(snapshot.quarantined);
      plain.observed.set(Number(snapshot.observedRevision));
      plain.applied.set(Number(snapshot.appliedRevision));
      plain.listing.set((snapshot.lastListingAtMs ?? 0) / 1000);
      plain.etcd.set(snapshot.isEtcdConnected ? 1 : 0);
      plain.supervisor.set(snapshot.isSupervisorConnected ? 1 : 0);
      plain.journal.set(snapshot.journalBytes);
    },
  };
}

/** Label values that are gone since the last time go from the output too. */
function setAll(gauge: Gauge, label: string, values: ReadonlyMap<string, number>): void {
  gauge.reset();
  for (const [value, count] of values) gauge.set({ [label]: value }, count);
}
