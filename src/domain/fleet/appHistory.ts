/**
 * The history of one app from both sources: the records of this program, and what etcd itself still
 * has. The revision of a record is that of its change, and so they are laid over one another.
 *
 * Whoever may write records but no apps can put any text into one. A record that no change of the app
 * belongs to is false where etcd can tell; where it cannot, it is the record alone that says so.
 */
import type { LeafName } from '../keys.ts';
import { compareRevisions, type Revision } from '../types.ts';
import {
  type AppTexts,
  isSamePair,
  isSameTexts,
  type Publication,
  type TextsThen,
} from './publication.ts';

/** As etcd has it. */
export interface SeenChange {
  readonly revision: Revision;
  readonly before: TextsThen;
  readonly after: TextsThen;
  /** Undefined: what stood there before is compacted. */
  readonly rewritten: Rewritten | undefined;
}

/** Keys that were written, or removed: whether their bytes are others than before. */
export type Rewritten = Readonly<Partial<Record<LeafName, 'Same' | 'Other'>>>;

/** As a record has it. */
export interface RecordedChange {
  readonly revision: Revision;
  /** Undefined: there is a record, and it cannot be read. */
  readonly publication: Publication | undefined;
}

export interface HistoryItem {
  /** Undefined: between those of its neighbours; what stood there tells that something changed. */
  readonly revision: Revision | undefined;
  /** Undefined: not by this program, or without a record. */
  readonly publication: Publication | undefined;
  readonly hasUnreadableRecord: boolean;
  readonly before: TextsThen;
  readonly after: TextsThen;
  readonly rewritten: Rewritten | undefined;
  /** etcd itself knows of this change; else a record alone does. */
  readonly isInEtcd: boolean;
}

export interface Merged {
  /** Newest first. */
  readonly items: readonly HistoryItem[];
  /** Revisions of records that no change of the app belongs to. */
  readonly falseRecords: readonly Revision[];
}

/**
 * `records`: by number, as the app's. `knownFrom`: from there on `seen` has every change that a
 * record could tell of; undefined for all. Nothing is seen of an app that was not there since.
 */
export function mergeHistory(
  records: readonly RecordedChange[],
  seen: readonly SeenChange[],
  knownFrom: Revision | undefined,
): Merged {
  const seenByRevision = new Map(seen.map((change) => [change.revision, change]));
  const isTrue = truthOf(records, seenByRevision, knownFrom);
  const recordsByRevision = new Map(
    records.filter(isTrue).map((record) => [record.revision, record]),
  );
  const revisions = [...new Set([...seenByRevision.keys(), ...recordsByRevision.keys()])];
  revisions.sort(compareRevisions);
  const items: HistoryItem[] = [];
  for (const revision of revisions) {
    const item = itemOf(revision, recordsByRevision.get(revision), seenByRevision.get(revision));
    const last = items.at(-1);
    if (last !== undefined && isGap(last.after, item.before)) items.push(between(last, item));
    items.push(item);
  }
  const newest = items.at(-1);
  if (newest !== undefined && seen.length === 0 && isGap(newest.after, 'Absent')) {
    items.push(between(newest, { before: 'Absent' }));
  }
  const falseRecords = records.filter((record) => !isTrue(record));
  return { items: items.reverse(), falseRecords: falseRecords.map(({ revision }) => revision) };
}

/** What may be true. One that was written again later than the one after it is not. */
function truthOf(
  records: readonly RecordedChange[],
  seen: ReadonlyMap<Revision, SeenChange>,
  knownFrom: Revision | undefined,
): (record: RecordedChange) => boolean {
  const inOrder = new Set(inOrderOf(records));
  return (record) => {
    const { revision, publication } = record;
    const change = seen.get(revision);
    if (change !== undefined) {
      if (publication === undefined || change.after === 'Forgotten') return true;
      return isSameAsTold(publication.after, presentTexts(change.after));
    }
    const order = knownFrom === undefined ? 1 : compareRevisions(revision, knownFrom);
    // Of a removal at the oldest revision that can be read etcd shows nothing.
    if (order === 0) return publication !== undefined && publication.after === undefined;
    return order < 0 && inOrder.has(record);
  };
}

/** A version that knows of no rollouts leaves them as they are, and says nothing of them. */
function isSameAsTold(told: AppTexts | undefined, seen: AppTexts | undefined): boolean {
  return told?.rollout === undefined ? isSamePair(told, seen) : isSameTexts(told, seen);
}

/** Those that are older than all with a higher number. */
export function inOrderOf<Kept extends { readonly revision: Revision }>(
  records: readonly Kept[],
): readonly Kept[] {
  let oldest: Revision | undefined;
  const kept = [...records].reverse().filter(({ revision }) => {
    if (oldest !== undefined && compareRevisions(revision, oldest) >= 0) return false;
    oldest = revision;
    return true;
  });
  return kept.reverse();
}

function itemOf(
  revision: Revision,
  record: RecordedChange | undefined,
  seen: SeenChange | undefined,
): HistoryItem {
  const publication = record?.publication;
  const hasUnreadableRecord = record !== undefined && publication === undefined;
  const toldAfter = publication === undefined ? 'Forgotten' : (publication.after ?? 'Absent');
  return {
    revision,
    publication,
    hasUnreadableRecord,
    before: known(seen?.before, publication?.before ?? 'Forgotten'),
    after: known(seen?.after, toldAfter),
    rewritten: seen?.rewritten,
    isInEtcd: seen !== undefined,
  };
}

/** What etcd has counts first. */
function known(seen: TextsThen | undefined, told: TextsThen): TextsThen {
  return seen === undefined || seen === 'Forgotten' ? told : seen;
}

/**
 * Whether the app certainly had these texts: etcd has them, or the record of a change that etcd
 * knows, which nobody can write who may not write the app.
 */
export function isVouchedFor(items: readonly HistoryItem[], texts: AppTexts): boolean {
  return items.some(
    ({ isInEtcd, before, after }) =>
      isInEtcd && [before, after].some((then) => isSameTexts(presentTexts(then), texts)),
  );
}

function between(
  { after }: Pick<HistoryItem, 'after'>,
  { before }: Pick<HistoryItem, 'before'>,
): HistoryItem {
  return {
    revision: undefined,
    publication: undefined,
    hasUnreadableRecord: false,
    before: after,
    after: before,
    rewritten: undefined,
    isInEtcd: false,
  };
}

function isGap(after: TextsThen, before: TextsThen): boolean {
  if (after === 'Forgotten' || before === 'Forgotten') return false;
  return !isSameTexts(presentTexts(after), presentTexts(before));
}

/** Undefined for what was not there, or is forgotten. */
export function presentTexts(texts: TextsThen): AppTexts | undefined {
  return typeof texts === 'string' ? undefined : texts;
}

/** Not so: signatures alone, the same text written otherwise, or nothing at all. */
export function changesTexts({ before, after, rewritten }: HistoryItem): boolean {
  if (before === 'Forgotten' || after === 'Forgotten') return true;
  const texts = presentTexts(after);
  // Of what nobody can read only the bytes tell.
  const isOther = (leaf: 'ips' | 'content' | 'rollout'): boolean =>
    rewritten?.[leaf] === 'Other' && texts?.[leaf] === undefined;
  return isGap(before, after) || isOther('ips') || isOther('content') || isOther('rollout');
}

/**
 * What stood there at that revision. `Unknown`: it is older than all that is known, or an unrecorded
 * change may lie between. `Absent`: there was no app.
 */
export function itemAt(
  items: readonly HistoryItem[],
  revision: Revision,
  memoryFrom: Revision | undefined,
): HistoryItem | 'Absent' | 'Unknown' {
  const isInMemory = memoryFrom === undefined || compareRevisions(revision, memoryFrom) >= 0;
  for (const item of items) {
    if (item.revision === undefined) {
      if (isInMemory) continue;
      return 'Unknown';
    }
    const order = compareRevisions(item.revision, revision);
    if (order === 0) return item;
    if (order < 0 && !isInMemory) return 'Unknown';
    // etcd would know of it if it still stood there then.
    if (order < 0) return item.isInEtcd ? item : 'Absent';
  }
  return isInMemory ? 'Absent' : 'Unknown';
}
