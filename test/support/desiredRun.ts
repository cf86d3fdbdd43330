/**
 * `watchDesired` over a model etcd in virtual time: what it tells is compared, event by event, with
 * what etcd held at the revision that it tells of. Throws at the first thing that is not so.
 */
import { Subject } from 'rxjs';
import { type EtcdKeyValue, type OpenWatch, type Range } from '../../src/domain/etcdCalls.ts';
import { type DesiredEntry } from '../../src/domain/event.ts';
import { parseKey } from '../../src/domain/keys.ts';
import { compareRevisions, type Revision } from '../../src/domain/types.ts';
import { createKernel } from '../../src/simulate/kernel/kernel.ts';
import { createRng } from '../../src/simulate/kernel/rng.ts';
import { type Bytes, createModelEtcd, type EtcdSnapshot } from '../../src/simulate/model/etcd.ts';
import { createModelEtcdClient } from '../../src/simulate/model/etcdClient.ts';
import {
  createEtcdWire,
  type EtcdWireState,
  healthyWire,
  noBugs,
  type WatchBugs,
} from '../../src/simulate/model/etcdWire.ts';
import { decodeLeafValue } from '../../streams/etcdBytes.ts';
import { type DesiredEvent, watchDesired } from '../../streams/watchDesired.ts';

export type DesiredAction =
  | Readonly<{ type: 'Wait'; ms: number }>
  | Readonly<{ type: 'Write'; values: Readonly<Record<string, Bytes | undefined>> }>
  | Readonly<{ type: 'DeleteAll' | 'Compact' | 'Snapshot' | 'Restore' | 'Wipe' | 'Restart' }>
  | Readonly<{ type: 'ChangeCluster'; clusterId: string }>
  | Readonly<{ type: 'Break' }>
  | Readonly<{ type: 'Wire'; state: Partial<EtcdWireState> }>
  | Readonly<{ type: 'Bugs'; bugs: Partial<WatchBugs> }>
  | Readonly<{ type: 'Identity'; item: string }>;

export interface DesiredRun {
  readonly seed: string;
  readonly actions: readonly DesiredAction[];
  readonly startRevision?: bigint;
}

type Content = ReadonlyMap<string, EtcdKeyValue>;
type Pictures = ReadonlyMap<string, DesiredEntry>;

const pageSize = 3;
const prefix = '/p';
const everything = { key: Buffer.from('/'), rangeEnd: Buffer.from('\0') };

const pauseMaxMs = 5_100;

/** An audit that is late, its grace, calls that time out, and the longest backoff before. */
const convergenceMs = 22_000 * 1.25 + 2_000 + 3 * 3_000 + 5_000;

export async function runDesired({ seed, actions, startRevision }: DesiredRun): Promise<void> {
  const kernel = createKernel(0);
  const rng = createRng(seed);
  const wire = createEtcdWire();
  const etcd = createModelEtcd({ revision: startRevision ?? 1n });
  const scheduler = kernel.schedulerFor(() => false);
  const client = createModelEtcdClient(etcd, { scheduler, wire, rng: rng.fork('client') });
  const random = rng.fork('backoff');
  const stores = createStores();
  let failure: unknown;
  const lists = createListCounter(client.range, () => {
    failure ??= new Error('two lists are in flight');
  });
  const relist$ = new Subject<void>();
  let item = 'h1';
  const check = createChecker(stores, () => item);
  let snapshot: EtcdSnapshot | undefined;

  const remember = (): void => {
    const all = etcd.range(everything);
    if (!all.ok) throw new Error(all.error.detail);
    stores.remember(etcd.clusterId(), etcd.revision(), all.value.kvs);
  };

  function act(action: Exclude<DesiredAction, { type: 'Wait' }>): void {
    switch (action.type) {
      case 'Write':
        etcd.write(action.values);
        return;
      case 'DeleteAll':
        etcd.deleteRange('/p/', '/p0');
        return;
      case 'Compact':
        etcd.compact();
        check.onCompacted(etcd.revision());
        return;
      case 'Snapshot':
        snapshot = etcd.snapshot();
        return;
      case 'Restore':
        if (snapshot !== undefined) etcd.restore(snapshot);
        return;
      case 'Wipe':
        etcd.wipe();
        return;
      case 'Restart':
        etcd.restart();
        return;
      case 'ChangeCluster':
        etcd.changeCluster(action.clusterId);
        return;
      case 'Break':
        wire.breakNow();
        return;
      case 'Wire':
        wire.set(action.state);
        return;
      case 'Bugs':
        wire.set({ bugs: { ...noBugs, ...action.bugs } });
        check.onBugs(action.bugs);
        return;
      case 'Identity':
        item = action.item;
        relist$.next();
        return;
    }
  }

  let isWatching = false;
  /** After a watch that failed a list is begun, however long the pause before it may be. */
  const openWatch: OpenWatch = (query, onSignal) =>
    client.openWatch(query, (signal) => {
      isWatching = signal.type !== 'Failed';
      const listed = lists.begun();
      onSignal(signal);
      if (signal.type !== 'Failed') return;
      kernel.after(pauseMaxMs, () => {
        if (lists.begun() === listed) failure ??= new Error(`no list after ${signal.error.type}`);
      });
    });

  remember();
  const subscription = watchDesired(
    {
      range: lists.range,
      openWatch,
      scheduler,
      random: () => random.next(),
      concernsHost: (_app, ips) => concerns(item, ips),
      relist$,
    },
    { prefix, pageSize },
  ).subscribe({
    next: (event) => {
      try {
        check.onEvent(event);
      } catch (error) {
        failure ??= error;
      }
    },
    error: (error) => (failure ??= error),
  });
  const pass = async (ms: number): Promise<void> => {
    await kernel.run(kernel.now() + ms);
    if (failure !== undefined) throw failure;
  };

  /**
   * One that is replaced between a listing and its watch, and is at the same revision with as many
   * keys when the watch is opened, cannot be told from the one that was listed.
   */
  const passWindow = async (): Promise<void> => {
    for (let tries = 0; tries < 300 && !isWatching; tries += 1) await pass(100);
  };

  for (const action of actions) {
    if (action.type === 'Wait') await pass(action.ms);
    else {
      if (action.type === 'Wipe' || action.type === 'Restore') await passWindow();
      act(action);
      remember();
    }
  }
  wire.set(healthyWire);
  check.onBugs({});
  await pass(convergenceMs);
  check.converged(etcd.clusterId(), etcd.revision());
  etcd.put('/p/last/ips', item);
  remember();
  await pass(1_000);
  check.converged(etcd.clusterId(), etcd.revision());
  subscription.unsubscribe();
  await pass(10_000);
  const { calls, watches } = client.open();
  if (calls + watches > 0) throw new Error(`${String(calls)} calls, ${String(watches)} watches`);
}

/** Every content that there was, by cluster and revision; after a restore there may be several. */
function createStores() {
  const contents = new Map<string, Content[]>();
  return {
    remember: (clusterId: string, revision: Revision, kvs: readonly EtcdKeyValue[]): void => {
      const name = `${clusterId}@${revision}`;
      const content = new Map(kvs.map((kv) => [Buffer.from(kv.key).toString(), kv]));
      contents.set(name, [...(contents.get(name) ?? []), content]);
    },
    at: (clusterId: string, revision: Revision): readonly Content[] =>
      contents.get(`${clusterId}@${revision}`) ?? [],
  };
}

/** One list in flight at most: only they have a limit. */
function createListCounter(range: Range, onTwo: () => void) {
  let inFlight = 0;
  let begun = 0;
  const counted: Range = async (query, limits) => {
    const isPage = query.limit === pageSize;
    if (isPage) {
      inFlight += 1;
      begun += 1;
    }
    if (inFlight > 1) onTwo();
    const answer = await range(query, limits);
    if (isPage) inFlight -= 1;
    return answer;
  };
  return { range: counted, begun: () => begun };
}

function createChecker(stores: ReturnType<typeof createStores>, item: () => string) {
  let pictures = new Map<string, DesiredEntry>();
  let clusterId: string | undefined;
  let told: Revision | undefined;
  let isLost = false;
  let mayDrop = false;
  /** Since the last listing an event may have been lost: only an audit can tell. */
  let isDoubtful = false;
  let compacted: Revision | undefined;

  function compare(revision: Revision, event: DesiredEvent): void {
    if (clusterId === undefined) throw new Error('nothing was listed');
    const found = text(shownOf(pictures, item()));
    const expected = stores.at(clusterId, revision).map((one) => text(picturesOf(one, item())));
    if (expected.includes(found)) return;
    const what = JSON.stringify(event);
    throw new Error(`${what}\ntold: ${found}\netcd: ${expected.join('\nor:   ')}`);
  }

  function onListed(event: Extract<DesiredEvent, { type: 'DesiredListed' }>): void {
    const isOther = event.reason === 'RevisionRegressed' || event.reason === 'ClusterChanged';
    if (told !== undefined && !isOther && compareRevisions(event.revision, told) < 0) {
      throw new Error(`listed ${event.revision} after ${told} for ${event.reason}`);
    }
    clusterId = event.clusterId;
    pictures = new Map(event.entries.map((entry) => [entry.app, entry]));
    told = event.revision;
    isLost = false;
    isDoubtful =
      mayDrop || (compacted !== undefined && compareRevisions(event.revision, compacted) < 0);
    compare(event.revision, event);
    const counts = stores.at(clusterId, event.revision).map((one) => countsOf(one, item()));
    const found = `${String(event.elsewhere)} elsewhere, ${String(event.ignoredKeys)} ignored`;
    if (!counts.includes(found)) throw new Error(`${found}, and not ${counts.join()}`);
  }

  return {
    onBugs: ({ drops = 0 }: Partial<WatchBugs>): void => {
      mayDrop = drops > 0;
      if (mayDrop) isDoubtful = true;
    },
    /** etcd before 3.4.36 forgets a deletion with the revision that it happened at. */
    onCompacted: (revision: Revision): void => {
      compacted = revision;
      if (told !== revision) isDoubtful = true;
    },
    onEvent: (event: DesiredEvent): void => {
      switch (event.type) {
        case 'DesiredListed':
          onListed(event);
          return;
        case 'DesiredLost':
          isLost = true;
          return;
        case 'DesiredChanged':
          if (isLost) throw new Error('a change was told although etcd is lost');
          if (told === undefined || compareRevisions(event.revision, told) <= 0) {
            throw new Error(`changed at ${event.revision} after ${String(told)}`);
          }
          told = event.revision;
          for (const entry of event.entries) pictures.set(entry.app, entry);
          if (!isDoubtful) compare(event.revision, event);
      }
    },
    converged: (cluster: string, revision: Revision): void => {
      if (isLost) throw new Error('etcd is still lost');
      if (clusterId !== cluster) throw new Error('another cluster is believed in');
      const found = text(shownOf(pictures, item()));
      const expected = stores.at(cluster, revision).map((one) => text(picturesOf(one, item())));
      if (expected.at(-1) !== found) {
        throw new Error(`in the end\ntold: ${found}\netcd: ${String(expected.at(-1))}`);
      }
    },
  };
}

function concerns(item: string, ips: string | undefined): boolean {
  return ips?.split(',').includes(item) ?? false;
}

/** Without what was told of for the last time. */
function shownOf(pictures: Pictures, item: string): Pictures {
  return new Map([...pictures].filter(([, entry]) => isShown(entry, item)));
}

function isShown({ ips, content }: DesiredEntry, item: string): boolean {
  if (ips === undefined && content === undefined) return false;
  if (ips === undefined || content === undefined || ips.value.type !== 'Text') return true;
  return concerns(item, ips.value.text);
}

function allOf(content: Content, item: string): Pictures {
  const pictures = new Map<string, DesiredEntry>();
  for (const [key, { modRevision, value }] of content) {
    const place = parseKey(prefix, key);
    if (place?.type !== 'Leaf') continue;
    const leaf = { [place.leaf]: { modRevision, value: decodeLeafValue(value) } };
    pictures.set(place.app, { ...(pictures.get(place.app) ?? { app: place.app }), ...leaf });
  }
  return new Map([...pictures].map(([app, entry]) => [app, seenFrom(entry, item)]));
}

function seenFrom(entry: DesiredEntry, item: string): DesiredEntry {
  const { ips, content } = entry;
  if (content === undefined) return entry;
  if (ips?.value.type === 'Text' && concerns(item, ips.value.text)) return entry;
  const { modRevision } = content;
  return { ...entry, content: { modRevision, value: { type: 'Elsewhere' } } };
}

function picturesOf(content: Content, item: string): Pictures {
  return shownOf(allOf(content, item), item);
}

function countsOf(content: Content, item: string): string {
  const all = allOf(content, item);
  const elsewhere = all.size - shownOf(all, item).size;
  const below = [...content.keys()].filter((key) => key.startsWith(`${prefix}/`));
  const ignored = below.filter((key) => parseKey(prefix, key)?.type !== 'Leaf').length;
  return `${String(elsewhere)} elsewhere, ${String(ignored)} ignored`;
}

function text(pictures: Pictures): string {
  const sorted = [...pictures.values()].sort((a, b) => (a.app < b.app ? -1 : 1));
  return JSON.stringify(sorted.map(({ app, ips, content }) => ({ app, ips, content })));
}
