/** The metrics of what the fleet is told of this host: `supervene_fleet_…`. */
import { Counter, Gauge, type Registry } from 'prom-client';

export interface FleetCounts {
  readonly isConnected: boolean;
  readonly writes: number;
  readonly writtenBytes: number;
  readonly failures: number;
  readonly leasesLost: number;
}

export function createFleetMetrics(registers: Registry[]): {
  readonly set: (counts: FleetCounts) => void;
} {
  const counter = (name: string, help: string): ((count: number) => void) => {
    const one = new Counter({ name: `supervene_fleet_${name}_total`, help, registers });
    return (count) => {
      one.reset();
      one.inc(count);
    };
  };
  const connected = new Gauge({
    name: 'supervene_fleet_connected',
    help: '1 while the fleet knows what this agent last told, otherwise 0.',
    registers,
  });
  const writes = counter('writes', 'Transactions that told the fleet of this host.');
  const writtenBytes = counter('written_bytes', 'Size of what they put into etcd.');
  const failures = counter('failures', 'Calls to etcd for that which failed.');
  const leasesLost = counter('leases_lost', 'Leases that ran out or were revoked.');
  return {
    set: (counts) => {
      connected.set(counts.isConnected ? 1 : 0);
      writes(counts.writes);
      writtenBytes(counts.writtenBytes);
      failures(counts.failures);
      leasesLost(counts.leasesLost);
    },
  };
}
