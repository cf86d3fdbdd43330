/** All keys that start so, page by page, at the revision of the first page. */
import type { EtcdError, EtcdKeyValue, Range } from '../../src/domain/etcdCalls.ts';
import { ok, type Result } from '../../src/domain/result.ts';
import type { Revision } from '../../src/domain/types.ts';

/** In keys: a report may have 16 KiB, and a page is held as a whole. */
const pageSize = 100;
/** What is more is not looked at: nobody but a vandal has so many. */
const keysMax = 20_000;

/** `start` ends with a slash. */
export async function rangeAll(
  range: Range,
  start: string,
): Promise<Result<readonly EtcdKeyValue[], EtcdError>> {
  const kvs: EtcdKeyValue[] = [];
  const rangeEnd = Buffer.from(`${start.slice(0, -1)}0`);
  let key: Uint8Array = Buffer.from(start);
  let revision: Revision | undefined;
  while (kvs.length < keysMax) {
    const at = revision === undefined ? {} : { revision };
    const answer = await range({ key, rangeEnd, limit: pageSize, ...at });
    if (!answer.ok) return answer;
    revision ??= answer.value.revision;
    kvs.push(...answer.value.kvs);
    const last = answer.value.kvs.at(-1);
    if (!answer.value.hasMore || last === undefined) break;
    key = Buffer.concat([last.key, Buffer.from([0])]);
  }
  return ok(kvs);
}
