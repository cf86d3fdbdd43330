/**
 * All that the agent knows, as one immutable value.
 *
 * Everything in here is plain JSON but for the two persistent maps, so that a journal can hold
 * it as a checkpoint (`stateCodec.ts`). Times are milliseconds since the epoch, from the journal.
 */
import type { ProgramFacts } from '../src/domain/content/programFacts.ts';
import type { CallError, DecisionSettings, DesiredEntry, LostReason } from '../src/domain/event.ts';
import type { HostQuestion } from '../src/domain/plan.ts';
import type { TurnWait } from '../src/domain/rollout/turn.ts';
import {
  type AppName,
  type Identity,
  type PlanId,
  type Problem,
  type ProcessStatus,
  type Revision,
  revisionZero,
  type Sha256,
} from '../src/domain/types.ts';
import { type Floors, noFloors } from './floors.ts';
import { emptyMap, type PersistentMap } from './persistentMap.ts';

export interface State {
  readonly seq: number;
  readonly atMs: number;
  /** Undefined until the agent has started once. */
  readonly settings: DecisionSettings | undefined;
  readonly source: SourceState;
  readonly identity: IdentityState;
  readonly supervisor: SupervisorState;
  readonly confDir: ConfDirState;
  /** What supervisord runs, by group, foreign groups too; each sorted by id. */
  readonly groups: PersistentMap<readonly ProcessStatus[]>;
  /** By name as in etcd or in our files; also those that are refused. */
  readonly appsByName: PersistentMap<AppState>;
  /** The apps that are not settled: all that a plan has to look at. */
  readonly unsettled: PersistentMap<true>;
  readonly quiet: QuietState;
  readonly removals: RemovalState;
  readonly floors: Floors;
  /** The plan that is being carried out. */
  readonly running: PlanId | undefined;
}

export interface SourceState {
  readonly status: 'Never' | 'Current' | 'Stale';
  readonly sinceMs: number;
  readonly lost: { readonly reason: LostReason; readonly detail: string } | undefined;
  readonly clusterId: string | undefined;
  readonly revision: Revision;
  /** Apps in etcd that do not concern this host, as of the last listing. */
  readonly elsewhere: number;
  readonly ignoredKeys: number;
  /** Why the absence of apps from the last listing must not be believed; undefined when it may. */
  readonly doubt: string | undefined;
  /** The settings name another prefix than those the last listing was of. */
  readonly isPrefixNew: boolean;
}

export interface IdentityState {
  readonly current: Identity | undefined;
  /** Addresses this host had and has no more: what is placed on them is held. */
  readonly lostAddresses: readonly string[];
  readonly lostHostNames: readonly string[];
}

export interface SupervisorState {
  readonly status: 'Unknown' | 'Reachable' | 'Lost';
  readonly sinceMs: number;
  readonly instance: string | undefined;
  readonly version: string | undefined;
  readonly error: CallError | undefined;
  /** What a reread last said; undefined when files or supervisord changed since. */
  readonly diff: ConfigDiff | undefined;
  /** When `diff` was last asked for with an answer. */
  readonly diffAtMs: number;
  /** An included file that is not ours keeps supervisord from rereading. */
  readonly refusal: { readonly detail: string; readonly file: string | undefined } | undefined;
  readonly attempt: Attempt | undefined;
}

/** Group names, sorted. */
export interface ConfigDiff {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export interface ConfDirState {
  readonly status: 'Unknown' | 'Listed' | 'Lost';
  readonly detail: string;
  readonly foreign: readonly { readonly path: string; readonly sections: readonly string[] }[];
}

export interface QuietState {
  /** When desired last changed; the window is measured from here. */
  readonly lastChangeMs: number;
  readonly firstChangeMs: number | undefined;
  /** Apps whose newest desired state waits for the window to close. */
  readonly waiting: readonly string[];
}

/** When the removals of the last 10 minutes were let through, ascending. */
export interface RemovalState {
  readonly approvedAtMs: readonly number[];
}

/** A version of an app that this agent could run: parsed, rendered and hashed. */
export interface Version {
  readonly revision: Revision;
  readonly options: readonly (readonly [string, string])[];
  readonly facts: ProgramFacts;
  readonly questions: readonly HostQuestion[];
  /** Of the file text as the content wants it; what a quarantine is keyed by. */
  readonly sha256: Sha256;
  /** Of the same with `autostart=false`, as written under an operator's stop. */
  readonly heldSha256: Sha256;
}

export type Desired =
  /** Not told yet: no listing since this app was first seen on disk. */
  | Readonly<{ type: 'Unknown' }>
  | Readonly<{
      type: 'Absent';
      why: 'Deleted' | 'Elsewhere' | 'NotListed';
      /** The listing that lacks it cannot be trusted; undefined when it can. */
      doubt: string | undefined;
    }>
  | Readonly<{ type: 'Pending'; missing: 'ips' | 'content'; sinceMs: number }>
  | Readonly<{ type: 'Refused'; problems: readonly Problem[] }>
  /** Placed here only through an address or a name that this host has lost. */
  | Readonly<{ type: 'IdentityLost'; lost: readonly string[] }>
  | Readonly<{ type: 'Wanted'; version: Version; warnings: readonly Problem[] }>;

export interface AppState {
  readonly name: string;
  /** As etcd last had it; undefined when etcd has no key of it. */
  readonly entry: DesiredEntry | undefined;
  /** What `entry` means on this host. */
  readonly desired: Desired;
  /** The same, once the quiet window has let it through; plans are made from this. */
  readonly released: Desired;
  /** The removal was let through by the guard. */
  readonly isRemovalApproved: boolean;
  /** It once was one too many: from then on only a person lets it go. */
  readonly isRemovalHeld?: boolean;
  readonly file: FileState | undefined;
  /** What was last written here, and what last ran well. */
  readonly written: Version | undefined;
  readonly lastGood: Version | undefined;
  /** What supervisord holds active, as far as observed. */
  readonly loaded: Loaded | undefined;
  /** Hash of file text that a reread has accepted. */
  readonly acceptedSha256: Sha256 | undefined;
  readonly probe: Probe | undefined;
  readonly quarantines: readonly Quarantine[];
  readonly hold: OperatorHold | undefined;
  readonly work: Work | undefined;
  readonly trial: Trial | undefined;
  /** Newest verdict on what runs, for people; undefined when all is well. */
  readonly failure: string | undefined;
  readonly attempt: Attempt | undefined;
  /** The newest write of ours, and how often that text was written in a row. */
  readonly lastWrite:
    { readonly sha256: Sha256; readonly atMs: number; readonly count: number } | undefined;
  /** When content changes restarted it, within the window of the restart limit. */
  readonly restartsAtMs: readonly number[];
  /** It has its turn at being changed; absent: it has none. */
  readonly turn?: Turn;
  /** Why it has none yet; absent: nobody has said. */
  readonly turnWait?: { readonly wait: TurnWait; readonly detail: string };
}

export interface Turn {
  readonly sinceMs: number;
}

export type FileState =
  | Readonly<{ type: 'Ours'; sha256: Sha256; revision: Revision; isOwnerAndModeRight: boolean }>
  | Readonly<{ type: 'Occupied'; detail: string }>;

export interface Loaded {
  readonly fileSha256: Sha256;
  /** Of the version, whatever `autostart` the file had. */
  readonly versionSha256: Sha256;
}

export interface Probe {
  readonly sha256: Sha256;
  readonly atMs: number;
  readonly count: number;
}

export interface Quarantine {
  readonly sha256: Sha256;
  /** Who refused: the host before writing, supervisord's reread, or the processes. */
  readonly by: 'Host' | 'Reread' | 'Verify';
  readonly code: string;
  readonly reason: string;
  readonly sinceMs: number;
}

export interface OperatorHold {
  /** That an operator stopped; `group:name`, sorted. */
  readonly processes: readonly string[];
  /** All of the group: members that appear later are held too. */
  readonly isWhole: boolean;
  readonly sinceMs: number;
}

/**
 * Work of ours on the processes of an app, open until observed done: while it is, a stopped
 * process is our doing and not an operator's, and it is owed its start.
 */
export interface Work {
  readonly phase: 'Stopping' | 'Updating' | 'Starting' | 'Awaiting';
  readonly sinceMs: number;
  /** When stops were last asked for; 0 for not yet. */
  readonly stopsAskedAtMs: number;
}

/** A changed app has to prove itself. */
export interface Trial {
  readonly version: Version;
  readonly sinceMs: number;
  /** A look at its processes came after the update began: what is known is not of before. */
  readonly isSeen: boolean;
  /** Seen since, newest last; `isCertain`: it is known to have ended by itself before. */
  readonly starts: readonly SeenStart[];
}

export interface SeenStart {
  readonly process: string;
  readonly atMs: number;
  readonly isCertain: boolean;
}

export interface Attempt {
  /** What failed: a reread in the same plan says nothing of a file that could not be written. */
  readonly of: 'File' | 'Call';
  readonly count: number;
  readonly nextMs: number;
  readonly detail: string;
}

export const initialState: State = {
  seq: 0,
  atMs: 0,
  settings: undefined,
  source: {
    status: 'Never',
    sinceMs: 0,
    lost: undefined,
    clusterId: undefined,
    revision: revisionZero,
    elsewhere: 0,
    ignoredKeys: 0,
    doubt: undefined,
    isPrefixNew: false,
  },
  identity: { current: undefined, lostAddresses: [], lostHostNames: [] },
  supervisor: {
    status: 'Unknown',
    sinceMs: 0,
    instance: undefined,
    version: undefined,
    error: undefined,
    diff: undefined,
    diffAtMs: 0,
    refusal: undefined,
    attempt: undefined,
  },
  confDir: { status: 'Unknown', detail: '', foreign: [] },
  groups: emptyMap,
  appsByName: emptyMap,
  unsettled: emptyMap,
  quiet: { lastChangeMs: 0, firstChangeMs: undefined, waiting: [] },
  removals: { approvedAtMs: [] },
  floors: noFloors,
  running: undefined,
};

export function newApp(name: string): AppState {
  return {
    name,
    entry: undefined,
    desired: { type: 'Unknown' },
    released: { type: 'Unknown' },
    isRemovalApproved: false,
    file: undefined,
    written: undefined,
    lastGood: undefined,
    loaded: undefined,
    acceptedSha256: undefined,
    probe: undefined,
    quarantines: [],
    hold: undefined,
    work: undefined,
    trial: undefined,
    failure: undefined,
    attempt: undefined,
    lastWrite: undefined,
    restartsAtMs: [],
  };
}

/** An `AppState` exists under a usable name only when that passed `parseAppName`. */
export const asAppName = (app: AppState): AppName => app.name as AppName;
