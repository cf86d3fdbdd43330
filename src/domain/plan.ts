/**
 * What to do next, with every choice made: exact texts, exact groups, a reason for each step.
 *
 * A plan is short: it holds what can be done now without waiting. What must be waited for
 * (a stop, a start, a quiet window) is waited for by observing, and gives a later plan.
 */
import type { AppName, PlanId, Revision, Sha256 } from './types.ts';

export type PlanStep =
  /** Ask the host what only the host knows. Touches nothing. */
  | Readonly<{
      type: 'ProbeHost';
      app: AppName;
      contentSha256: Sha256;
      questions: readonly HostQuestion[];
      because: string;
    }>
  /** Put `text` at `<files.dir>/<app>.supervene.conf`, atomically and durably. */
  | Readonly<{
      type: 'WriteFile';
      app: AppName;
      revision: Revision;
      /** Of the text below the marker line. */
      sha256: Sha256;
      text: string;
      because: string;
    }>
  | Readonly<{ type: 'RemoveFile'; app: AppName; because: string }>
  /** Let supervisord reread its files and report the difference. Changes no process. */
  | Readonly<{ type: 'Reread'; because: string }>
  /** Ask for the stop of these processes (`group:name`) without waiting. */
  | Readonly<{
      type: 'StopProcesses';
      app: AppName;
      processes: readonly string[];
      because: string;
    }>
  /** Let supervisord take over the files of exactly these groups; their members are stopped. */
  | Readonly<{ type: 'UpdateGroups'; groups: readonly GroupUpdate[]; because: string }>
  | Readonly<{
      type: 'StartProcesses';
      app: AppName;
      processes: readonly string[];
      because: string;
    }>;

export interface GroupUpdate {
  readonly app: AppName;
  readonly change: GroupChange;
  readonly because: string;
}

export type GroupChange = 'Added' | 'Changed' | 'Removed';

export type HostQuestion =
  | Readonly<{ type: 'UserExists'; user: string }>
  | Readonly<{ type: 'GroupExists'; group: string }>
  /** A directory that supervisord needs for a log file; `%(here)s` and `~` still in it. */
  | Readonly<{ type: 'LogDirectoryExists'; path: string }>
  /** Set in supervisord's own environment, so that `%(ENV_x)s` expands. */
  | Readonly<{ type: 'EnvironmentHas'; name: string }>
  /**
   * Under a strict policy: the program or script lies, links followed, where only root can change
   * it. A private path may be a secret: no answer shows it.
   */
  | Readonly<{
      type: 'CommandTrusted';
      path: string;
      prefixes: readonly string[];
      isPrivate?: true;
    }>
  /** Under a strict policy: only root can put links there; as `LogDirectoryExists`. */
  | Readonly<{ type: 'LogDirectoryTrusted'; path: string }>
  /** Under a strict policy: no other name of uid 0. */
  | Readonly<{ type: 'UserUnprivileged'; user: string }>;

/** Something wanted but not done, with the reason. `app` is undefined for the whole host. */
export interface Held {
  readonly app: AppName | undefined;
  readonly code: HeldCode;
  readonly reason: string;
  /** When it is looked at again by itself, in milliseconds since the epoch. */
  readonly untilMs: number | undefined;
}

export type HeldCode =
  | 'OperatorStop'
  | 'MassRemoval'
  | 'RemovalUnconfirmed'
  | 'EtcdStale'
  | 'IdentityLost'
  | 'Pending'
  | 'Refused'
  | 'Quarantined'
  | 'ForeignFile'
  | 'ForeignConfBroken'
  | 'UnplannedDiff'
  | 'SupervisorUnreachable'
  | 'ConfDirUnusable'
  | 'JournalUnwritable'
  | 'NotYetObserved'
  | 'QuietWindow'
  | 'RestartLimit'
  | 'Retrying'
  | 'Failed'
  | 'Stopping'
  | 'Starting'
  /** Other hosts have their turn at changing it, or its own traffic is going elsewhere. */
  | 'AwaitingTurn'
  /** The rollout of this content was halted. */
  | 'RolloutHalted';

export interface Plan {
  readonly id: PlanId;
  /** Newest etcd revision known when it was made. */
  readonly revision: Revision;
  readonly steps: readonly PlanStep[];
  readonly held: readonly Held[];
  /** When the plan may change though nothing happens; undefined for never. */
  readonly wakeAtMs: number | undefined;
}
