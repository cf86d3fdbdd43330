/**
 * Which other hosts are out of service with an app, by what they report: what is not known to serve
 * does not.
 */
import { isBlind } from '../fleet/doubt.ts';
import { decodeReport } from '../fleet/reportCodec.ts';
import type { AppReport, HostReport } from '../fleet/hostReport.ts';
import { type Placement, placementTest } from '../placement.ts';
import type { AppName } from '../types.ts';

export interface OutOfService {
  readonly host: string;
  /** Follows its name: `is lost`. */
  readonly reason: string;
}

/** What stands below `hosts/<host>` under a lease, and below `known/<host>`; by part, the head is 0. */
export interface HostKeys {
  readonly host: string;
  readonly live: ReadonlyMap<number, Uint8Array>;
  readonly known: ReadonlyMap<number, Uint8Array>;
}

export interface ServiceQuestion {
  readonly app: AppName;
  /** The host that asks: it is not counted. */
  readonly self: string;
  /** Where the app is to be; undefined when that is not known: on all that have it. */
  readonly placement: Placement | undefined;
}

/** Sorted by host. */
export function hostsOutOfService(
  hosts: readonly HostKeys[],
  { app, self, placement }: ServiceQuestion,
): readonly OutOfService[] {
  const out: OutOfService[] = [];
  for (const { host, live, known } of hosts) {
    if (host === self) continue;
    const isLost = !live.has(0);
    const report = readReport(isLost ? known : live);
    const reported = report?.apps.find((one) => one.app === app);
    if (report === undefined || reported === undefined || !hasIt(reported)) continue;
    if (placement !== undefined && !isPlaced(placement, host, report)) continue;
    const reason = isLost ? 'is lost' : whyOut(report, reported);
    if (reason !== undefined) out.push({ host, reason });
  }
  return out.sort((a, b) => (a.host < b.host ? -1 : 1));
}

function readReport(parts: ReadonlyMap<number, Uint8Array>): HostReport | undefined {
  const head = parts.get(0);
  const decoded = head === undefined ? undefined : decodeReport(head, parts);
  return decoded?.ok === true ? decoded.value.report : undefined;
}

/** What has never run there, or is to go, cannot be out of service. */
function hasIt({ wantedRevision, processes }: AppReport): boolean {
  return wantedRevision !== undefined && processes.length > 0;
}

function isPlaced(
  placement: Placement,
  hostId: string,
  { hostNames, addresses }: HostReport,
): boolean {
  return placementTest({ hostId, hostNames, addresses })(placement);
}

/** What is at rest as its content says has done its service. */
function whyOut(report: HostReport, reported: AppReport): string | undefined {
  if (isBlind(report, reported)) {
    return 'cannot see its processes: its supervisord does not answer';
  }
  const { processes, condition } = reported;
  const isFine = condition === 'converged';
  const down = processes.find(({ state }) => {
    if (state === 'RUNNING') return false;
    return !isFine || (state !== 'EXITED' && state !== 'STOPPED');
  });
  return down === undefined ? undefined : `has ${down.id} ${down.state}`;
}
