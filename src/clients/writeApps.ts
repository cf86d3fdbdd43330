/**
 * Apps written to etcd: one transaction that compares what was read, with the records of the
 * changes in it. Nothing is retried: a conflict is a result, and after a failure that may have
 * written, etcd is read back, so that what is said is true.
 */
import { type CallLimits, type EtcdError, type TxnQuery } from '../domain/etcdCalls.ts';
import { type DesiredEntry } from '../domain/event.ts';
import { formatKey, type LeafName } from '../domain/keys.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { type AppName, compareRevisions, type Revision, revisionZero } from '../domain/types.ts';
import { type EtcdClient } from './etcd.ts';
import { type AppMark, markOf, readApp } from './etcdApps.ts';

export interface AppWrite {
  readonly app: AppName;
  readonly expected: AppMark;
  /** Undefined deletes; what is not in here stays as expected. */
  readonly values: Readonly<Partial<Record<LeafName, string | undefined>>>;
  /** Of this change in the history; undefined: there is to be none. */
  readonly record?: RecordWrite | undefined;
}

export interface RecordWrite {
  /** Must not be there yet. */
  readonly key: string;
  readonly value: string;
  /** Keys of older records, which go. */
  readonly dropped: readonly string[];
}

export interface Written {
  readonly revision: Revision;
  /** The answer was lost; reading back showed that it was done. */
  readonly isReadBack: boolean;
}

export type WriteError =
  | Readonly<{ type: 'Conflict'; detail: string }>
  /** The answer was lost and it is not done: not yet, or not at all. */
  | Readonly<{ type: 'Unknown'; detail: string }>
  /** Certainly not written. */
  | Readonly<{ type: 'NotWritten'; cause: EtcdError; detail: string }>;

type Access = Pick<EtcdClient, 'range' | 'txn'>;

/** Another signature of what stands there, which stays as it is. */
export function signApp(
  access: Access,
  prefix: string,
  { app, signature, expected }: Pick<AppWrite, 'app' | 'expected'> & { readonly signature: string },
  limits: CallLimits = {},
): Promise<Result<Written, WriteError>> {
  return writeApps(access, prefix, [{ app, expected, values: { signature } }], limits);
}

const leaves: readonly LeafName[] = ['ips', 'content', 'signature', 'rollout'];

/** All of them, or none. Each app once. */
export async function writeApps(
  access: Access,
  prefix: string,
  writes: readonly AppWrite[],
  limits: CallLimits = {},
): Promise<Result<Written, WriteError>> {
  const answer = await access.txn(transaction(prefix, writes), limits);
  if (answer.ok && answer.value.isDone) {
    return ok({ revision: answer.value.revision, isReadBack: false });
  }
  if (answer.ok) return err(conflict(writes));
  const cause = answer.error;
  if (!cause.wasSent || isRefusal(cause)) {
    return err({ type: 'NotWritten', cause, detail: cause.detail });
  }
  return readBack(access, prefix, writes, cause, limits);
}

export function transaction(prefix: string, writes: readonly AppWrite[]): TxnQuery {
  const queries = writes.map((write) => appTransaction(prefix, write));
  return {
    compares: queries.flatMap(({ compares }) => compares),
    writes: queries.flatMap((query) => query.writes),
  };
}

function appTransaction(prefix: string, write: AppWrite): TxnQuery {
  const { app, expected, values, record } = write;
  const keyOf = (leaf: LeafName): Uint8Array => Buffer.from(formatKey(prefix, app, leaf));
  const compares = leaves.map((leaf) => ({
    key: keyOf(leaf),
    modRevision: expected[leaf] ?? revisionZero,
  }));
  const writes = leaves
    .filter((leaf) => isTouched(leaf, write))
    .map((leaf) => ({ key: keyOf(leaf), value: bytesOf(values[leaf]) }));
  if (record === undefined) return { compares, writes };
  const key = Buffer.from(record.key);
  const dropped = record.dropped.map((old) => ({ key: Buffer.from(old), value: undefined }));
  return {
    compares: [...compares, { key, modRevision: revisionZero }],
    writes: [...writes, { key, value: bytesOf(record.value) }, ...dropped],
  };
}

function bytesOf(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : Buffer.from(text);
}

/** What is not there and is not to be costs no write; the two keys of an app always go or come. */
function isTouched(leaf: LeafName, { expected, values }: AppWrite): boolean {
  if (!(leaf in values)) return false;
  if (leaf === 'ips' || leaf === 'content') return true;
  return (expected[leaf] ?? values[leaf]) !== undefined;
}

/** etcd answered, and the answer was no. */
function isRefusal({ type }: EtcdError): boolean {
  return type === 'Unauthorised' || type === 'Failed' || type === 'Compacted';
}

function conflict(writes: readonly AppWrite[]): WriteError {
  const [first] = writes;
  const what = writes.length === 1 ? (first?.app ?? '') : 'one of the apps';
  return { type: 'Conflict', detail: `${what} was changed by somebody else meanwhile` };
}

/** They were written together: what became of the first became of all. */
async function readBack(
  access: Access,
  prefix: string,
  writes: readonly AppWrite[],
  cause: EtcdError,
  limits: CallLimits,
): Promise<Result<Written, WriteError>> {
  const unknown = (why: string): Result<Written, WriteError> =>
    err({ type: 'Unknown', detail: `${cause.detail}; ${why}` });
  const [write] = writes;
  if (write === undefined) return unknown('there was nothing to write');
  const { app, expected, values, record } = write;
  // The signal that gave the write up must not give this up too.
  const timeout = limits.timeoutMs === undefined ? {} : { timeoutMs: limits.timeoutMs };
  const found = record === undefined ? 'Unknown' : await findRecord(access, record, timeout);
  if (typeof found !== 'string') return ok(found);
  if (found === 'OfAnother') return err(conflict(writes));
  const now = await readApp(access, prefix, app, timeout);
  if (!now.ok) return unknown(`whether it was written cannot be read: ${now.error.detail}`);
  const { entry, revision } = now.value;
  const isUnchanged = leaves.every((leaf) => markOf(entry)[leaf] === expected[leaf]);
  const isWritten = leaves.every((leaf) =>
    leaf in values ? isValue(entry, leaf, values[leaf]) : markOf(entry)[leaf] === expected[leaf],
  );
  if (isWritten && !isUnchanged && found === 'Unknown') {
    return ok({ revision: newest(entry) ?? revision, isReadBack: true });
  }
  if (isUnchanged) return unknown('it is not written now, and may still be');
  return err(conflict(writes));
}

/**
 * The record tells this write from the same one by somebody else, and stays when the app is changed
 * again.
 */
async function findRecord(
  { range }: Access,
  { key, value }: RecordWrite,
  limits: CallLimits,
): Promise<Written | 'OfAnother' | 'None' | 'Unknown'> {
  const answer = await range({ key: Buffer.from(key) }, limits);
  if (!answer.ok) return 'Unknown';
  const [found] = answer.value.kvs;
  if (found === undefined) return 'None';
  const isOurs = Buffer.compare(found.value, Buffer.from(value)) === 0;
  return isOurs ? { revision: found.modRevision, isReadBack: true } : 'OfAnother';
}

function isValue(entry: DesiredEntry, leaf: LeafName, value: string | undefined): boolean {
  const there = entry[leaf]?.value;
  if (there === undefined || value === undefined) return there === value;
  return there.type === 'Text' && there.text === value;
}

function newest(entry: DesiredEntry): Revision | undefined {
  return Object.values(markOf(entry)).reduce(
    (a, b) => (a === undefined || (b !== undefined && compareRevisions(a, b) < 0) ? b : a),
    undefined,
  );
}
