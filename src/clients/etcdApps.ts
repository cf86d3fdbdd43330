/**
 * Apps in etcd for the commands: read at one revision, published and unpublished in one
 * transaction that compares what was read. Nothing is retried: a conflict is a result, and after
 * a failure that may have written the app is read back, so that what is said is true.
 */
import { type CallLimits, type EtcdError, type EtcdKeyValue } from '../domain/etcdCalls.ts';
import { type DesiredEntry } from '../domain/event.ts';
import { formatKey, type LeafName, parseKey } from '../domain/keys.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { type AppName, compareRevisions, type Revision, revisionZero } from '../domain/types.ts';
import { decodeKey, decodeLeafValue } from '../../streams/etcdBytes.ts';
import { listPages } from '../../streams/listPages.ts';
import { type EtcdClient } from './etcd.ts';

export interface AppsPage {
  readonly clusterId: string;
  /** Of the whole listing. */
  readonly revision: Revision;
  /** No app is in two pages; sorted by the bytes of their keys, so `a-b` comes before `a`. */
  readonly entries: readonly DesiredEntry[];
  /** Keys of this page that are no leaf of an app. */
  readonly ignoredKeys: number;
}

/** The leaves as they were read; undefined for one that was not there. */
export type AppMark = Readonly<Record<LeafName, Revision | undefined>>;

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

/** One page is in memory at a time. The first error is the last page. */
export async function* readApps(
  { range }: Pick<Access, 'range'>,
  prefix: string,
  { pageSize = 250, ...limits }: CallLimits & { readonly pageSize?: number } = {},
): AsyncGenerator<Result<AppsPage, EtcdError>, void, void> {
  /** The last app of a page may go on in the next one. */
  let carried: DesiredEntry | undefined;
  let last: AppsPage | undefined;
  for await (const page of listPages(range, { prefix, pageSize, ...limits })) {
    if (!page.ok) {
      yield page;
      return;
    }
    const { clusterId, revision, kvs } = page.value;
    if (last !== undefined) yield ok(last);
    const { entries, ignoredKeys } = entriesOf(prefix, kvs, carried);
    carried = entries.at(-1);
    last = { clusterId, revision, entries: entries.slice(0, -1), ignoredKeys };
  }
  if (last === undefined) return;
  const rest = carried === undefined ? [] : [carried];
  yield ok({ ...last, entries: [...last.entries, ...rest] });
}

/** An app that is not there is an entry without leaves. */
export async function readApp(
  { range }: Pick<Access, 'range'>,
  prefix: string,
  app: AppName,
  limits: CallLimits = {},
): Promise<Result<AppAtRevision, EtcdError>> {
  const key = Buffer.from(formatKey(prefix, app, 'content'));
  // Exclusive, and the next possible key after the last leaf.
  const rangeEnd = Buffer.from(`${formatKey(prefix, app, 'signature')}\0`);
  const answer = await range({ key, rangeEnd }, limits);
  if (!answer.ok) return answer;
  const { kvs, revision } = answer.value;
  return ok({ revision, entry: entriesOf(prefix, kvs, undefined).entries[0] ?? { app } });
}

export interface AppAtRevision {
  readonly revision: Revision;
  readonly entry: DesiredEntry;
}

export function markOf({ ips, content, signature }: DesiredEntry): AppMark {
  return {
    ips: ips?.modRevision,
    content: content?.modRevision,
    signature: signature?.modRevision,
  };
}

export interface Publication {
  readonly app: AppName;
  readonly ips: string;
  /** As it shall stand in etcd. */
  readonly content: string;
  /** Undefined: there is none afterwards. */
  readonly signature?: string | undefined;
  readonly expected: AppMark;
}

export function publishApp(
  access: Access,
  prefix: string,
  { app, ips, content, signature, expected }: Publication,
  limits: CallLimits = {},
): Promise<Result<Written, WriteError>> {
  return write(access, prefix, { app, expected, values: { ips, content, signature } }, limits);
}

export function unpublishApp(
  access: Access,
  prefix: string,
  { app, signature, expected }: Pick<Publication, 'app' | 'signature' | 'expected'>,
  limits: CallLimits = {},
): Promise<Result<Written, WriteError>> {
  const values = { ips: undefined, content: undefined, signature };
  return write(access, prefix, { app, expected, values }, limits);
}

/** Another signature of what stands there, which stays as it is. */
export function signApp(
  access: Access,
  prefix: string,
  { app, signature, expected }: Pick<Publication, 'app' | 'signature' | 'expected'>,
  limits: CallLimits = {},
): Promise<Result<Written, WriteError>> {
  return write(access, prefix, { app, expected, values: { signature } }, limits);
}

interface Writing {
  readonly app: AppName;
  readonly expected: AppMark;
  /** Undefined deletes; what is not in here stays as expected. */
  readonly values: Readonly<Partial<Record<LeafName, string | undefined>>>;
}

const leaves: readonly LeafName[] = ['ips', 'content', 'signature'];

async function write(
  access: Access,
  prefix: string,
  writing: Writing,
  limits: CallLimits,
): Promise<Result<Written, WriteError>> {
  const { app, expected, values } = writing;
  const keyOf = (leaf: LeafName): Uint8Array => Buffer.from(formatKey(prefix, app, leaf));
  const answer = await access.txn(
    {
      compares: leaves.map((leaf) => ({
        key: keyOf(leaf),
        modRevision: expected[leaf] ?? revisionZero,
      })),
      writes: leaves
        .filter((leaf) => isTouched(leaf, writing))
        .map((leaf) => {
          const value = values[leaf];
          return { key: keyOf(leaf), value: value === undefined ? undefined : Buffer.from(value) };
        }),
    },
    limits,
  );
  if (answer.ok && answer.value.isDone) {
    return ok({ revision: answer.value.revision, isReadBack: false });
  }
  if (answer.ok) {
    return err({ type: 'Conflict', detail: `${app} was changed by somebody else meanwhile` });
  }
  const cause = answer.error;
  if (!cause.wasSent || isRefusal(cause)) {
    return err({ type: 'NotWritten', cause, detail: cause.detail });
  }
  return readBack(access, prefix, writing, cause, limits);
}

/** A signature that is not there and is not to be costs no write. */
function isTouched(leaf: LeafName, { expected, values }: Writing): boolean {
  if (!(leaf in values)) return false;
  return leaf !== 'signature' || (expected[leaf] ?? values[leaf]) !== undefined;
}

/** etcd answered, and the answer was no. */
function isRefusal({ type }: EtcdError): boolean {
  return type === 'Unauthorised' || type === 'Failed' || type === 'Compacted';
}

async function readBack(
  access: Access,
  prefix: string,
  { app, expected, values }: Writing,
  cause: EtcdError,
  limits: CallLimits,
): Promise<Result<Written, WriteError>> {
  const unknown = (why: string): Result<Written, WriteError> =>
    err({ type: 'Unknown', detail: `${cause.detail}; ${why}` });
  // The signal that gave the write up must not give this up too.
  const timeout = limits.timeoutMs === undefined ? {} : { timeoutMs: limits.timeoutMs };
  const now = await readApp(access, prefix, app, timeout);
  if (!now.ok) return unknown(`whether it was written cannot be read: ${now.error.detail}`);
  const { entry, revision } = now.value;
  const isUnchanged = leaves.every((leaf) => markOf(entry)[leaf] === expected[leaf]);
  const isWritten = leaves.every((leaf) =>
    leaf in values ? isValue(entry, leaf, values[leaf]) : markOf(entry)[leaf] === expected[leaf],
  );
  if (isWritten && !isUnchanged) {
    return ok({ revision: newest(entry) ?? revision, isReadBack: true });
  }
  if (isUnchanged) return unknown('it is not written now, and may still be');
  return err({ type: 'Conflict', detail: `${app} was changed by somebody else meanwhile` });
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

function entriesOf(
  prefix: string,
  kvs: readonly EtcdKeyValue[],
  carried: DesiredEntry | undefined,
): { entries: readonly DesiredEntry[]; ignoredKeys: number } {
  const entries: DesiredEntry[] = carried === undefined ? [] : [carried];
  let ignoredKeys = 0;
  for (const { key, value, modRevision } of kvs) {
    const text = decodeKey(key);
    const place = text === undefined ? undefined : parseKey(prefix, text);
    if (place?.type !== 'Leaf') {
      ignoredKeys += 1;
      continue;
    }
    const leaf = { [place.leaf]: { modRevision, value: decodeLeafValue(value) } };
    const last = entries.at(-1);
    if (last?.app === place.app) entries[entries.length - 1] = { ...last, ...leaf };
    else entries.push({ app: place.app, ...leaf });
  }
  return { entries, ignoredKeys };
}
