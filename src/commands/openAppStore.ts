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
  const readAll = (isKeysOnly: boolean) => readPages(range, prefix, isKeysOnly);
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
    list: () => readAll(false),
    names: async () => {
      const listing = await readAll(true);
      return listing.ok ? ok(listing.value.entries.map(({ app }) => app)) : listing;
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
  const grouping = createGrouping(prefix);
  grouping.add(answer.kvs);
  const { entries } = grouping.result();
  return { revision: answer.revision, entry: entries.find((each) => each.app === app) ?? { app } };
}

async function readPages(
  range: (query: RangeQuery) => Promise<Result<RangeAnswer, Fault>>,
  prefix: string,
  isKeysOnly: boolean,
): Promise<Result<AppListing, Fault>> {
  const start = keyStart(prefix);
  // The slash at the end plus one: everything that begins with the prefix and its slash.
  const rangeEnd = bytes(`${start.slice(0, -1)}0`);
  const grouping = createGrouping(prefix);
  let key = bytes(start);
  let revision: Revision | undefined;
  for (;;) {
    const pinned = revision === undefined ? {} : { revision };
    const page = await range({ key, rangeEnd, limit: pageSize, keysOnly: isKeysOnly, ...pinned });
    if (!page.ok) return page;
    grouping.add(page.value.kvs);
    revision ??= page.value.revision;
    const last = page.value.kvs.at(-1);
    if (!page.value.hasMore || last === undefined) return ok({ revision, ...grouping.result() });
    key = Buffer.concat([last.key, Buffer.from([0])]);
  }
}

interface Grouping {
  readonly add: (kvs: readonly EtcdKeyValue[]) => void;
  readonly result: () => Pick<AppListing, 'entries' | 'ignoredKeys'>;
}

/** Leaves of one app come together, whatever the pages; keys come sorted. */
function createGrouping(prefix: string): Grouping {
  const byApp = new Map<string, DesiredEntry>();
  let ignoredKeys = 0;
  return {
    add: (kvs) => {
      for (const { key, value, modRevision } of kvs) {
        const place = parseKey(prefix, Buffer.from(key).toString('utf8'));
        if (place.type === 'Leaf') {
          const leaf: Leaf = { modRevision, value: toLeafValue(value) };
          const before = byApp.get(place.app) ?? { app: place.app };
          byApp.set(place.app, { ...before, [place.leaf]: leaf });
        } else ignoredKeys += 1;
      }
    },
    result: () => {
      const entries = [...byApp.values()].sort((a, b) => (a.app < b.app ? -1 : 1));
      return { entries, ignoredKeys };
    },
  };
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}
