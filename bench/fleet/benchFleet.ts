/** A fleet as the bench drives it: of real hosts or of modelled ones, on one real etcd. */
import { type Etcd } from '../../test/support/etcd.ts';
import { foreignContent } from '../world.ts';

export interface BenchFleet {
  readonly etcd: Etcd;
  readonly hosts: number;
  /**
   * When a process of this app was RUNNING on each host for the first time after `sinceMs`, by
   * `nowMs()`; only those that are.
   */
  runningAt(app: string, sinceMs: number): readonly number[];
  /** CPU of all agents together so far. */
  agentsCpuMs(): number;
  /** Of all agents together. */
  agentsRssMb(): number;
  /** Ends the hosts; not the etcd. */
  stop(): Promise<void>;
}

export const appsPrefix = '/services/apps';
export const fleetPrefix = '/services/fleet';

/** Milliseconds since the epoch, fractions included; comparable between processes. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

export function appName(index: number): string {
  return `app-${String(index).padStart(3, '0')}`;
}

/** A program that costs nothing; `version` makes other content of it. */
export function body(version: string): string {
  return `command=/bin/sleep 2147483647\nstartsecs=0\nenvironment=V="${version}"\n`;
}

/** All at one revision for up to 60 apps; more in several. */
export async function publish(
  etcd: Etcd,
  apps: readonly string[],
  version: string,
  ips = '*',
): Promise<void> {
  const content = Buffer.from(body(version)).toString('base64');
  for (let first = 0; first < apps.length; first += 60) {
    const keys = apps.slice(first, first + 60).flatMap((app) => [
      [`${appsPrefix}/${app}/ips`, ips],
      [`${appsPrefix}/${app}/content`, content],
    ]);
    await etcd.txn(Object.fromEntries(keys) as Record<string, string>);
  }
}

/** Apps of other hosts, with content of about this length as stored; gives the bytes of all values. */
export async function fill(etcd: Etcd, apps: number, bytes: number): Promise<number> {
  const content = foreignContent(bytes);
  for (let first = 0; first < apps; first += 50) {
    const keys = Array.from({ length: Math.min(50, apps - first) }, (_, index) => [
      [`${appsPrefix}/far-${String(first + index)}/ips`, '192.0.2.1'],
      [`${appsPrefix}/far-${String(first + index)}/content`, content],
    ]).flat();
    await etcd.txn(Object.fromEntries(keys) as Record<string, string>);
  }
  return apps * (content.length + '192.0.2.1'.length);
}
