/** The history of an app, from its records and from what etcd itself still has. */
import { readHistory } from '../../clients/etcdHistory.ts';
import { type Recalled, type RecalledChange, recallApp } from '../../clients/recallApp.ts';
import type { GiveUpSignal, Range } from '../../domain/etcdCalls.ts';
import type { DesiredEntry, Leaf } from '../../domain/event.ts';
import {
  type HistoryItem,
  mergeHistory,
  type Rewritten,
  type SeenChange,
} from '../../domain/fleet/appHistory.ts';
import { readRecords } from '../../domain/fleet/publicationRecords.ts';
import { type Result, err, ok } from '../../domain/result.ts';
import { type AppName, compareRevisions, type Revision } from '../../domain/types.ts';
import type { EtcdSettings } from '../../settings/settings.ts';
import type { Fault } from '../commandIo.ts';
import { etcdFault } from '../etcdFault.ts';
import { textsOf } from '../recordChange.ts';

export interface AppHistory {
  /** At which it was read. */
  readonly revision: Revision;
  /** Newest first. */
  readonly items: readonly HistoryItem[];
  /** The oldest revision that etcd itself can still tell of; undefined: it forgot nothing. */
  readonly memoryFrom: Revision | undefined;
  /** From there on no change is missing; older ones are from the records alone. */
  readonly completeFrom: Revision | undefined;
  /** The records may not be read by this account. */
  readonly areRecordsDenied: boolean;
  /** Records that no change of the app belongs to, by their revisions: passed over. */
  readonly falseRecords: readonly Revision[];
}

/** So that one who asks for much costs no more than others. */
export interface HistoryLimits {
  /** Of the texts; those that are older are not read. */
  readonly bytesMax?: number | undefined;
  /** Nobody waits for it any more. */
  readonly signal?: GiveUpSignal;
}

export async function readAppHistory(
  range: Range,
  etcd: EtcdSettings,
  app: AppName,
  changesMax: number,
  { bytesMax, ...limits }: HistoryLimits & { readonly timeoutMs: number },
): Promise<Result<AppHistory, Fault>> {
  const stored = await readHistory({ range }, etcd.fleetPrefix, app, limits);
  const areRecordsDenied = !stored.ok && stored.error.type === 'Unauthorised';
  if (!stored.ok && !areRecordsDenied) return err(etcdFault(stored.error, etcd));
  const records = stored.ok ? stored.value.records : [];
  const hints = records.map(({ revision }) => revision);
  // A change after the records were read would seem to have none.
  const from = stored.ok ? stored.value.revision : undefined;
  const query = { prefix: etcd.prefix, app, from, hints, changesMax, bytesMax, ...limits };
  const recalled = await recallApp(range, query);
  if (!recalled.ok) return err(etcdFault(recalled.error, etcd));
  const { changes, memoryFrom, isCut } = recalled.value;
  const revisionsBySeq = new Map(records.map(({ seq, revision }) => [seq, revision]));
  const recorded = readRecords(app, records).flatMap(({ seq, publication }) => {
    const revision = revisionsBySeq.get(seq);
    return revision === undefined ? [] : [{ revision, publication }];
  });
  const knownFrom = knownFromOf(recalled.value);
  const merged = mergeHistory(recorded, changes.map(toSeen), knownFrom);
  return ok({
    ...merged,
    revision: recalled.value.revision,
    memoryFrom,
    completeFrom: isCut ? changes.at(-1)?.revision : memoryFrom,
    areRecordsDenied,
  });
}

/**
 * Where the oldest change is older than all that etcd can still read, keys that stand there unchanged
 * since then say that nothing that has a record came in between.
 */
function knownFromOf({ changes, memoryFrom, isCut }: Recalled): Revision | undefined {
  const oldest = changes.at(-1)?.revision;
  if (isCut || oldest === undefined) return oldest ?? memoryFrom;
  if (memoryFrom === undefined) return undefined;
  return compareRevisions(oldest, memoryFrom) < 0 ? oldest : memoryFrom;
}

function toSeen({ revision, before, after }: RecalledChange): SeenChange {
  if (before === undefined) {
    return { revision, before: 'Forgotten', after: textsThen(after), rewritten: undefined };
  }
  const rewritten = rewrittenOf(before, after);
  return { revision, before: textsThen(before), after: textsThen(after), rewritten };
}

function rewrittenOf(before: DesiredEntry, after: DesiredEntry): Rewritten {
  const rewritten: { -readonly [leaf in keyof Rewritten]: Rewritten[leaf] } = {};
  for (const leaf of ['ips', 'content', 'signature', 'rollout'] as const) {
    const [old, now] = [before[leaf], after[leaf]];
    if (old?.modRevision !== now?.modRevision)
      rewritten[leaf] = isSame(old, now) ? 'Same' : 'Other';
  }
  return rewritten;
}

/** What is too large is not kept, and may be another one of the same size. */
function isSame(old: Leaf | undefined, now: Leaf | undefined): boolean {
  const [a, b] = [old?.value, now?.value];
  if (a?.type === 'Text') return b?.type === 'Text' && a.text === b.text;
  return a?.type === 'Binary' && b?.type === 'Binary' && a.base64 === b.base64;
}

function textsThen(entry: DesiredEntry) {
  return textsOf(entry) ?? ('Absent' as const);
}
