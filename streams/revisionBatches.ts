/**
 * Watch responses as whole revisions: each batch is everything that one etcd revision changed.
 *
 * A response may hold many revisions, and with fragments a revision may come in several responses;
 * its last one is then held back until the response is complete. What is not newer than the cursor
 * is dropped: etcd before 3.4.38 repeats events and sends old ones.
 */
import { type KeyChange } from '../src/domain/etcdCalls.ts';
import { compareRevisions, type Revision } from '../src/domain/types.ts';

export interface RevisionBatch {
  readonly revision: Revision;
  readonly changes: readonly KeyChange[];
}

export interface RevisionBatches {
  /** Batches in order of revision, each newer than all before. */
  readonly push: (changes: readonly KeyChange[], isFragment: boolean) => readonly RevisionBatch[];
}

export function createRevisionBatches(cursor: Revision): RevisionBatches {
  let delivered = cursor;
  let held: KeyChange[] = [];

  return {
    push: (changes, isFragment) => {
      for (const change of changes) {
        if (compareRevisions(change.modRevision, delivered) > 0) held.push(change);
      }
      const keep = isFragment ? held.at(-1)?.modRevision : undefined;
      const batches: RevisionBatch[] = [];
      for (const group of consecutive(held)) {
        if (group.revision === keep || compareRevisions(group.revision, delivered) <= 0) continue;
        delivered = group.revision;
        batches.push(group);
      }
      held = keep === undefined ? [] : held.filter((change) => change.modRevision === keep);
      return batches;
    },
  };
}

function* consecutive(changes: readonly KeyChange[]): Generator<RevisionBatch> {
  let start = 0;
  for (let index = 1; index <= changes.length; index += 1) {
    const revision = changes[start]?.modRevision;
    if (revision === undefined || changes[index]?.modRevision === revision) continue;
    yield { revision, changes: changes.slice(start, index) };
    start = index;
  }
}
