/**
 * All that is known of one app: what etcd wants of it, what is on disk, what supervisord runs, and
 * what is under way. Plain JSON.
 */
import type { ProgramFacts } from '../src/domain/content/programFacts.ts';
import type { DesiredEntry } from '../src/domain/event.ts';
import type { HostQuestion } from '../src/domain/plan.ts';
import type { Healthcheck, Rollout } from '../src/domain/rollout/rollout.ts';
import type { TurnFailure, TurnWait, TurnWish } from '../src/domain/rollout/turn.ts';
import type { AppName, Problem, Revision, Sha256 } from '../src/domain/types.ts';

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
  /** How it is to prove itself, beside running; no part of the file. */
  readonly healthcheck?: Healthcheck;
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
  | Readonly<{
      type: 'Wanted';
      version: Version;
      warnings: readonly Problem[];
      /** Absent: everywhere at once. */
      rollout?: Rollout;
    }>;

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
  /** As the key was last understood: kept while it cannot be, and while the app goes. */
  readonly rollout?: Rollout;
  /** It runs and has failed its health check, and nothing is put back: running is no proof of it. */
  readonly unwellSha256?: Sha256;
  /** It has its turn at being changed; absent: it has none. */
  readonly turn?: Turn;
  /** Why it has none yet; absent: nobody has said. */
  readonly turnWait?: { readonly wait: TurnWait; readonly detail: string };
}

/** As it was taken: whatever becomes of the key, this much is to be given back. */
export interface Turn {
  readonly sinceMs: number;
  readonly kind: TurnWish['kind'];
  readonly revision: Revision;
  readonly maxUnavailable?: number;
  readonly drainMs: number;
  /** What was put in place in this turn failed. */
  readonly failure?: TurnFailure & { readonly revision: Revision };
}

export type FileState =
  | Readonly<{ type: 'Ours'; sha256: Sha256; revision: Revision; isOwnerAndModeRight: boolean }>
  | Readonly<{ type: 'Occupied'; detail: string }>;

export interface Loaded {
  readonly fileSha256: Sha256;
  /** Of the version, whatever `autostart` the file had. */
  readonly versionSha256: Sha256;
  /** Other settings since give that version another text: it differs, and is nobody's drift. */
  readonly isRevised?: true;
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
  /** Since when it could be asked for its health; absent: not yet, or nobody is to ask. */
  readonly runsSinceMs?: number;
  /** The newest answer. */
  readonly health?: { readonly isHealthy: boolean; readonly detail: string };
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
