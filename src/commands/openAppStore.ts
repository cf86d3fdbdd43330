/**
 * The apps in etcd for a command: listed in pages at one revision, written in one transaction.
 *
 * Loads the etcd client only here, since that takes longer than the rest of a command.
 */
import type { EtcdClient } from '../clients/etcd.ts';
import type { DesiredEntry, Leaf } from '../domain/event.ts';
import type { EtcdError, EtcdKeyValue, RangeAnswer, RangeQuery } from '../domain/etcdCalls.ts';
import { formatKey, keyStart, parseKey } from '../domain/keys.ts';
import { type Result, err, ok } from '../domain/result.ts';
import { type AppName, type Revision, revisionZero } from '../domain/types.ts';
import { etcdConnection } from '../settings/connections.ts';
import type { Settings } from '../settings/settings.ts';
import type { AppListing, AppReading, AppStore, WriteOutcome } from './appStore.ts';
import { toLeafValue } from './checkContent.ts';
import type { Fault } from './commandIo.ts';
import { etcdFault } from './etcdFault.ts';

/** The error: a password file that cannot be read. */
export async function openAppStore(settings: Settings): Promise<Result<AppStore, Fault>> {
  const connection = etcdConnection(settings);
  if (!connection.ok) {
    const remedy = 'correct etcd.passwordFile, or make the file readable';
    return err({ message: connection.error, remedy });
  }
  const { createEtcdClient } = await import('../clients/etcd.ts');
  return ok(createAppStore(createEtcdClient(connection.value), settings));
}

const pageSize = 500;

function createAppStore(client: EtcdClient, settings: Settings): AppStore {
  const { prefix, endpoints } = settings.etcd;
  const fault = (error: EtcdError, isWrite = false): { ok: false; error: Fault } =>
    err(etcdFault(error, settings.etcd, isWrite));
  /** A read may be tried again: the client has moved on to the next server meanwhile. */
  const range = async (query: RangeQuery): Promise<Result<RangeAnswer, Fault>> => {
    for (let tried = 1; ; tried += 1) {
      const answer = await client.range(query);
      if (answer.ok) return answer;
      if (tried >= endpoints.length || !isWorthAnother(answer.error)) return fault(answer.error);
    }
  };
  const write = async (
    app: AppName,
    values: { readonly ips: string | undefined; readonly content: string | undefined },
    expected: DesiredEntry,
  ): Promise<Result<WriteOutcome, Fault>> => {
    const [ips, content] = [bytes(formatKey(prefix, app, 'ips')), contentKey(prefix, app)];
    const answer = await client.txn({
      compares: [
        { key: ips, modRevision: expected.ips?.modRevision ?? revisionZero },
        { key: content, modRevision: expected.content?.modRevision ?? revisionZero },
      ],
      writes: [
        { key: ips, value: values.ips === undefined ? undefined : bytes(values.ips) },
        { key: content, value: values.content === undefined ? undefined : bytes(values.content) },
      ],
    });
    if (!answer.ok) return fault(answer.error, true);
    const { isDone, revision } = answer.value;
    return ok(isDone ? { type: 'Written', revision } : { type: 'Changed' });
  };
  return {
    list: (toRow) => readPages(range, { prefix, keysOnly: false }, toRow),
    names: async () => {
      const listing = await readPages(range, { prefix, keysOnly: true }, ({ app }) => app);
      return listing.ok ? ok(listing.value.rows) : listing;
    },
    read: async (app) => {
      const end = bytes(`${formatKey(prefix, app, 'ips')}\0`);
      const answer = await range({ key: contentKey(prefix, app), rangeEnd: end });
      return answer.ok ? ok(toReading(app, prefix, answer.value)) : answer;
    },
    publish: write,
    unpublish: (app, expected) => write(app, { ips: undefined, content: undefined }, expected),
    close: client.close,
  };
}

function isWorthAnother({ type }: EtcdError): boolean {
  return type === 'Unreachable' || type === 'TimedOut' || type === 'NoLeader';
}

/** `content` sorts before `ips`, so one range from the one to the other reads both at once. */
function contentKey(prefix: string, app: AppName): Uint8Array {
  return bytes(formatKey(prefix, app, 'content'));
}

function toReading(app: string, prefix: string, answer: RangeAnswer): AppReading {
  const grouping = createGrouping(prefix, (entry) => entry);
  grouping.add(answer.kvs);
  const entry = grouping.end().rows.find((each) => each.app === app) ?? { app };
  return { revision: answer.revision, entry };
}

async function readPages<Row>(
  range: (query: RangeQuery) => Promise<Result<RangeAnswer, Fault>>,
  { prefix, keysOnly }: { readonly prefix: string; readonly keysOnly: boolean },
  toRow: (entry: DesiredEntry) => Row,
): Promise<Result<AppListing<Row>, Fault>> {
  const start = keyStart(prefix);
  // The slash at the end plus one: everything that begins with the prefix and its slash.
  const rangeEnd = bytes(`${start.slice(0, -1)}0`);
  const grouping = createGrouping(prefix, toRow);
  let key = bytes(start);
  let revision: Revision | undefined;
  for (;;) {
    const pinned = revision === undefined ? {} : { revision };
    const page = await range({ key, rangeEnd, limit: pageSize, keysOnly, ...pinned });
    if (!page.ok) return page;
    grouping.add(page.value.kvs);
    revision ??= page.value.revision;
    const last = page.value.kvs.at(-1);
    if (!page.value.hasMore || last === undefined) return ok({ revision, ...grouping.end() });
    key = Buffer.concat([last.key, Buffer.from([0])]);
  }
}

interface Grouping<Row> {
  readonly add: (kvs: readonly EtcdKeyValue[]) => void;
  readonly end: () => Pick<AppListing<Row>, 'rows' | 'ignoredKeys'>;
}

/** Keys come sorted, so the leaves of an app come one after the other, also across pages. */
function createGrouping<Row>(prefix: string, toRow: (entry: DesiredEntry) => Row): Grouping<Row> {
  const rows: { readonly app: string; readonly row: Row }[] = [];
  let current: DesiredEntry | undefined;
  let ignoredKeys = 0;
  const close = (): void => {
    if (current !== undefined) rows.push({ app: current.app, row: toRow(current) });
    current = undefined;
  };
  return {
    add: (kvs) => {
      for (const { key, value, modRevision } of kvs) {
        const place = parseKey(prefix, Buffer.from(key).toString('utf8'));
        if (place.type !== 'Leaf') {
          ignoredKeys += 1;
          continue;
        }
        if (current?.app !== place.app) close();
        const leaf: Leaf = { modRevision, value: toLeafValue(value) };
        current = { ...(current ?? { app: place.app }), [place.leaf]: leaf };
      }
    },
    end: () => {
      close();
      rows.sort((a, b) => (a.app < b.app ? -1 : 1));
      return { rows: rows.map(({ row }) => row), ignoredKeys };
    },
  };
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}
