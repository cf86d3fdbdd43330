/** The history of an app, from its records and from what etcd itself still has. */
import { readHistory } from '../../clients/etcdHistory.ts';
import { recallApp } from '../../clients/recallApp.ts';
import type { Range } from '../../domain/etcdCalls.ts';
import type { DesiredEntry } from '../../domain/event.ts';
import { type HistoryItem, mergeHistory } from '../../domain/fleet/appHistory.ts';
import { readRecords } from '../../domain/fleet/publicationRecords.ts';
import { type Result, err, ok } from '../../domain/result.ts';
import type { AppName, Revision } from '../../domain/types.ts';
import type { EtcdSettings } from '../../settings/settings.ts';
import type { Fault } from '../commandIo.ts';
import { etcdFault } from '../etcdFault.ts';
import { textsOf } from '../recordChange.ts';

export interface AppHistory {
  /** Newest first. */
  readonly items: readonly HistoryItem[];
  /** The oldest revision that etcd itself can still tell of; undefined: it forgot nothing. */
  readonly memoryFrom: Revision | undefined;
  /** From there on no change is missing; older ones are from the records alone. */
  readonly completeFrom: Revision | undefined;
  /** The records may not be read by this account. */
  readonly areRecordsDenied: boolean;
}

export async function readAppHistory(
  range: Range,
  etcd: EtcdSettings,
  app: AppName,
  changesMax: number,
  limits: { readonly timeoutMs: number },
): Promise<Result<AppHistory, Fault>> {
  const stored = await readHistory({ range }, etcd.fleetPrefix, app, limits);
  const areRecordsDenied = !stored.ok && stored.error.type === 'Unauthorised';
  if (!stored.ok && !areRecordsDenied) return err(etcdFault(stored.error, etcd));
  const records = stored.ok ? stored.value.records : [];
  const hints = records.map(({ revision }) => revision);
  // A change after the records were read would seem to have none.
  const from = stored.ok ? stored.value.revision : undefined;
  const query = { prefix: etcd.prefix, app, from, hints, changesMax, ...limits };
  const recalled = await recallApp(range, query);
  if (!recalled.ok) return err(etcdFault(recalled.error, etcd));
  const { changes, memoryFrom, isCut } = recalled.value;
  const revisionsBySeq = new Map(records.map(({ seq, revision }) => [seq, revision]));
  const recorded = readRecords(app, records).flatMap(({ seq, publication }) => {
    const revision = revisionsBySeq.get(seq);
    return revision === undefined ? [] : [{ revision, publication }];
  });
  const seen = changes.map(({ revision, before, after }) => ({
    revision,
    before: before === undefined ? ('Forgotten' as const) : textsThen(before),
    after: textsThen(after),
  }));
  return ok({
    items: mergeHistory(recorded, seen),
    memoryFrom,
    completeFrom: isCut ? changes.at(-1)?.revision : memoryFrom,
    areRecordsDenied,
  });
}

function textsThen(entry: DesiredEntry) {
  return textsOf(entry) ?? ('Absent' as const);
}
