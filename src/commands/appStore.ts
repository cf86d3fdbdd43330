/** The apps in etcd as the commands need them; every error already says what to do. */
import type { AppWrite } from '../clients/writeApps.ts';
import type { DesiredEntry } from '../domain/event.ts';
import type { Result } from '../domain/result.ts';
import type { AppName, Revision } from '../domain/types.ts';
import type { Fault } from './commandIo.ts';
import type { Past } from './history/goBack.ts';
import type { AppHistory, HistoryLimits } from './history/readAppHistory.ts';
import type { RecordWish } from './recordChange.ts';

export interface AppListing<Row> {
  readonly revision: Revision;
  /** What was made of each app, sorted by app. */
  readonly rows: readonly Row[];
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

export interface AppChange {
  readonly app: AppName;
  /** As they shall stand in etcd; all undefined: it is removed. */
  readonly values: {
    readonly ips: string | undefined;
    readonly content: string | undefined;
    readonly signature: string | undefined;
    readonly rollout: string | undefined;
  };
  /** As it was read: it must still be so. */
  readonly entry: DesiredEntry;
  /** Goes into the history with it; undefined for none. */
  readonly record?: RecordWish | undefined;
}

export interface AppStore {
  /**
   * `toRow` sees each app once, so that not all contents are held at the same time; an app of which
   * only the signed removal is left, when it is asked for.
   */
  list<Row>(
    toRow: (entry: DesiredEntry) => Row,
    isRemovedToo?: boolean,
  ): Promise<Result<AppListing<Row>, Fault>>;
  /** Whatever has a leaf of an app that is there, valid name or not. */
  names(): Promise<Result<readonly string[], Fault>>;
  read(app: AppName): Promise<Result<AppReading, Fault>>;
  /** At least `changesMax` of the newest changes, if there are so many and the limits let them. */
  history(
    app: AppName,
    changesMax: number,
    limits?: HistoryLimits,
  ): Promise<Result<AppHistory, Fault>>;
  /** What stood there at that revision, and no more; the inner error: that is not known. */
  past(
    app: AppName,
    to: Revision,
    limits?: Pick<HistoryLimits, 'signal'>,
  ): Promise<Result<Result<Past, Fault>, Fault>>;
  /** Makes the record; writes nothing. */
  prepare(change: AppChange): Promise<Result<AppWrite, Fault>>;
  /** In one transaction: all of them, or none. */
  write(writes: readonly AppWrite[]): Promise<Result<WriteOutcome, Fault>>;
  /** `record`: goes into the history with it; undefined for none. */
  publish(
    app: AppName,
    values: {
      readonly ips: string;
      readonly content: string;
      readonly signature?: string | undefined;
      readonly rollout?: string | undefined;
    },
    expected: DesiredEntry,
    record?: RecordWish,
  ): Promise<Result<WriteOutcome, Fault>>;
  /** `signature`: that of the removal, which is left behind. */
  unpublish(
    app: AppName,
    expected: DesiredEntry,
    signature?: string,
    record?: RecordWish,
  ): Promise<Result<WriteOutcome, Fault>>;
  /** Writes the signature alone. */
  sign(
    app: AppName,
    signature: string,
    expected: DesiredEntry,
  ): Promise<Result<WriteOutcome, Fault>>;
  close(): void;
}
