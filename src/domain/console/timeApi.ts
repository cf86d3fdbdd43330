/**
 * What the routes of the past give, `timeline` and `moment`: a journal as `supervene replay` tells it,
 * redacted, with every app of the host: only who may operate all of them may look.
 */

/** `seq` is that of an event, or of what was known before the first one. */
export interface TimelinePoint {
  readonly seq: number;
  readonly atMs: number;
}

/**
 * `timeline`: `?around=SEQ` or `?at=MS`; without either the newest. `?app=` for what concerns that app
 * or the whole host; `?all=1` for what happens all the time, too.
 */
export interface TimelineDocument {
  readonly host: string;
  /** Of all that the host still has. */
  readonly first: TimelinePoint;
  readonly last: TimelinePoint;
  /** What was read for this; entries beyond are asked for by going there. */
  readonly readFirst: TimelinePoint;
  readonly readLast: TimelinePoint;
  /** In order, 500 at most. */
  readonly entries: readonly TimelineEntry[];
  /** There are entries, or events that were not read, before and behind these. */
  readonly hasEarlier: boolean;
  readonly hasLater: boolean;
  /** From `first` to `last` in equal lengths of time: how much was told in each of what was read. */
  readonly density: readonly number[];
  /** How many of these say that something failed, or is held. */
  readonly troubles: readonly number[];
  /** Of which apps there is something to tell in what was read, sorted. */
  readonly apps: readonly string[];
  /** Why something is missing, as a sentence. */
  readonly damage: string | null;
}

export interface TimelineEntry extends TimelinePoint {
  readonly type: string;
  /** A plan is begun with it. */
  readonly isPlan: boolean;
  readonly lines: readonly TimelineLine[];
  /** So many lines were left out. */
  readonly more: number;
}

export interface TimelineLine {
  readonly kind: 'learned' | 'decided' | 'done' | 'failed' | 'held' | 'freed' | 'journal';
  /** Null: it concerns the whole host, or several. */
  readonly app: string | null;
  /** A sentence, as `supervene replay` has it. */
  readonly text: string;
  readonly because: string | null;
}

/** `moment`: after that event. `?app=` for the chain of reasons of one app. */
export interface MomentDocument extends TimelinePoint {
  readonly host: string;
  /** Of supervene, which wrote it. */
  readonly supervene: string;
  readonly type: string | null;
  readonly lines: readonly TimelineLine[];
  readonly etcd: MomentPart & { readonly revision: string };
  readonly supervisord: MomentPart & { readonly version: string | null };
  readonly files: MomentPart;
  /** Sorted by name. */
  readonly apps: readonly MomentApp[];
  /** Steps, in order: of the plan that is being carried out, or else of the one that is due. */
  readonly plan: readonly TimelineLine[];
  /** Of the plan that is being carried out. */
  readonly running: string | null;
  readonly wakeAtMs: number | null;
  readonly held: readonly MomentHeld[];
  /** Null without `app`, and for an app that was never known. */
  readonly chain: MomentChain | null;
}

export interface MomentPart {
  readonly status: string;
  readonly sinceMs: number | null;
  readonly detail: string | null;
}

export interface MomentApp {
  readonly app: string;
  readonly status: string;
  readonly desired: {
    readonly type: string;
    readonly revision: string | null;
    readonly detail: string | null;
  };
  readonly actual: {
    /** Null: nothing of it is loaded. */
    readonly revision: string | null;
    readonly failure: string | null;
    readonly isStoppedByOperator: boolean;
    readonly processes: readonly {
      readonly id: string;
      readonly state: string;
      readonly pid: number;
    }[];
  };
}

export interface MomentHeld {
  readonly app: string | null;
  readonly code: string;
  readonly reason: string;
  readonly untilMs: number | null;
}

/** As `supervene replay --explain` has it, of what was read. */
export interface MomentChain {
  readonly app: string;
  readonly status: string;
  readonly statusSeq: number;
  readonly statusMs: number;
  /** Newest first. */
  readonly events: readonly (TimelinePoint & { readonly lines: readonly TimelineLine[] })[];
  /** So many were left out in the middle. */
  readonly omitted: number;
  /** What is earlier was not read. */
  readonly fromSeq: number;
}
