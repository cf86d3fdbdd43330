/**
 * The world as an agent meets it: everything it reads from and acts upon, and time and chance.
 *
 * On a host these are etcd, supervisord, the disk and the clock; in the simulator models of them.
 * What stands between them is the same code in both.
 */
import type { ApplyPlanDeps } from '../../effects/applyPlan.ts';
import type { Driver } from '../../effects/drivers/driver.ts';
import type { WatchIdentityDeps } from '../../streams/watchIdentity.ts';
import type { SchedulerLike } from 'rxjs';
import type { EtcdClient } from '../clients/etcd.ts';
import type { FileDeps } from '../clients/fileSystem.ts';
import type { Supervisor } from '../clients/supervisor.ts';

export interface HostPorts {
  /** Its `now` is the wall clock, but that it never goes back. */
  readonly scheduler: SchedulerLike;
  /** What stamps files, when that is another clock. */
  readonly wallMs?: () => number;
  /** From [0, 1). */
  readonly random: () => number;
  readonly files: FileDeps;
  readonly etcd: Pick<EtcdClient, 'range' | 'openWatch'>;
  readonly supervisor: Supervisor;
  readonly driver: Driver;
  /** Asks what only the host knows. */
  readonly probe: ApplyPlanDeps['probe'];
  readonly identity: Omit<WatchIdentityDeps, 'scheduler'>;
  /** Resolves when what has already arrived is heard. */
  readonly letArrive: () => Promise<void>;
}
