/** The metrics as Prometheus reads them. */
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../src/http/metrics.ts';

describe('createMetrics', () => {
  it('shows counters as counted and gauges as they are when asked', async () => {
    let states = new Map([['RUNNING', 2]]);
    const metrics = createMetrics({
      version: '1.2.3',
      snapshot: () => ({
        appsByState: states,
        heldByCode: new Map([['OperatorStop', 1]]),
        quarantined: 1,
        observedRevision: '12',
        appliedRevision: '11',
        lastListingAtMs: 1_700_000_000_500,
        isEtcdConnected: true,
        isSupervisorConnected: false,
        fleet: { isConnected: true, writes: 3, writtenBytes: 900, failures: 1, leasesLost: 0 },
        templates: [],
        journalBytes: 99,
      }),
    });
    metrics.countEvent('Ticked');
    metrics.countEvent('Ticked');
    metrics.countStep('WriteFile', 'failed');
    metrics.observePoll(0.002);
    const text = await metrics.text();
    for (const line of [
      `supervene_build_info{version="1.2.3",node="${process.version}"} 1`,
      'supervene_events_total{type="Ticked"} 2',
      'supervene_plans_total 0',
      'supervene_plan_steps_total{type="WriteFile",result="failed"} 1',
      'supervene_apps{state="RUNNING"} 2',
      'supervene_held{code="OperatorStop"} 1',
      'supervene_quarantined 1',
      'supervene_observed_revision 12',
      'supervene_applied_revision 11',
      'supervene_last_listing_timestamp_seconds 1700000000.5',
      'supervene_etcd_connected 1',
      'supervene_supervisor_connected 0',
      'supervene_journal_bytes 99',
      'supervene_fleet_connected 1',
      'supervene_fleet_writes_total 3',
      'supervene_fleet_written_bytes_total 900',
      'supervene_fleet_failures_total 1',
      'supervene_fleet_leases_lost_total 0',
      'supervene_poll_duration_seconds_count 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    states = new Map([['FATAL', 1]]);
    const later = await metrics.text();
    expect(later).toContain('supervene_apps{state="FATAL"} 1');
    expect(later).not.toContain('state="RUNNING"');
  });
});
