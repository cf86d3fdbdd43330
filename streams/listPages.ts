/**
 * Every key below a prefix, page by page, all at the revision of the first page.
 * Nothing is kept of a page once the next one is asked for. The first error is the last page.
 */
import {
  type CallLimits,
  type EtcdError,
  type EtcdKeyValue,
  type Range,
} from '../src/domain/etcdCalls.ts';
import { err, ok, type Result } from '../src/domain/result.ts';
import { type Revision } from '../src/domain/types.ts';
import { prefixRange } from './etcdBytes.ts';

/** The limits are those of each page. */
export interface ListQuery extends CallLimits {
  readonly prefix: string;
  /** In keys. */
  readonly pageSize: number;
  /** Without their values. */
  readonly keysOnly?: boolean;
}

export interface Page {
  readonly clusterId: string;
  /** Of the whole listing. */
  readonly revision: Revision;
  /** Sorted by the bytes of the key, across pages too. */
  readonly kvs: readonly EtcdKeyValue[];
}

export async function* listPages(
  range: Range,
  { prefix, pageSize, keysOnly = false, ...limits }: ListQuery,
): AsyncGenerator<Result<Page, EtcdError>, void, void> {
  const { key: start, rangeEnd } = prefixRange(prefix);
  let key: Uint8Array = start;
  let first: { clusterId: string; revision: Revision } | undefined;
  for (;;) {
    const revision = first === undefined ? {} : { revision: first.revision };
    const extent = keysOnly ? { limit: pageSize, keysOnly } : { limit: pageSize };
    const answer = await range({ key, rangeEnd, ...extent, ...revision }, limits);
    if (!answer.ok) {
      yield answer;
      return;
    }
    const { clusterId, kvs, hasMore } = answer.value;
    // Later pages carry the store's revision of their own moment: the first one counts.
    first ??= { clusterId, revision: answer.value.revision };
    const last = kvs.at(-1);
    if (clusterId !== first.clusterId || (hasMore && last === undefined)) {
      yield err({ type: 'Malformed', wasSent: true, detail: 'the pages do not fit together' });
      return;
    }
    yield ok({ ...first, kvs });
    if (!hasMore || last === undefined) return;
    key = Buffer.concat([last.key, Buffer.from([0])]);
  }
}
