/**
 * The apps in etcd for a command. Loads the etcd client only here, since that takes longer than
 * the rest of a command.
 */
import type { EtcdClient } from '../clients/etcd.ts';
import { markOf, readApp, readApps } from '../clients/etcdApps.ts';
import { type AppWrite, signApp, writeApps } from '../clients/writeApps.ts';
import type { WriteError, Written } from '../clients/writeApps.ts';
import type { DesiredEntry, LeafValue } from '../domain/event.ts';
import type { Range } from '../domain/etcdCalls.ts';
import { rolloutKey } from '../domain/fleet/fleetKeys.ts';
import type { AppTexts } from '../domain/fleet/publication.ts';
import { formatKey } from '../domain/keys.ts';
import { type Result, err, ok } from '../domain/result.ts';
import { revisionZero } from '../domain/types.ts';
import { etcdConnection } from '../settings/connections.ts';
import type { EtcdSettings, Settings } from '../settings/settings.ts';
import type { AppChange, AppListing, AppStore, WriteOutcome } from './appStore.ts';
import { decodedText } from './checkContent.ts';
import type { Fault } from './commandIo.ts';
import { etcdFault, listFault, unknownOutcomeFault } from './etcdFault.ts';
import { readAppHistory } from './history/readAppHistory.ts';
import { readPast } from './history/readPast.ts';
import { makeRecord, whyDenied } from './recordChange.ts';
import { triedOnEach } from './triedOnEach.ts';

/** The error: a password file that cannot be read. */
export async function openAppStore(settings: Settings): Promise<Result<AppStore, Fault>> {
  const connection = etcdConnection(settings);
  if (!connection.ok) {
    const remedy = 'correct etcd.passwordFile, or make the file readable';
    return err({ message: connection.error, remedy });
  }
  const { createEtcdClient } = await import('../clients/etcd.ts');
  return ok(createAppStore(createEtcdClient(connection.value), settings.etcd));
}

/** A person waits, and would rather wait than start again. */
const limits = { timeoutMs: 10_000 };

/** Of a client that somebody else may use too; `close` closes it. */
export function createAppStore(client: EtcdClient, etcd: EtcdSettings): AppStore {
  const { prefix } = etcd;
  const range = triedOnEach(client.range, etcd.endpoints.length);
  const prepare = async (change: AppChange): Promise<Result<AppWrite, Fault>> => {
    const { app, values, entry, record: wish } = change;
    const write = { app, values: changedValues(values, entry), expected: markOf(entry) };
    if (wish === undefined) return ok(write);
    const after = textsAfter(values);
    const record = await makeRecord({ range }, etcd, app, { wish, entry, after }, limits);
    return record.ok ? ok({ ...write, record: record.value }) : record;
  };
  const write = async (writes: readonly AppWrite[]): Promise<Result<WriteOutcome, Fault>> => {
    const written = await writeApps(client, prefix, writes, limits);
    if (written.ok) await dropHalts(client, etcd, writes);
    const refusal = !written.ok && written.error.type === 'NotWritten' && written.error.cause;
    const first = writes.find(({ record }) => record !== undefined);
    if (!refusal || refusal.type !== 'Unauthorised' || first?.record === undefined) {
      return toOutcome(written, etcd);
    }
    return err(await whyDenied(client, etcd, first.app, first.record, refusal));
  };
  const change = async (wanted: AppChange): Promise<Result<WriteOutcome, Fault>> => {
    const prepared = await prepare(wanted);
    return prepared.ok ? write([prepared.value]) : prepared;
  };
  const keysOnly: Range = (query, given) => range({ ...query, keysOnly: true }, given);
  return {
    list: (toRow, isRemovedToo = false) => listApps(range, etcd, toRow, isRemovedToo),
    names: async () => {
      const listing = await listApps(keysOnly, etcd, ({ app }) => app, false);
      return listing.ok ? ok(listing.value.rows) : listing;
    },
    read: async (app) => {
      const reading = await readApp({ range }, prefix, app, limits);
      return reading.ok ? reading : err(etcdFault(reading.error, etcd));
    },
    history: (app, changesMax, own) =>
      readAppHistory(range, etcd, app, changesMax, { ...limits, ...own }),
    past: (app, to, own) => readPast(range, etcd, app, to, { ...limits, ...own }),
    prepare,
    write,
    publish: (app, values, entry, record) => {
      const { ips, content, signature, rollout } = values;
      return change({ app, values: { ips, content, signature, rollout }, entry, record });
    },
    unpublish: (app, entry, signature, record) => {
      const values = { ips: undefined, content: undefined, signature, rollout: undefined };
      return change({ app, values, entry, record });
    },
    sign: async (app, signature, entry) => {
      const signing = { app, signature, expected: markOf(entry) };
      return toOutcome(await signApp(client, prefix, signing, limits), etcd);
    },
    close: client.close,
  };
}

/**
 * A halt is of content that went with its app. It goes where this account may write there, and where
 * the app has not come back meanwhile; the removal is done either way.
 */
async function dropHalts(
  { txn }: Pick<EtcdClient, 'txn'>,
  { prefix, fleetPrefix }: EtcdSettings,
  writes: readonly AppWrite[],
): Promise<void> {
  const gone = writes.filter(({ values }) => {
    return 'content' in values && values.content === undefined && values.ips === undefined;
  });
  for (const { app } of gone) {
    const content = Buffer.from(formatKey(prefix, app, 'content'));
    const halt = Buffer.from(rolloutKey(fleetPrefix, app, { type: 'Halt' }));
    const compares = [{ key: content, modRevision: revisionZero }];
    const query = { compares, writes: [{ key: halt, value: undefined }] };
    const answer = await txn(query, { timeoutMs: 2_000 });
    if (!answer.ok) return;
  }
}

/**
 * Where hosts take turns what stays as it is is not written again: they would take turns once more
 * for the same content, and a halt of it would no longer count.
 */
function changedValues(values: AppChange['values'], entry: DesiredEntry): AppWrite['values'] {
  const isSame = (leaf: 'ips' | 'content' | 'rollout'): boolean => {
    const there = entry[leaf]?.value;
    if (there === undefined) return values[leaf] === undefined;
    return there.type === 'Text' && there.text === values[leaf];
  };
  const hasTurns = entry.rollout !== undefined || values.rollout !== undefined;
  const { ips, content, signature, rollout } = values;
  // A key that is gone has no revision: that of the placement tells when it went.
  const isRolloutRemoved = entry.rollout !== undefined && rollout === undefined;
  return {
    ...(hasTurns && isSame('ips') && !isRolloutRemoved ? {} : { ips }),
    ...(hasTurns && isSame('content') ? {} : { content }),
    ...(isSame('rollout') ? {} : { rollout }),
    signature,
  };
}

/** Undefined: the app is removed. */
function textsAfter({ ips, content, rollout }: AppChange['values']): AppTexts | undefined {
  if (ips === undefined || content === undefined) return undefined;
  const way = rollout === undefined ? {} : { rollout };
  return { ips, content: decodedText(text(content)) ?? undefined, ...way };
}

async function listApps<Row>(
  range: Range,
  etcd: EtcdSettings,
  toRow: (entry: DesiredEntry) => Row,
  isRemovedToo: boolean,
): Promise<Result<AppListing<Row>, Fault>> {
  const rows: { readonly app: string; readonly row: Row }[] = [];
  let ignoredKeys = 0;
  let revision = revisionZero;
  for await (const page of readApps({ range }, etcd.prefix, limits)) {
    if (!page.ok) return err(listFault(page.error, etcd, etcd.prefix));
    for (const entry of page.value.entries) {
      const isRemoved = entry.ips === undefined && entry.content === undefined;
      if (!isRemoved || isRemovedToo) rows.push({ app: entry.app, row: toRow(entry) });
    }
    ignoredKeys += page.value.ignoredKeys;
    ({ revision } = page.value);
  }
  rows.sort((a, b) => (a.app < b.app ? -1 : 1));
  return ok({ revision, ignoredKeys, rows: rows.map(({ row }) => row) });
}

function text(value: string): LeafValue {
  return { type: 'Text', text: value };
}

function toOutcome(
  written: Result<Written, WriteError>,
  etcd: EtcdSettings,
): Result<WriteOutcome, Fault> {
  if (written.ok) return ok({ type: 'Written', revision: written.value.revision });
  const { error } = written;
  if (error.type === 'Conflict') return ok({ type: 'Changed' });
  if (error.type === 'NotWritten') return err(etcdFault(error.cause, etcd));
  return err(unknownOutcomeFault(error.detail, etcd));
}
