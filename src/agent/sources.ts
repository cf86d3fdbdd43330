/**
 * Every source of the agent as one stream: etcd, supervisord, conf files, identity, time.
 *
 * What a source needs to know of the state (whom an app concerns, how fast to poll, when to wake)
 * it is given as functions and streams derived from the loop; the streams know no reducer.
 */
import {
  concatMap,
  distinctUntilChanged,
  filter,
  map,
  merge,
  type Observable,
  share,
  startWith,
} from 'rxjs';
import { everIdentity } from '../../reducers/interpret.ts';
import { mapEntries, mapHas } from '../../reducers/persistentMap.ts';
import { isWaiting } from '../../reducers/planOf.ts';
import { asAppName } from '../../reducers/appState.ts';
import type { State } from '../../reducers/state.ts';
import type { KnownKey } from '../../streams/keyRevisions.ts';
import type { StoreMark } from '../../streams/storeMemory.ts';
import { ticksAt } from '../../streams/ticks.ts';
import { type ConfFilesEvent, watchConfFiles } from '../../streams/watchConfFiles.ts';
import { watchDesired } from '../../streams/watchDesired.ts';
import { watchIdentity } from '../../streams/watchIdentity.ts';
import { watchProcesses } from '../../streams/watchProcesses.ts';
import type { Trust } from '../clients/trustKeys.ts';
import type { Event } from '../domain/event.ts';
import { formatKey } from '../domain/keys.ts';
import { isPlacedHere, parsePlacement } from '../domain/placement.ts';
import type { Result } from '../domain/result.ts';
import type { Loop } from '../loop.ts';
import type { Settings } from '../settings/settings.ts';
import type { FileOwner } from './fileOwner.ts';
import type { HostPorts } from './hostPorts.ts';

export interface SourceDeps {
  readonly loop: Loop;
  readonly ports: HostPorts;
  readonly settings: Settings;
  readonly owner: FileOwner;
  readonly followConfDir: () => Promise<Result<void, string>>;
  readonly trust?: Trust | undefined;
}

export function watchEverything(deps: SourceDeps): Observable<Event> {
  return merge(
    observeIdentity(deps),
    observeConfFiles(deps),
    observeProcesses(deps),
    observeDesired(deps),
    observeTime(deps),
  );
}

function observeIdentity({ settings, ports }: SourceDeps): Observable<Event> {
  return watchIdentity(
    { ...ports.identity, scheduler: ports.scheduler },
    { hostId: settings.host.id, addresses: settings.host.addresses },
  );
}

function observeConfFiles(deps: SourceDeps): Observable<Event> {
  const { settings, owner, loop, ports, followConfDir } = deps;
  const scanNow$ = loop.recorded$.pipe(
    filter(({ event }) => event.type === 'FileFailed'),
    map(() => undefined),
  );
  return watchConfFiles(
    {
      scheduler: ports.scheduler,
      fileSystem: ports.files.fileSystem,
      wallMs: ports.wallMs,
      scanNow$,
    },
    {
      confDir: settings.files.dir,
      configPath: settings.supervisor.config,
      mode: settings.files.mode,
      ...owner,
    },
  ).pipe(concatMap((event) => lockedFirst(event, followConfDir)));
}

/** A directory that was missing or replaced is ours only when its lock is. */
async function lockedFirst(
  event: ConfFilesEvent,
  followConfDir: SourceDeps['followConfDir'],
): Promise<Event> {
  if (event.type !== 'ConfFilesListed') return event;
  const locked = await followConfDir();
  return locked.ok ? event : { type: 'ConfDirLost', detail: locked.error };
}

function observeProcesses({ loop, ports, settings }: SourceDeps): Observable<Event> {
  const { supervisor } = ports;
  const pace$ = loop.view$.pipe(
    startWith(loop.current()),
    map(({ state }) => (isWaiting(state) ? ('fast' as const) : ('normal' as const))),
    distinctUntilChanged(),
  );
  const pollNow$ = loop.recorded$.pipe(
    filter(({ event }) => effectTypes.has(event.type)),
    map(() => undefined),
  );
  return watchProcesses(
    {
      getAllProcessInfo: () => supervisor.getAllProcessInfo(),
      getInstance: () => supervisor.getInstance(),
      socketFingerprint: () => supervisor.fingerprint(),
      scheduler: ports.scheduler,
      pace$,
      pollNow$,
    },
    { maxIntervalMs: settings.supervisor.pollMs },
  );
}

/** After these something is to be seen. */
const effectTypes: ReadonlySet<Event['type']> = new Set<Event['type']>([
  'StopsRequested',
  'StopsFailed',
  'GroupsUpdated',
  'StartsRequested',
  'StartsFailed',
  'RereadFailed',
]);

function observeDesired({ loop, ports, settings, trust }: SourceDeps): Observable<Event> {
  const relist$ = loop.recorded$.pipe(
    filter(({ event }) => event.type === 'IdentityObserved'),
    map(() => JSON.stringify(loop.current().state.identity)),
    distinctUntilChanged(),
    map(() => undefined),
    share(),
  );
  return watchDesired(
    {
      range: ports.etcd.range,
      openWatch: ports.etcd.openWatch,
      scheduler: ports.scheduler,
      random: ports.random,
      concernsHost: (app, ips) => concernsHost(loop.current().state, app, ips),
      signersOf: trust?.signersOf,
      relist$,
    },
    {
      prefix: settings.etcd.prefix,
      known: storeMark(loop.current().state),
    },
  );
}

/** What the journal knows of etcd. */
function storeMark({ source, appsByName, settings }: State): StoreMark | undefined {
  const { clusterId, revision, isPrefixNew } = source;
  if (clusterId === undefined) return undefined;
  if (isPrefixNew || settings === undefined) return { clusterId, revision };
  const keys: KnownKey[] = [];
  for (const [, app] of mapEntries(appsByName)) {
    if (app.entry?.content === undefined) continue;
    const key = Buffer.from(formatKey(settings.prefix, asAppName(app), 'content'));
    keys.push({ key, atRevision: revision });
  }
  return { clusterId, revision, keys };
}

/** Also for what is known here already, and for addresses this host has lost: never too narrow. */
export function concernsHost(state: State, app: string, ips: string | undefined): boolean {
  if (mapHas(state.appsByName, app)) return true;
  const { current } = state.identity;
  if (current === undefined || ips === undefined) return true;
  const placement = parsePlacement(ips);
  return (
    placement.isUnintelligible || isPlacedHere(placement, everIdentity(state.identity, current))
  );
}

function observeTime({ loop, ports }: SourceDeps): Observable<Event> {
  const wakeAtMs$ = loop.view$.pipe(
    startWith(loop.current()),
    map(({ plan }) => plan.wakeAtMs),
  );
  // What has arrived already is heard first: a timer must not end a quiet window that is none.
  return ticksAt(wakeAtMs$, ports.scheduler).pipe(
    concatMap(async (tick) => {
      await ports.letArrive();
      return tick;
    }),
  );
}
