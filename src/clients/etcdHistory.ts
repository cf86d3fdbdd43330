/** The records of an app's publishes as they stand in etcd. */
import { type CallLimits, type EtcdError } from '../domain/etcdCalls.ts';
import { historyStart, parseFleetKey } from '../domain/fleet/fleetKeys.ts';
import { type KeptRecord } from '../domain/fleet/publicationRecords.ts';
import { ok, type Result } from '../domain/result.ts';
import { type AppName, type Revision, revisionZero } from '../domain/types.ts';
import { decodeKey } from '../../streams/etcdBytes.ts';
import { listPages } from '../../streams/listPages.ts';
import { type EtcdClient } from './etcd.ts';

export interface StoredRecord extends KeptRecord {
  /** Of the change that it tells of. */
  readonly revision: Revision;
}

export interface StoredHistory {
  /** At which it was read. */
  readonly revision: Revision;
  /** Sorted by number. */
  readonly records: readonly StoredRecord[];
}

/** What is no record's key is passed over. */
export async function readHistory(
  { range }: Pick<EtcdClient, 'range'>,
  fleetPrefix: string,
  app: AppName,
  limits: CallLimits = {},
): Promise<Result<StoredHistory, EtcdError>> {
  const records: StoredRecord[] = [];
  let revision = revisionZero;
  const prefix = historyStart(fleetPrefix, app);
  for await (const page of listPages(range, { prefix, pageSize: 250, ...limits })) {
    if (!page.ok) return page;
    ({ revision } = page.value);
    for (const { key, value, modRevision } of page.value.kvs) {
      const place = parseFleetKey(fleetPrefix, decodeKey(key) ?? '');
      if (place?.type !== 'Publication') continue;
      const text = Buffer.from(value).toString('utf8');
      records.push({ seq: place.seq, text, revision: modRevision });
    }
  }
  return ok({ revision, records });
}
