/**
 * What the routes of the console take and give, as JSON. Every refusal is an `ApiFault` with a
 * status of 400 and above; a publish that somebody was ahead of is a `Conflict` with 409.
 */
import type { FleetOrder } from '../fleet/fleetRequest.ts';
import type { AppTexts, PublicationAction } from '../fleet/publication.ts';
import type { Problem, Revision } from '../types.ts';
import type { Grant } from './roles.ts';

export interface ApiFault {
  /** A sentence. */
  readonly error: string;
  readonly remedy?: string;
  /** `E_…`, or a word for the page to act on: `LoggedOut`, `Denied`, `TooMany`, `Conflict`, … */
  readonly code: string;
  readonly problems?: readonly Problem[];
}

/** `session` */
export interface SessionDocument {
  readonly version: string;
  readonly instance: string;
  /** Null: nobody is logged in. */
  readonly user: { readonly name: string; readonly grants: readonly Grant[] } | null;
  /** To be sent back as `x-supervene-csrf` with every POST. */
  readonly csrf: string;
  /** There are no users yet: the token that the console printed makes the first. */
  readonly needsSetUp: boolean;
  /** What to call the way in by OIDC; null when there is none. */
  readonly oidc: string | null;
  /** Below which the apps are. */
  readonly prefix: string;
}

/** `logIn` */
export interface LogInRequest {
  readonly user: string;
  readonly password: string;
}

/** `setUp` */
export interface SetUpRequest extends LogInRequest {
  readonly token: string;
}

/** `changePassword`: other sessions of the user end, this one goes on with the new cookie. */
export interface ChangePasswordRequest {
  readonly password: string;
  readonly next: string;
}

/** `oidcStart` gives where to go. */
export interface OidcStart {
  readonly url: string;
}

/** Revisions at which the keys were read; null: not there. A change is refused when they moved on. */
export interface AppMark {
  readonly ips: Revision | null;
  readonly content: Revision | null;
  readonly signature: Revision | null;
  readonly rollout: Revision | null;
}

/** `app`. Of an app that is not there, too: with nothing in it. */
export interface AppDocument {
  readonly app: string;
  /** Of etcd, at which it was read. */
  readonly revision: Revision;
  readonly mark: AppMark;
  readonly texts: AppTexts;
  /** Who may not publish it sees placeholders for what people write freely: commands, paths, values. */
  readonly isRedacted: boolean;
  /** Only a publish under the same keys is accepted by hosts that enforce signatures. */
  readonly isSigned: boolean;
  /** What agents say to it, as `supervene show` does. */
  readonly problems: readonly Problem[];
}

/** `publish`. What is absent stays as it is; `rollout: null` takes the key away. */
export interface PublishRequest {
  readonly expected: AppMark;
  readonly ips?: string;
  readonly content?: string;
  readonly rollout?: string | null;
  /** Options that supervisor does not know are refused, unless these are to pass. */
  readonly allowsUnknown?: boolean;
  readonly message: string;
}

/** `unpublish`. `forgetHost` takes `{message?}`. */
export interface UnpublishRequest {
  readonly expected: AppMark;
  readonly message: string;
}

export interface RollBackRequest {
  readonly expected: AppMark;
  readonly to: Revision;
  readonly message: string;
}

/** Null: there was nothing to change. */
export interface Published {
  readonly revision: Revision | null;
}

/** Somebody was ahead: what stands there now. */
export interface Conflict extends ApiFault {
  readonly code: 'Conflict';
  readonly now: AppDocument;
}

/** `history`: `?limit=`, 50 without it, 1,000 at most; newest first. */
export interface HistoryDocument {
  readonly app: string;
  readonly isRedacted: boolean;
  /** From there on no change is missing. */
  readonly completeFrom: Revision | null;
  readonly items: readonly HistoryEntry[];
}

export interface HistoryEntry {
  readonly revision: Revision | null;
  readonly action: PublicationAction | null;
  readonly by: string | null;
  readonly from: string | null;
  readonly atMs: number | null;
  readonly message: string | null;
  readonly to: Revision | null;
  readonly before: AppTexts | 'Absent' | 'Forgotten';
  readonly after: AppTexts | 'Absent' | 'Forgotten';
  /** Else a record alone says so. */
  readonly isVouchedFor: boolean;
}

/** `rollout`, which gives `Published`. */
export interface RolloutRequest {
  readonly action: 'halt' | 'resume';
  readonly message: string;
}

/**
 * `orders`, 1,000 at most. The answer is JSON Lines of `OrderOutcome`, as they come; and an
 * `ApiFault` as the last line when etcd went away, so that some have no outcome.
 */
export interface OrdersRequest {
  readonly orders: readonly { readonly host: string; readonly order: FleetOrder }[];
}

export interface OrderOutcome {
  readonly host: string;
  readonly order: FleetOrder;
  readonly state: 'Done' | 'Failed' | 'Refused' | 'Lost' | 'Expired' | 'Unanswered';
  readonly detail: string;
}

/**
 * `log`: `?process=&stream=stdout|stderr&offset=&length=`; the bytes, with `x-log-offset` and
 * `x-log-size`; `?download=1` gives all of it as a file, without these. `followLog`:
 * `?process=&stream=&offset=`; server-sent events with a `LogPiece` each, and `trouble` with an
 * `ApiFault`, once, when the agent does not answer, which is asked on.
 */
export interface LogPiece {
  /** Of the first byte, in the file. */
  readonly offset: number;
  readonly size: number;
  /** Of the bytes. */
  readonly base64: string;
  /** What came before is no longer in the file: it was rotated, or cut off. */
  readonly isRestarted: boolean;
}

/** `keys` */
export interface KeysDocument {
  readonly revision: Revision;
  readonly prefix: string;
  /** There are more. */
  readonly isCut: boolean;
  readonly keys: readonly KeyEntry[];
}

export interface KeyEntry {
  /** Bytes that are no UTF-8 as `\xHH`; a backslash as `\\`. */
  readonly key: string;
  readonly app: string | null;
  readonly leaf: string | null;
  /** Why no agent can do anything with it; null when nothing is the matter. */
  readonly remark: string | null;
  readonly modRevision: Revision;
  readonly bytes: number;
}

/** `key`: `?key=` as `KeyEntry.key` writes it. */
export interface KeyDocument {
  readonly key: string;
  readonly modRevision: Revision | null;
  /** Null when it is no text. */
  readonly text: string | null;
  readonly base64: string | null;
}

/** `writeKey`, which gives `Published`. Neither text nor base64: it is removed. */
export interface WriteKeyRequest {
  readonly key: string;
  readonly expected: Revision | null;
  readonly text?: string;
  readonly base64?: string;
  readonly message: string;
}

/** `writeKey` that somebody was ahead of: 409. */
export interface KeyConflict extends ApiFault {
  readonly code: 'Conflict';
  readonly nowKey: KeyDocument;
}

/** `audit`: `?before=SEQ`, newest first. */
export interface AuditDocument {
  readonly entries: readonly AuditEntry[];
  /** Of all of them. */
  readonly verdict: AuditVerdict;
}

/** One step of the trail; `hash` is over everything else in it. */
export interface AuditEntry {
  /** 1, 2, 3, … without a gap. */
  readonly seq: number;
  readonly atMs: number;
  /** Empty: nobody had logged in. */
  readonly user: string;
  /** An address. */
  readonly from: string;
  /** The name of the route. */
  readonly action: string;
  readonly target: string;
  readonly before: string;
  readonly after: string;
  /**
   * `asked` is written before it is done; what came of it has the number of that in `of`. What is too
   * long for one entry goes on in those after it, of the same `of` or, without one, of the first.
   */
  readonly outcome: 'asked' | 'done' | 'failed' | 'refused';
  readonly of: number | null;
  readonly detail: string;
  /** Of the entry before; 64 zeros for the first. */
  readonly previous: string;
  readonly hash: string;
}

export type AuditVerdict =
  | Readonly<{ isWhole: true; from: number; to: number }>
  | Readonly<{ isWhole: false; seq: number; why: string }>;
