/**
 * One host's report in etcd: under `hosts` for as long as its agent's lease, under `known` for
 * good. Both are written in one transaction, which holds only while nobody else wrote the head;
 * what is too much for one goes ahead in others, the head last.
 */
import type {
  CallLimits,
  EtcdError,
  LeaseId,
  Range,
  TxnQuery,
  TxnWrite,
} from '../../src/domain/etcdCalls.ts';
import type { TxnAnswer } from '../../src/domain/etcdCalls.ts';
import { reportKey, type ReportKind } from '../../src/domain/fleet/fleetKeys.ts';
import { type DecodedReport, decodeReport } from '../../src/domain/fleet/reportCodec.ts';
import { err, ok, type Result } from '../../src/domain/result.ts';
import { type Revision, revisionZero } from '../../src/domain/types.ts';

export interface ReportKeysDeps {
  readonly range: Range;
  readonly txn: (query: TxnQuery, limits?: CallLimits) => Promise<Result<TxnAnswer, EtcdError>>;
}

export interface ReportKeysOptions {
  readonly fleetPrefix: string;
  readonly host: string;
}

/** What stands in etcd. */
export interface StoredReport {
  /** Of the head below `hosts`; `0`: there is none. */
  readonly headRevision: Revision;
  /** Undefined when there is none, or none that can be read, or none under a lease. */
  readonly live: DecodedReport['report'] | undefined;
  readonly known: DecodedReport['report'] | undefined;
  /** The highest part of either. */
  readonly lastPart: number;
}

export interface ReportWrite {
  readonly lease: LeaseId;
  /** The head must not have changed since. */
  readonly headRevision: Revision;
  readonly head: string;
  /** By number, from 1; undefined: it is to go. */
  readonly parts: ReadonlyMap<number, string | undefined>;
  /** Nothing but revisions is new: not worth a second copy of it all. */
  readonly isOfRevisions: boolean;
}

export interface ReportKeys {
  readonly read: () => Promise<Result<StoredReport, EtcdError>>;
  readonly headRevision: () => Promise<Result<Revision, EtcdError>>;
  /** The new revision of the head; `Overtaken` when somebody else wrote it. */
  readonly write: (write: ReportWrite) => Promise<Result<Revision | 'Overtaken', EtcdError>>;
  /** The last words, for those who look when the host is gone. */
  readonly writeKnownHead: (
    head: string,
    headRevision: Revision,
    limits: CallLimits,
  ) => Promise<void>;
}

/** etcd allows 128 operations and 1.5 MiB; keys and framing count too. */
const writesMax = 100;
const sizeMaxBytes = 1024 * 1024;

export function createReportKeys(
  { range, txn }: ReportKeysDeps,
  { fleetPrefix, host }: ReportKeysOptions,
): ReportKeys {
  const keyOf = (kind: ReportKind, part: number): Uint8Array =>
    Buffer.from(reportKey(fleetPrefix, kind, host, part));
  const liveHead = { key: keyOf('hosts', 0) };

  const readReport = async (kind: ReportKind): Promise<Result<ReadReport, EtcdError>> => {
    const head = await range({ key: keyOf(kind, 0) });
    if (!head.ok) return head;
    const start = `${reportKey(fleetPrefix, kind, host, 0)}/`;
    const end = `${start.slice(0, -1)}0`;
    const rest = await range({ key: Buffer.from(start), rangeEnd: Buffer.from(end) });
    if (!rest.ok) return rest;
    const parts = new Map<number, Uint8Array>();
    for (const { key, value } of rest.value.kvs) {
      const part = Number(Buffer.from(key).toString().slice(start.length));
      if (Number.isSafeInteger(part) && part > 0) parts.set(part, value);
    }
    const [first] = head.value.kvs;
    // A key that nobody keeps alive is no sign of life, whoever wrote it: it is written over.
    const isWord = first !== undefined && (kind === 'known' || first.lease !== undefined);
    const decoded = isWord ? decodeReport(first.value, parts) : undefined;
    return ok({
      headRevision: first?.modRevision ?? revisionZero,
      report: decoded?.ok === true ? decoded.value.report : undefined,
      lastPart: Math.max(0, ...parts.keys()),
    });
  };

  return {
    read: async () => {
      const live = await readReport('hosts');
      if (!live.ok) return live;
      const known = await readReport('known');
      if (!known.ok) return known;
      return ok({
        headRevision: live.value.headRevision,
        live: live.value.report,
        known: known.value.report,
        lastPart: Math.max(live.value.lastPart, known.value.lastPart),
      });
    },
    headRevision: async () => {
      const answer = await range({ ...liveHead, keysOnly: true });
      return answer.ok ? ok(answer.value.kvs[0]?.modRevision ?? revisionZero) : answer;
    },
    write: async ({ lease, headRevision, head, parts, isOfRevisions }) => {
      const both = (part: number, text: string | undefined): readonly TxnWrite[] => {
        const value = text === undefined ? undefined : Buffer.from(text);
        return [
          { key: keyOf('hosts', part), value, ...(value === undefined ? {} : { lease }) },
          ...(isOfRevisions ? [] : [{ key: keyOf('known', part), value }]),
        ];
      };
      const compares = [{ ...liveHead, modRevision: headRevision }];
      const writes = [...parts].flatMap(([part, text]) => both(part, text));
      for (const some of inTransactions([...writes, ...both(0, head)])) {
        const answer = await txn({ compares, writes: some.writes });
        if (!answer.ok) return err(answer.error);
        if (!answer.value.isDone) return ok('Overtaken');
        if (some.isLast) return ok(answer.value.revision);
      }
      return ok('Overtaken');
    },
    writeKnownHead: async (head, headRevision, limits) => {
      const writes = [{ key: keyOf('known', 0), value: Buffer.from(head) }];
      await txn({ compares: [{ ...liveHead, modRevision: headRevision }], writes }, limits);
    },
  };
}

interface ReadReport {
  readonly headRevision: Revision;
  readonly report: DecodedReport['report'] | undefined;
  readonly lastPart: number;
}

/** In order; the two writes of the head stay together, in the last. */
function inTransactions(
  writes: readonly TxnWrite[],
): readonly { readonly writes: readonly TxnWrite[]; readonly isLast: boolean }[] {
  const all: TxnWrite[][] = [[]];
  let sizeBytes = 0;
  for (let at = 0; at < writes.length; at += 2) {
    const pair = writes.slice(at, at + 2);
    const pairBytes = pair.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    const open = all.at(-1) ?? [];
    const isFull = open.length + 2 > writesMax || sizeBytes + pairBytes > sizeMaxBytes;
    if (isFull && open.length > 0) {
      all.push([...pair]);
      sizeBytes = pairBytes;
    } else {
      open.push(...pair);
      sizeBytes += pairBytes;
    }
  }
  return all.map((each, index) => ({ writes: each, isLast: index === all.length - 1 }));
}
