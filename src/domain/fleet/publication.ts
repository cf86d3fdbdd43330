/**
 * The record of one change of an app's keys by this program: who, when, from where, why, and what
 * stood there before and after. Written in the same transaction as the change itself, so the
 * revision of the record's key is the revision of the change.
 */
import type { AppName, Revision } from '../types.ts';

export interface Publication {
  readonly app: AppName;
  /** 1, 2, 3, … for each app; the oldest are dropped. */
  readonly seq: number;
  readonly action: PublicationAction;
  readonly by: string;
  readonly from: string;
  /** Milliseconds since the epoch, by the clock of whoever published. */
  readonly atMs: number;
  readonly message?: string;
  /** Of a rollback: whose state was put back. */
  readonly to?: Revision;
  readonly before: TextsThen;
  /** Undefined: it was removed. */
  readonly after: AppTexts | undefined;
}

/** `other`: of a later version, which does more. */
export type PublicationAction = 'publish' | 'unpublish' | 'rollback' | 'apply' | 'other';

/** `Forgotten`: neither a record nor etcd has it any more. */
export type TextsThen = AppTexts | 'Absent' | 'Forgotten';

/**
 * As people read them: the placement as it stands in etcd, the content decoded. Undefined for a key
 * that is not there, or that nobody can read.
 */
export interface AppTexts {
  readonly ips: string | undefined;
  readonly content: string | undefined;
  /** The exact text of the key, which may make no sense; undefined for none. */
  readonly rollout?: string | undefined;
}

export function isSameTexts(a: AppTexts | undefined, b: AppTexts | undefined): boolean {
  return isSamePair(a, b) && a?.rollout === b?.rollout;
}

/** Whatever their rollouts. */
export function isSamePair(a: AppTexts | undefined, b: AppTexts | undefined): boolean {
  return a?.ips === b?.ips && a?.content === b?.content && (a === undefined) === (b === undefined);
}

/** How many records of one app are kept, and how much they may hold together. */
export const publicationsMax = 50;
export const historySizeMaxBytes = 512 * 1024;
