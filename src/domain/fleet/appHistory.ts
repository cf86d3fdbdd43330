/**
 * The history of one app from both sources: the records of this program, and what etcd itself still
 * has. The revision of a record is that of its change, and so they are laid over one another.
 */
import { compareRevisions, type Revision } from '../types.ts';
import { type AppTexts, isSameTexts, type Publication, type TextsThen } from './publication.ts';

/** As etcd has it. */
export interface SeenChange {
  readonly revision: Revision;
  readonly before: TextsThen;
  readonly after: TextsThen;
}

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
}

/** Newest first. */
export function mergeHistory(
  records: readonly RecordedChange[],
  seen: readonly SeenChange[],
): readonly HistoryItem[] {
  const seenByRevision = new Map(seen.map((change) => [change.revision, change]));
  const recordsByRevision = new Map(records.map((record) => [record.revision, record]));
  const revisions = [...new Set([...seenByRevision.keys(), ...recordsByRevision.keys()])];
  revisions.sort(compareRevisions);
  const items: HistoryItem[] = [];
  for (const revision of revisions) {
    const item = itemOf(revision, recordsByRevision.get(revision), seenByRevision.get(revision));
    const last = items.at(-1);
    if (last !== undefined && isGap(last.after, item.before)) items.push(between(last, item));
    items.push(item);
  }
  return items.reverse();
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
  };
}

/** What etcd has counts first. */
function known(seen: TextsThen | undefined, told: TextsThen): TextsThen {
  return seen === undefined || seen === 'Forgotten' ? told : seen;
}

function between({ after }: HistoryItem, { before }: HistoryItem): HistoryItem {
  return {
    revision: undefined,
    publication: undefined,
    hasUnreadableRecord: false,
    before: after,
    after: before,
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

/** Signatures alone, or nothing at all. */
export function changesTexts({ before, after }: HistoryItem): boolean {
  if (before === 'Forgotten' || after === 'Forgotten') return true;
  return isGap(before, after);
}

/**
 * What stood there at that revision. `Unknown`: it is older than all that is known, or an unrecorded
 * change may lie between.
 */
export function itemAt(
  items: readonly HistoryItem[],
  revision: Revision,
  memoryFrom: Revision | undefined,
): HistoryItem | 'Unknown' {
  const isInMemory = memoryFrom === undefined || compareRevisions(revision, memoryFrom) >= 0;
  for (const item of items) {
    if (item.revision === undefined) {
      if (isInMemory) continue;
      return 'Unknown';
    }
    const order = compareRevisions(item.revision, revision);
    if (order === 0 || (order < 0 && isInMemory)) return item;
    if (order < 0) return 'Unknown';
  }
  return 'Unknown';
}
