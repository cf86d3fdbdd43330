/**
 * Everything the agent can learn, as one closed union.
 *
 * An event is a fact that has already happened: names are past tense, payloads are plain JSON
 * (no Map, no undefined inside arrays, no NaN). The journal holds exactly what the reducer saw,
 * so changing a variant here changes a file format.
 *
 * Made by `streams/`, `effects/` and the agent; interpreted only by `reducers/`.
 */
import type { GroupUpdate, Plan } from './plan.ts';
import type { Policy } from './policy/policy.ts';
import type { TurnWait, TurnWish } from './rollout/turn.ts';
import type {
  AppName,
  ConfFile,
  Identity,
  PlanId,
  ProcessStatus,
  Revision,
  Sha256,
} from './types.ts';
import type { TrustSettings } from './trust/trustSettings.ts';

export type Event =
  // The agent itself. Effects of an earlier life are over; their outcome is unknown.
  | Readonly<{ type: 'AgentStarted'; version: string; pid: number; settings: DecisionSettings }>
  // etcd. A listing replaces everything; a change carries one whole etcd revision.
  | Readonly<{
      type: 'DesiredListed';
      clusterId: string;
      revision: Revision;
      reason: ListReason;
      /** Sorted by app; only entries that concern this host, or half pairs. */
      entries: readonly DesiredEntry[];
      /** How many more apps there are, placed elsewhere. */
      elsewhere: number;
      /** Keys below the prefix that are not ours to read. */
      ignoredKeys: number;
    }>
  | Readonly<{
      type: 'DesiredChanged';
      revision: Revision;
      /** Complete pictures of the apps that changed; empty when none concerns this host. */
      entries: readonly DesiredEntry[];
      /** Several apps were deleted at one stroke, here or elsewhere, and none is left. */
      isEmptied?: boolean;
    }>
  | Readonly<{ type: 'DesiredLost'; reason: LostReason; detail: string }>
  | Readonly<{ type: 'IdentityObserved'; identity: Identity }>
  // supervisord. `instance` differs whenever supervisord may have started anew.
  | Readonly<{
      type: 'ProcessesListed';
      instance: string;
      supervisorVersion: string;
      /** Sorted by id; what is absent does not exist. */
      processes: readonly ProcessStatus[];
    }>
  | Readonly<{
      type: 'ProcessesChanged';
      changed: readonly ProcessStatus[];
      /** Ids that are no longer there. */
      gone: readonly string[];
    }>
  | Readonly<{ type: 'SupervisorLost'; error: CallError }>
  // The conf directory and everything else that supervisord includes.
  | Readonly<{ type: 'ConfFilesListed'; files: readonly ConfFile[] }>
  | Readonly<{ type: 'ConfFilesChanged'; changed: readonly ConfFile[]; gone: readonly string[] }>
  | Readonly<{ type: 'ConfDirLost'; detail: string }>
  // What came of a plan. `PlanStarted` is the intent: it is on disk before the first step.
  | Readonly<{ type: 'PlanStarted'; plan: Plan }>
  | Readonly<{
      type: 'HostProbed';
      app: AppName;
      contentSha256: Sha256;
      /** Empty: nothing speaks against this content on this host. */
      refusals: readonly HostRefusal[];
      /** Why something could not be found out; what was not is no refusal. */
      doubt?: 'SupervisordAway' | 'Unanswered';
    }>
  | Readonly<{ type: 'FileWritten'; app: AppName; revision: Revision; sha256: Sha256 }>
  | Readonly<{ type: 'FileRemoved'; app: AppName }>
  | Readonly<{ type: 'FileFailed'; app: AppName; error: FileError }>
  | Readonly<{
      type: 'RereadDone';
      /** Group names; each sorted, no duplicates. */
      added: readonly string[];
      changed: readonly string[];
      removed: readonly string[];
    }>
  /** CANT_REREAD: some included file is refused, so no group can be updated. */
  | Readonly<{ type: 'RereadRefused'; detail: string; file: string | undefined }>
  | Readonly<{ type: 'RereadFailed'; error: CallError }>
  | Readonly<{ type: 'StopsRequested'; app: AppName; failures: readonly string[] }>
  | Readonly<{ type: 'StopsFailed'; app: AppName; error: CallError }>
  /** The driver is through with these groups; `error` undefined when it saw no fault. */
  | Readonly<{
      type: 'GroupsUpdated';
      groups: readonly GroupUpdate[];
      error: CallError | undefined;
    }>
  | Readonly<{ type: 'StartsRequested'; app: AppName; failures: readonly string[] }>
  | Readonly<{ type: 'StartsFailed'; app: AppName; error: CallError }>
  | Readonly<{ type: 'PlanFinished'; planId: PlanId }>
  // Turns at changing an app that does so host by host (`rollout/turn.ts`).
  | Readonly<{ type: 'TurnAwaited'; app: AppName; wait: TurnWait; detail: string }>
  /** The app may be stopped and changed now: its traffic has gone elsewhere. */
  | Readonly<{
      type: 'TurnTaken';
      app: AppName;
      /** Of the wish that is answered; absent: of the one there is when it is heard. */
      kind?: TurnWish['kind'];
    }>
  | Readonly<{ type: 'TurnEnded'; app: AppName }>
  | Readonly<{
      type: 'HealthChecked';
      app: AppName;
      /** Of the version that was asked. */
      contentSha256: Sha256;
      isHealthy: boolean;
      detail: string;
    }>
  // People.
  | Readonly<{ type: 'RetryRequested'; app: AppName; by: string }>
  | Readonly<{ type: 'RemovalsConfirmed'; by: string }>
  // Time passes only when this says so.
  | Readonly<{ type: 'Ticked' }>;

/** One app as etcd has it at a revision. A missing leaf is undefined: half a pair. */
export interface DesiredEntry {
  /** As in the key; not yet known to be a valid name. */
  readonly app: string;
  readonly ips?: Leaf;
  readonly content?: Leaf;
  /** How a change goes through its hosts; absent: everywhere at once. */
  readonly rollout?: Leaf;
  /** Only where signatures are looked at. */
  readonly signature?: Leaf;
  /** Ids of the trusted keys whose signature over the statement in there holds; sorted. */
  readonly signers?: readonly string[];
}

export interface Leaf {
  readonly modRevision: Revision;
  readonly value: LeafValue;
}

export type LeafValue =
  | Readonly<{ type: 'Text'; text: string }>
  /** Not valid UTF-8. */
  | Readonly<{ type: 'Binary'; base64: string }>
  /** More than could ever be accepted; not kept. */
  | Readonly<{ type: 'TooLarge'; sizeBytes: number }>
  /** Present in etcd; not kept because the app is placed elsewhere. */
  | Readonly<{ type: 'Elsewhere' }>;

export type ListReason =
  | 'Initial'
  | 'Reconnected'
  | 'Compacted'
  | 'ClusterChanged'
  | 'RevisionRegressed'
  | 'AuditMismatch'
  | 'IdentityChanged'
  | 'WatchCanceled';

export type LostReason =
  | 'Unreachable'
  | 'TimedOut'
  | 'Unauthorised'
  | 'NoLeader'
  | 'Compacted'
  | 'ClusterChanged'
  | 'RevisionRegressed'
  | 'AuditMismatch'
  | 'Canceled'
  | 'Malformed';

/** `detail` is text for a person; nothing may branch on it. */
export interface CallError {
  readonly type:
    'Unreachable' | 'TimedOut' | 'Unauthorised' | 'Malformed' | 'ShuttingDown' | 'Fault' | 'Failed';
  /** XML-RPC fault code, when `type` is `Fault`. */
  readonly faultCode?: number;
  readonly detail: string;
}

export interface FileError {
  readonly type:
    'Blocked' | 'NoSpace' | 'ReadOnly' | 'NotPermitted' | 'DirectoryUnusable' | 'Failed';
  readonly detail: string;
}

export interface HostRefusal {
  /** `E_NO_SUCH_USER`, `E_NO_LOG_DIRECTORY`, `E_NO_SUCH_ENV`, … */
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** The settings that shape decisions: recorded, so that a journal replays without the host. */
export interface DecisionSettings {
  /** Also what the jitter of retries is derived from. */
  readonly hostId: string;
  /** Of the apps in etcd. */
  readonly prefix: string;
  readonly quietMs: number;
  readonly maxWaitMs: number;
  /** Undefined for no limit. */
  readonly restartLimit: { readonly count: number; readonly windowMs: number } | undefined;
  readonly rollback: 'auto' | 'off';
  readonly operatorStops: 'hold' | 'ignore' | 'restart';
  readonly allowRemovals: boolean;
  readonly driver: 'supervisorctl' | 'rpc';
  /** Absolute; file names in plans are derived from it. */
  readonly confDir: string;
  /** Options for what the content does not set, in rendering order. */
  readonly programDefaults: readonly (readonly [string, string])[];
  readonly groupPriority: number;
  /** Absent in older journals: everything is let through, without a warning. */
  readonly policy?: Policy;
  /** Absent: signatures are not looked at. */
  readonly trust?: TrustSettings;
}

/** An event as it stands in the journal. Only the loop makes these. */
export interface Recorded {
  /** Position in the journal: 1, 2, 3, … without gaps. */
  readonly seq: number;
  /** Milliseconds since the Unix epoch, never decreasing; the only clock a reducer may read. */
  readonly atMs: number;
  readonly event: Event;
}
