/**
 * The words of supervene as types (design section 2).
 *
 * Brands mark strings of which two could be swapped; each cast happens once, in a codec.
 */
declare const brand: unique symbol;
interface Brand<Name extends string> {
  readonly [brand]: Name;
}

/** An app name that passed `parseAppName`: safe as a group, a program and a part of a path. */
export type AppName = string & Brand<'AppName'>;

/** An etcd revision: a 64-bit integer as canonical decimal text, never a JS number. */
export type Revision = string & Brand<'Revision'>;

/** Lower-case hexadecimal SHA-256, 64 characters. */
export type Sha256 = string & Brand<'Sha256'>;

/** `plan-<seq of the event it was derived after>`. */
export type PlanId = string & Brand<'PlanId'>;

/** Order of two revisions: negative, zero or positive. Exact for any number of digits. */
export function compareRevisions(a: Revision, b: Revision): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Canonical decimal text, or undefined for anything else (sign, blank, leading zero). */
export function parseRevision(text: string): Revision | undefined {
  return /^(?:0|[1-9]\d{0,30})$/.test(text) ? (text as Revision) : undefined;
}

export const revisionZero = '0' as Revision;

export type ProcessState =
  'STOPPED' | 'STARTING' | 'RUNNING' | 'BACKOFF' | 'STOPPING' | 'EXITED' | 'FATAL' | 'UNKNOWN';

/** One process as supervisord shows it; nothing in here changes while nothing happens. */
export interface ProcessStatus {
  /** `group:name`, the full name that every call takes. */
  readonly id: string;
  readonly group: string;
  readonly name: string;
  readonly state: ProcessState;
  /** 0 when there is no process. */
  readonly pid: number;
  /** Seconds since the Unix epoch by supervisord's clock; 0 for never. */
  readonly startSec: number;
  readonly stopSec: number;
  readonly exitStatus: number;
  /** supervisord's `spawnerr`: why it could not start or how it exited; '' for nothing. */
  readonly spawnError: string;
}

/** What is in the way at a path, or what a file turned out to be. Paths are absolute. */
export type ConfFile =
  /** Carries our marker. `sha256` is of what stands below the first line now. */
  | Readonly<{
      type: 'Ours';
      path: string;
      app: AppName;
      revision: Revision;
      /** The marker's own claim of what stands below it. */
      markedSha256: Sha256;
      sha256: Sha256;
      /** Owner and mode are as the settings say. */
      isOwnerAndModeRight: boolean;
    }>
  /** A readable file without our marker. Sections as written: `group:web`, `program:web`. */
  | Readonly<{ type: 'Foreign'; path: string; sections: readonly string[] }>
  /** Something at `<app>.supervene.conf` that is not a regular file, or cannot be read. */
  | Readonly<{ type: 'Blocked'; path: string; detail: string }>;

/** Addresses in canonical text, sorted, no duplicates; the host name lower-case. */
export interface Identity {
  readonly hostId: string;
  readonly hostNames: readonly string[];
  readonly addresses: readonly string[];
}

/** Options of a program by name; a Map because names come from outside. */
export type ProgramOptions = ReadonlyMap<string, string>;

/** A refusal or warning with a place: `code` is stable and for programs, the rest for people. */
export interface Problem {
  /** `E_…` refuses, `W_…` warns. */
  readonly code: string;
  /** 1-based line in the decoded content; 0 when the problem has no line. */
  readonly line: number;
  readonly message: string;
  /** What to do about it, as an imperative sentence. */
  readonly remedy: string;
}
