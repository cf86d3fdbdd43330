/** Which hosts somebody means: those named, or all that have an app. */
import type { FleetHost } from '../../domain/fleet/fleetRow.ts';
import { nearest } from '../../domain/nearest.ts';
import { quote } from '../../domain/quote.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { Fault } from '../commandIo.ts';

/** Of `--host`: repeated, or with commas between. Empty for none, and for `*`. */
export function namedHosts(text: string | undefined): readonly string[] {
  const names = (text ?? '').split(/[\n,]/).flatMap((item) => item.trim() || []);
  return names.includes('*') ? [] : [...new Set(names)];
}

/** In the order of the report; the error names what is nearest. */
export function hostsByName(
  hosts: readonly FleetHost[],
  names: readonly string[],
): Result<readonly FleetHost[], Fault> {
  for (const name of names) {
    if (!hosts.some(({ host }) => host === name)) return err(unknownHost(hosts, name));
  }
  return ok(hosts.filter(({ host }) => names.includes(host)));
}

/** All that have the app, when none is named. */
export function hostsWithApp(
  hosts: readonly FleetHost[],
  app: string,
  names: readonly string[],
): Result<readonly FleetHost[], Fault> {
  if (names.length > 0) return hostsByName(hosts, names);
  const found = hosts.filter(({ report }) => report?.apps.some((one) => one.app === app));
  if (found.length > 0) return ok(found);
  const apps = new Set(hosts.flatMap(({ report }) => report?.apps.map((one) => one.app) ?? []));
  const best = nearest(app, apps);
  const remedy =
    best === undefined ? '`supervene status` shows what runs where' : `did you mean ${best}?`;
  return err({ message: `no host reports an app ${quote(app)}`, remedy });
}

export function unknownHost(hosts: readonly FleetHost[], name: string): Fault {
  const best = nearest(
    name,
    hosts.map(({ host }) => host),
  );
  const remedy =
    best === undefined
      ? '`supervene status` lists them'
      : `did you mean ${quote(best)}? \`supervene status\` lists them`;
  return { message: `no host ${quote(name)} has ever reported`, remedy };
}

/** Why a host without a lease is not asked. */
export function whyLost({ report }: FleetHost): string {
  if (report?.endedAtMs !== undefined) {
    return `lost: its agent was ended ${new Date(report.endedAtMs).toISOString()}; not asked`;
  }
  const last =
    report === undefined
      ? ''
      : ` (its last word, of a change: ${new Date(report.atMs).toISOString()})`;
  return `lost: its agent does not keep its lease${last}; not asked`;
}
