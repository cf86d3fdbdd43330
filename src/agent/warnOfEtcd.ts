/**
 * Says once of each version of etcd that it has known holes. Asked whenever etcd was listed after
 * an outage, since another server, or an updated one, may answer then. Refuses nothing; a version
 * that may not be read is no news.
 */
import type { EtcdClient } from '../clients/etcd.ts';
import { judgeEtcdVersion } from '../domain/etcdVersions.ts';
import type { ListReason } from '../domain/event.ts';
import { failLoudly } from '../fault.ts';
import type { Log } from '../log/log.ts';
import type { Loop } from '../loop.ts';

export function warnOfEtcd(
  { recorded$ }: Pick<Loop, 'recorded$'>,
  { serverVersion }: Pick<EtcdClient, 'serverVersion'>,
  log: Pick<Log, 'warn'>,
): void {
  const warned = new Set<string>();
  recorded$.subscribe({
    next: ({ event }) => {
      if (event.type !== 'DesiredListed' || !mayBeAnother(event.reason)) return;
      void serverVersion().then((version) => {
        if (!version.ok || warned.has(version.value)) return;
        warned.add(version.value);
        const warning = judgeEtcdVersion(version.value);
        if (warning !== undefined) {
          log.warn({ version: version.value }, `${warning.message}. ${warning.remedy}`);
        }
      });
    },
    error: failLoudly,
  });
}

function mayBeAnother(reason: ListReason): boolean {
  return reason !== 'IdentityChanged' && reason !== 'AuditMismatch';
}
