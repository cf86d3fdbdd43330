/**
 * The audit trail as it stands in etcd, read and checked. Whoever asks again pays for what changed
 * since only: etcd says which keys were written after a revision, and how many there are in all.
 */
import { decodeKey, prefixRange } from '../../../../streams/etcdBytes.ts';
import { listPages } from '../../../../streams/listPages.ts';
import type { AuditEntry, AuditVerdict } from '../../../domain/console/api.ts';
import {
  type AuditCheck,
  auditHeadKey,
  auditKey,
  auditPrefix,
  checkEntry,
  checkStart,
  parseAuditKey,
  parseEntry,
  parseHead,
  verdictOf,
  type AuditHead,
} from '../../../domain/console/audit.ts';
import type { EtcdError, EtcdKeyValue, Range } from '../../../domain/etcdCalls.ts';
import { ok, type Result } from '../../../domain/result.ts';
import type { Revision } from '../../../domain/types.ts';

export interface AuditReader {
  /** Of the whole trail. */
  readonly verdict: () => Promise<Result<AuditVerdict, EtcdError>>;
  /** The newest first; `before`: undefined for the newest of all. What is no entry is left out. */
  readonly before: (
    before: number | undefined,
    count: number,
  ) => Promise<Result<readonly AuditEntry[], EtcdError>>;
}

const limits = { timeoutMs: 10_000 };
const pageSize = 500;
const fullEach = 20;

/** What was looked through. */
export interface TrailCheck {
  readonly check: AuditCheck;
  readonly head: AuditHead | undefined;
  /** At which all of it was so. */
  readonly revision: Revision;
  /** Keys in all. */
  readonly count: number;
}

export function createAuditReader(range: Range, fleetPrefix: string): AuditReader {
  let known: TrailCheck | undefined;
  let asked = 0;
  return {
    verdict: async () => {
      // An etcd that was put back to an older state may look as if nothing had changed.
      asked += 1;
      if (asked % fullEach === 0) known = undefined;
      const added = known === undefined ? ok(undefined) : await goOn(range, fleetPrefix, known);
      if (!added.ok) return added;
      const trail =
        added.value === undefined ? await checkTrail(range, fleetPrefix) : ok(added.value);
      if (!trail.ok) return trail;
      known = trail.value;
      return ok(verdictOf(trail.value.check, trail.value.head));
    },
    before: async (before, count) => {
      const end = before ?? (await nextSeq(range, fleetPrefix));
      if (typeof end !== 'number') return end;
      const key = Buffer.from(auditKey(fleetPrefix, Math.max(0, end - count)));
      const rangeEnd = Buffer.from(auditKey(fleetPrefix, end));
      const found = await range({ key, rangeEnd }, limits);
      if (!found.ok) return found;
      const entries = found.value.kvs.flatMap(({ value }) => parseEntry(textOf(value)) ?? []);
      return ok(entries.reverse());
    },
  };
}

async function nextSeq(
  range: Range,
  fleetPrefix: string,
): Promise<number | Result<never, EtcdError>> {
  const found = await range({ key: Buffer.from(auditHeadKey(fleetPrefix)) }, limits);
  if (!found.ok) return found;
  const [head] = found.value.kvs;
  return (head === undefined ? 0 : (parseHead(textOf(head.value))?.seq ?? 0)) + 1;
}

/** All of it, page by page; `onKey` with the text of each and where it stands, entries in order. */
export async function checkTrail(
  range: Range,
  fleetPrefix: string,
  onKey: (text: string, place: number | 'Head' | undefined) => Promise<void> | void = () =>
    undefined,
): Promise<Result<TrailCheck, EtcdError>> {
  let trail: TrailCheck | undefined;
  for await (const page of listPages(range, {
    prefix: auditPrefix(fleetPrefix),
    pageSize,
    ...limits,
  })) {
    if (!page.ok) return page;
    const { revision, kvs } = page.value;
    trail ??= { check: checkStart, head: undefined, revision, count: 0 };
    for (const kv of kvs) {
      trail = addKey(trail, fleetPrefix, kv);
      await onKey(textOf(kv.value), parseAuditKey(fleetPrefix, decodeKey(kv.key) ?? ''));
    }
  }
  return ok(trail ?? { check: checkStart, head: undefined, revision: '0' as Revision, count: 0 });
}

function addKey(trail: TrailCheck, fleetPrefix: string, { key, value }: EtcdKeyValue): TrailCheck {
  const place = parseAuditKey(fleetPrefix, decodeKey(key) ?? '');
  const count = trail.count + 1;
  if (place === 'Head') return { ...trail, count, head: parseHead(textOf(value)) };
  if (place !== undefined) {
    return { ...trail, count, check: checkEntry(trail.check, place, textOf(value)) };
  }
  if (trail.check.fault !== undefined) return { ...trail, count };
  const seq = trail.check.last.seq + 1;
  const fault = { seq, why: 'a key stands there that is no number' };
  return { ...trail, count, check: { ...trail.check, fault } };
}

/** Undefined: something else happened than that entries were added. */
async function goOn(
  range: Range,
  fleetPrefix: string,
  known: TrailCheck,
): Promise<Result<TrailCheck | undefined, EtcdError>> {
  if (known.check.fault !== undefined) return ok(undefined);
  const query = { ...prefixRange(auditPrefix(fleetPrefix)), changedAfter: known.revision };
  const found = await range({ ...query, limit: pageSize }, limits);
  if (!found.ok) return found;
  const { kvs, hasMore, count, revision } = found.value;
  if (hasMore) return ok(undefined);
  let trail: TrailCheck = { ...known, revision };
  for (const kv of kvs) {
    const place = parseAuditKey(fleetPrefix, decodeKey(kv.key) ?? '');
    const isOld = typeof place === 'number' && place <= known.check.last.seq;
    if (place === undefined || isOld) return ok(undefined);
    trail = addKey(trail, fleetPrefix, kv);
  }
  const isHeadNew = kvs.some(
    ({ key }) => parseAuditKey(fleetPrefix, decodeKey(key) ?? '') === 'Head',
  );
  const wasThere = known.head !== undefined && isHeadNew ? 1 : 0;
  // Fewer keys: some are gone. A lower revision: it is another etcd.
  const isSame = trail.count - wasThere === count && BigInt(revision) >= BigInt(known.revision);
  return ok(isSame ? { ...trail, count } : undefined);
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value).toString('utf8');
}
