/**
 * All that the agent knows, as one immutable value.
 *
 * Everything in here is plain JSON but for the two persistent maps, so that a journal can hold
 * it as a checkpoint (`stateCodec.ts`). Times are milliseconds since the epoch, from the journal.
 */
import type { CallError, DecisionSettings, LostReason } from '../src/domain/event.ts';
import {
  type Identity,
  type PlanId,
  type ProcessStatus,
  type Revision,
  revisionZero,
} from '../src/domain/types.ts';
import type { AppState, Attempt } from './appState.ts';
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
