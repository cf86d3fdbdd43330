/** Apps in etcd for the commands: read at one revision, which may be an older one. */
import { type CallLimits, type EtcdError, type EtcdKeyValue } from '../domain/etcdCalls.ts';
import { type DesiredEntry } from '../domain/event.ts';
import { formatKey, type LeafName, parseKey } from '../domain/keys.ts';
import { ok, type Result } from '../domain/result.ts';
import { type AppName, type Revision } from '../domain/types.ts';
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

type Access = Pick<EtcdClient, 'range'>;

/** One page is in memory at a time. The first error is the last page. */
export async function* readApps(
  { range }: Access,
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

/** As of a revision, or now. An app that is not there is an entry without leaves. */
export async function readApp(
  { range }: Access,
  prefix: string,
  app: AppName,
  { at, ...limits }: CallLimits & { readonly at?: Revision } = {},
): Promise<Result<AppAtRevision, EtcdError>> {
  const key = Buffer.from(formatKey(prefix, app, 'content'));
  // Exclusive, and the next possible key after the last leaf.
  const rangeEnd = Buffer.from(`${formatKey(prefix, app, 'signature')}\0`);
  const revision = at === undefined ? {} : { revision: at };
  const answer = await range({ key, rangeEnd, ...revision }, limits);
  if (!answer.ok) return answer;
  const { kvs } = answer.value;
  return ok({
    revision: answer.value.revision,
    entry: entriesOf(prefix, kvs, undefined).entries[0] ?? { app },
  });
}

export interface AppAtRevision {
  readonly revision: Revision;
  readonly entry: DesiredEntry;
}

export function markOf({ ips, content, signature, rollout }: DesiredEntry): AppMark {
  return {
    ips: ips?.modRevision,
    content: content?.modRevision,
    signature: signature?.modRevision,
    rollout: rollout?.modRevision,
  };
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
