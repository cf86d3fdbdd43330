import { describe, expect, it } from 'vitest';
import { createRevisionBatches, type RevisionBatch } from '../../../streams/revisionBatches.ts';
import { put, rev } from '../../support/etcdValues.ts';

const shape = (batches: readonly RevisionBatch[]) =>
  batches.map((b) => [b.revision, b.changes.map((c) => Buffer.from(c.key).toString()).join()]);

describe('createRevisionBatches', () => {
  it('makes one batch of each revision', () => {
    const batches = createRevisionBatches(rev(1));
    const changes = [put('a', '', 2), put('b', '', 2), put('a', '', 3)];
    expect(shape(batches.push(changes, false))).toEqual([
      ['2', 'a,b'],
      ['3', 'a'],
    ]);
  });

  it('holds back the last revision of a fragment', () => {
    const batches = createRevisionBatches(rev(1));
    expect(shape(batches.push([put('a', '', 2), put('a', '', 3)], true))).toEqual([['2', 'a']]);
    expect(shape(batches.push([put('b', '', 3)], true))).toEqual([]);
    expect(shape(batches.push([put('c', '', 3), put('c', '', 4)], false))).toEqual([
      ['3', 'a,b,c'],
      ['4', 'c'],
    ]);
  });

  it('A21: drops what is not newer than what was delivered', () => {
    const batches = createRevisionBatches(rev(9));
    expect(shape(batches.push([put('a', '', 8), put('a', '', 9)], false))).toEqual([]);
    expect(shape(batches.push([put('a', '', 10)], false))).toEqual([['10', 'a']]);
    expect(
      shape(batches.push([put('a', '', 10), put('b', '', 9), put('b', '', 11)], false)),
    ).toEqual([['11', 'b']]);
    expect(shape(batches.push([put('a', '', 13), put('a', '', 12)], false))).toEqual([['13', 'a']]);
  });

  it('A25: compares revisions beyond 2^53 exactly', () => {
    const batches = createRevisionBatches(rev(9_007_199_254_740_993n));
    const near = (revision: bigint) => ({ ...put('a', '', 0), modRevision: rev(revision) });
    const changes = [near(9_007_199_254_740_992n), near(9_007_199_254_740_994n)];
    expect(shape(batches.push(changes, false))).toEqual([['9007199254740994', 'a']]);
  });
});
