/**
 * What stood there of an app at one revision, without the rest of its history: etcd is asked for that
 * revision. Only where it is compacted the records are read, and the oldest revision that is left,
 * against which they are judged as those of a whole history are.
 */
import { readApp } from '../../clients/etcdApps.ts';
import { readHistory } from '../../clients/etcdHistory.ts';
import { findOldest, newest } from '../../clients/recallApp.ts';
import type { CallLimits, Range } from '../../domain/etcdCalls.ts';
import { mergeHistory } from '../../domain/fleet/appHistory.ts';
import { readRecords } from '../../domain/fleet/publicationRecords.ts';
import { formatKey } from '../../domain/keys.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { type AppName, compareRevisions, type Revision, revisionZero } from '../../domain/types.ts';
import type { EtcdSettings } from '../../settings/settings.ts';
import type { Fault } from '../commandIo.ts';
import { etcdFault } from '../etcdFault.ts';
import { textsOf } from '../recordChange.ts';
import { findPast, type Past } from './goBack.ts';
import type { AppHistory } from './readAppHistory.ts';

/** The inner error: that is not known, or there was none. */
export async function readPast(
  range: Range,
  etcd: EtcdSettings,
  app: AppName,
  to: Revision,
  limits: CallLimits,
): Promise<Result<Result<Past, Fault>, Fault>> {
  const { prefix } = etcd;
  const key = Buffer.from(formatKey(prefix, app, 'content'));
  const now = await range({ key, countOnly: true }, limits);
  if (!now.ok) return err(etcdFault(now.error, etcd));
  const { revision } = now.value;
  const nothing = { items: [], revision, memoryFrom: undefined, completeFrom: undefined };
  const known = { ...nothing, areRecordsDenied: false, falseRecords: [] };
  // etcd has none that is newer, and takes 0 for the newest.
  if (to === revisionZero || compareRevisions(to, revision) > 0)
    return ok(findPast(app, known, to));
  const then = await readApp({ range }, prefix, app, { ...limits, at: to });
  if (then.ok) {
    const texts = textsOf(then.value.entry);
    if (texts === undefined) return ok(findPast(app, known, to));
    return ok(ok({ texts, revision: to, isVouchedFor: true }));
  }
  if (then.error.type !== 'Compacted') return err(etcdFault(then.error, etcd));
  const oldest = await findOldest(range, key, revision, limits);
  if (!oldest.ok) return err(etcdFault(oldest.error, etcd));
  const history = await readBefore(range, etcd, app, { ...limits, at: oldest.value });
  return history.ok ? ok(findPast(app, { ...known, ...history.value }, to)) : history;
}

/** Up to the oldest revision that can be read: the records, and what stood there then. */
async function readBefore(
  range: Range,
  etcd: EtcdSettings,
  app: AppName,
  { at, ...limits }: CallLimits & { readonly at: Revision },
): Promise<Result<Partial<AppHistory>, Fault>> {
  const there = await readApp({ range }, etcd.prefix, app, { ...limits, at });
  if (!there.ok) return err(etcdFault(there.error, etcd));
  const { entry } = there.value;
  const written = newest(entry);
  const after = textsOf(entry) ?? ('Absent' as const);
  const before = { before: 'Forgotten', rewritten: undefined } as const;
  const seen = written === undefined ? [] : [{ revision: written, after, ...before }];
  const stored = await readHistory({ range }, etcd.fleetPrefix, app, limits);
  const areRecordsDenied = !stored.ok && stored.error.type === 'Unauthorised';
  if (!stored.ok && !areRecordsDenied) return err(etcdFault(stored.error, etcd));
  const records = stored.ok ? stored.value.records : [];
  const recorded = readRecords(app, records).flatMap(({ publication }, index) => {
    const revision = records[index]?.revision;
    const isBefore = revision !== undefined && compareRevisions(revision, at) <= 0;
    return isBefore ? [{ revision, publication }] : [];
  });
  const { items } = mergeHistory(recorded, seen, written ?? at);
  return ok({ items, completeFrom: at, memoryFrom: at, areRecordsDenied });
}
