/** The apps in etcd as the commands need them; every error already says what to do. */
import type { DesiredEntry } from '../domain/event.ts';
import type { Result } from '../domain/result.ts';
import type { AppName, Revision } from '../domain/types.ts';
import type { Fault } from './commandIo.ts';

export interface AppListing {
  readonly revision: Revision;
  /** Sorted by app, both leaves kept. */
  readonly entries: readonly DesiredEntry[];
  /** Keys below the prefix that are nobody's leaves. */
  readonly ignoredKeys: number;
}

export interface AppReading {
  readonly revision: Revision;
  /** Without leaves when there is no such app. */
  readonly entry: DesiredEntry;
}

/** What a transaction came to: `Changed` when the keys were no longer as `expected`. */
export type WriteOutcome =
  Readonly<{ type: 'Written'; revision: Revision }> | Readonly<{ type: 'Changed' }>;

export interface AppStore {
  list(): Promise<Result<AppListing, Fault>>;
  /** Whatever has a leaf, valid name or not. */
  names(): Promise<Result<readonly string[], Fault>>;
  read(app: AppName): Promise<Result<AppReading, Fault>>;
  publish(
    app: AppName,
    values: { readonly ips: string; readonly content: string },
    expected: DesiredEntry,
  ): Promise<Result<WriteOutcome, Fault>>;
  unpublish(app: AppName, expected: DesiredEntry): Promise<Result<WriteOutcome, Fault>>;
  close(): void;
}
