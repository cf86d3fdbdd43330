/**
 * What stands in the conf directory and in everything else that supervisord includes, as events.
 *
 * First the whole listing, then only what differs. A directory that is missing or not a real one is
 * `ConfDirLost`, once an outage; when it is back, the whole listing again. Told by inotify and
 * checked by a periodic scan, more often where inotify is not to be had. Never ends by itself.
 */
import { basename } from 'node:path';
import { Observable, type SchedulerLike, type Subscriber, Subscription } from 'rxjs';
import { type FileSystem, nodeFileSystem, type WatchDirectory } from '../src/clients/fileSystem.ts';
import { type Event } from '../src/domain/event.ts';
import { type ConfFile } from '../src/domain/types.ts';
import { type ConfScanner, createConfScanner, isConfName } from './conf/confScanner.ts';
import { type WantedMetadata } from './conf/readConfFile.ts';

export type ConfFilesEvent = Extract<
  Event,
  { type: 'ConfFilesListed' | 'ConfFilesChanged' | 'ConfDirLost' }
>;

export interface WatchConfFilesDeps {
  readonly scheduler: SchedulerLike;
  /** What stamps files; by default the scheduler's `now`. */
  readonly wallMs?: (() => number) | undefined;
  /** Look at everything at once. */
  readonly scanNow$: Observable<void>;
  readonly fileSystem?: FileSystem;
  /** In place of the file system's, for a test. */
  readonly watch?: WatchDirectory;
}

export interface WatchConfFilesOptions extends WantedMetadata {
  /** Absolute. */
  readonly confDir: string;
  /** supervisord's main configuration, absolute. */
  readonly configPath: string;
  readonly rescanMs?: number;
  /** In place of `rescanMs` while there is no inotify or no directory. */
  readonly rescanBlindMs?: number;
  /** How long changes are gathered after the first one. */
  readonly settleMs?: number;
}

type Request = 'All' | ReadonlySet<string>;

export function watchConfFiles(
  deps: WatchConfFilesDeps,
  options: WatchConfFilesOptions,
): Observable<ConfFilesEvent> {
  return new Observable((out) => {
    const scanner = createConfScanner({
      ...options,
      nowMs: deps.wallMs ?? (() => deps.scheduler.now()),
      fileSystem: deps.fileSystem,
    });
    const belief = createBelief(out);
    const loop = createScanLoop(deps, options, {
      scan: async (request, watchAt) => {
        try {
          await look(scanner, belief, request, watchAt);
        } catch (error) {
          belief.lose(`cannot look at ${options.confDir}: ${String(error)}`);
        }
        return belief.isListed();
      },
    });
    loop.add(
      deps.scanNow$.subscribe({
        next: () => {
          loop.request('All', 0);
        },
        // The periodic scan does not need it.
        error: () => undefined,
      }),
    );
    loop.request('All', 0);
    return loop.subscription;
  });
}

/** `scan` answers whether there is a directory; it calls `watchAt` with which one it is. */
interface ScanLoopWork {
  readonly scan: (request: Request, watchAt: (directory: string) => boolean) => Promise<boolean>;
}

/** One scan at a time; requests that come meanwhile become one next scan. */
function createScanLoop(
  { scheduler, fileSystem = nodeFileSystem, watch = fileSystem.watch }: WatchConfFilesDeps,
  options: WatchConfFilesOptions,
  work: ScanLoopWork,
) {
  const { confDir, rescanMs = 10_000, rescanBlindMs = 2_000, settleMs = 5 } = options;
  const subscription = new Subscription();
  let waiting: Request | undefined;
  let isScanning = false;
  let fullScanMs = -Infinity;
  let next: { readonly atMs: number; readonly timer: Subscription } | undefined;
  let watched: { readonly directory: string; readonly close: () => void } | undefined;

  const unwatch = (): void => {
    watched?.close();
    watched = undefined;
  };

  /** True when the watch is a new one. */
  const watchAt = (directory: string): boolean => {
    if (subscription.closed) return false;
    if (watched?.directory === directory) return false;
    unwatch();
    const onChange = (name: string | undefined): void => {
      if (name === undefined || name === basename(confDir)) request('All', settleMs);
      else if (isConfName(name)) request(new Set([name]), settleMs);
      // Perhaps included by some other pattern.
      else if (!name.startsWith('.')) request('All', settleMs);
    };
    const onError = (): void => {
      unwatch();
      wake(rescanBlindMs);
    };
    try {
      const handle = watch(confDir, onChange, onError);
      watched = { directory, close: () => handle.close() };
    } catch {
      // No more watches to be had: the periodic scan is all there is, and tries again.
    }
    return true;
  };

  const request = (what: Request, delayMs: number): void => {
    waiting = union(waiting, what);
    if (!isScanning) wake(delayMs);
  };

  const wake = (delayMs: number): void => {
    const atMs = scheduler.now() + delayMs;
    // Never later than already agreed, so constant change cannot put a scan off.
    if (subscription.closed || (next !== undefined && next.atMs <= atMs)) return;
    next?.timer.unsubscribe();
    next = { atMs, timer: scheduler.schedule(() => void scanOnce(), delayMs) };
  };

  const scanOnce = async (): Promise<void> => {
    next = undefined;
    isScanning = true;
    const nowMs = scheduler.now();
    // A file that changes all the time must not keep us from ever looking at the others.
    const isFull = waiting === undefined || waiting === 'All' || nowMs - fullScanMs >= rescanMs;
    const what = isFull ? 'All' : (waiting ?? 'All');
    if (isFull) fullScanMs = nowMs;
    waiting = undefined;
    const isThere = await work.scan(what, watchAt);
    isScanning = false;
    if (!isThere) unwatch();
    if (waiting !== undefined) wake(settleMs);
    else wake(watched === undefined ? rescanBlindMs : rescanMs);
  };

  subscription.add(() => {
    next?.timer.unsubscribe();
    unwatch();
  });
  return { request, subscription, add: (child: Subscription) => subscription.add(child) };
}

/** What was last told; tells the difference. */
function createBelief(out: Subscriber<ConfFilesEvent>) {
  let known: Map<string, ConfFile> | undefined;
  let isLost = false;
  return {
    isListed: (): boolean => known !== undefined,
    lose: (detail: string): void => {
      known = undefined;
      if (!isLost) out.next({ type: 'ConfDirLost', detail });
      isLost = true;
    },
    list: (files: ReadonlyMap<string, ConfFile>): void => {
      isLost = false;
      if (known !== undefined) {
        const gone = [...known.keys()].filter((path) => !files.has(path));
        tellDifference(out, known, [...files, ...gone.map((path) => [path, undefined] as const)]);
      } else {
        known = new Map(files);
        out.next({ type: 'ConfFilesListed', files: [...files.values()].sort(byPath) });
      }
    },
    update: (files: ReadonlyMap<string, ConfFile | undefined>): void => {
      if (known !== undefined) tellDifference(out, known, files);
    },
  };
}

function tellDifference(
  out: Subscriber<ConfFilesEvent>,
  known: Map<string, ConfFile>,
  files: Iterable<readonly [string, ConfFile | undefined]>,
): void {
  const changed: ConfFile[] = [];
  const gone: string[] = [];
  for (const [path, file] of files) {
    const before = known.get(path);
    if (file === undefined) {
      if (known.delete(path)) gone.push(path);
    } else if (before !== file && JSON.stringify(before) !== JSON.stringify(file)) {
      known.set(path, file);
      changed.push(file);
    }
  }
  if (changed.length === 0 && gone.length === 0) return;
  out.next({ type: 'ConfFilesChanged', changed: changed.sort(byPath), gone: gone.sort() });
}

async function look(
  scanner: ConfScanner,
  belief: ReturnType<typeof createBelief>,
  request: Request,
  watchAt: (directory: string) => boolean,
): Promise<void> {
  const directory = await scanner.directory();
  if (!directory.ok) {
    belief.lose(directory.error);
    return;
  }
  // The watch comes first: what happens during the scan must not go unseen.
  const isNew = watchAt(directory.value);
  if (request !== 'All' && belief.isListed() && !isNew) {
    belief.update(await scanner.scanNames([...request]));
    return;
  }
  const files = await scanner.scanAll();
  if (files.ok) belief.list(files.value);
  else belief.lose(files.error);
}

function union(a: Request | undefined, b: Request): Request {
  if (a === undefined) return b;
  return a === 'All' || b === 'All' ? 'All' : new Set([...a, ...b]);
}

function byPath(a: ConfFile, b: ConfFile): number {
  if (a.path === b.path) return 0;
  return a.path < b.path ? -1 : 1;
}
