/**
 * The record of one change of an app's keys by this program: who, when, from where, why, and what
 * stood there before and after. Written in the same transaction as the change itself, so the
 * revision of the record's key is the revision of the change.
 */
import type { AppName } from '../types.ts';

export interface Publication {
  readonly app: AppName;
  /** 1, 2, 3, … for each app; the oldest are dropped. */
  readonly seq: number;
  readonly action: 'publish' | 'unpublish' | 'rollback';
  readonly by: string;
  readonly from: string;
  /** Milliseconds since the epoch, by the clock of whoever published. */
  readonly atMs: number;
  readonly message?: string;
  /** Undefined: there was no such app. */
  readonly before: AppTexts | undefined;
  readonly after: AppTexts | undefined;
}

/** As people read them: the placement as it stands in etcd, the content decoded. */
export interface AppTexts {
  readonly ips: string;
  readonly content: string;
}

/** How many records of one app are kept, and how much they may hold together. */
export const publicationsMax = 50;
export const historySizeMaxBytes = 512 * 1024;
