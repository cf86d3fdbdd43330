/**
 * Which version of an app is to stand on this host: the desired one, or the last good one while
 * the desired one is refused or unknown. A bad app harms that app only, and what ran keeps running.
 */
import { assertNever } from '../src/domain/assertNever.ts';
import type { Sha256 } from '../src/domain/types.ts';
import type { AppState, Quarantine, Version } from './appState.ts';

export type Target =
  | Readonly<{ type: 'Run'; version: Version; isFallback: boolean }>
  /** Nothing to put there, nothing to take away. */
  | Readonly<{ type: 'Leave' }>
  /** The file goes because supervisord refuses it and no good version is known. */
  | Readonly<{ type: 'TakeBack'; quarantine: Quarantine }>
  /** The app goes. */
  | Readonly<{ type: 'Remove'; because: string; doubt: string | undefined }>;

export function chooseTarget(app: AppState): Target {
  const { released } = app;
  switch (released.type) {
    case 'Absent': {
      // By the newest word it belongs here again, or nobody knows: newest wins.
      if (app.desired.type !== 'Absent') return fallback(app) ?? { type: 'Leave' };
      // What is not let go is looked after like any other.
      const stays = app.isRemovalApproved ? undefined : (fallback(app) ?? poisoned(app));
      if (stays !== undefined) return stays;
      return { type: 'Remove', because: whyAbsent(released.why), doubt: released.doubt };
    }
    case 'Wanted':
      return wanted(app, released.version);
    case 'Unknown':
      return fallback(app) ?? { type: 'Leave' };
    case 'Pending':
    case 'Refused':
    case 'IdentityLost':
      return fallback(app) ?? poisoned(app) ?? { type: 'Leave' };
    default:
      return assertNever(released);
  }
}

function wanted(app: AppState, version: Version): Target {
  const quarantine = quarantineOf(app, version.sha256);
  if (quarantine === undefined) return { type: 'Run', version, isFallback: false };
  const other = fallback(app);
  switch (quarantine.by) {
    case 'Verify':
      // With nothing better to put back, what failed stays where people can look at it.
      return other ?? { type: 'Run', version, isFallback: false };
    case 'Host':
      return other ?? poisoned(app) ?? { type: 'Leave' };
    case 'Reread':
      return other ?? { type: 'TakeBack', quarantine };
    default:
      return assertNever(quarantine.by);
  }
}

function fallback(app: AppState): Target | undefined {
  for (const version of [app.written, app.lastGood]) {
    if (version !== undefined && quarantineOf(app, version.sha256) === undefined) {
      return { type: 'Run', version, isFallback: true };
    }
  }
  return undefined;
}

/**
 * The file that stands there keeps supervisord from rereading any file: it goes whatever is known
 * of the app, for the sake of the others. Its processes are let be.
 */
function poisoned(app: AppState): Target | undefined {
  if (app.file?.type !== 'Ours') return undefined;
  const sha256 = knownVersion(app, app.file.sha256)?.sha256 ?? app.file.sha256;
  const quarantine = quarantineOf(app, sha256);
  return quarantine?.by === 'Reread' ? { type: 'TakeBack', quarantine } : undefined;
}

/** The version whose text, with or without `autostart=false`, has this hash. */
export function knownVersion(app: AppState, sha256: Sha256): Version | undefined {
  const released = app.released.type === 'Wanted' ? app.released.version : undefined;
  return [released, app.written, app.lastGood, app.trial?.version].find(
    (version) => version?.sha256 === sha256 || version?.heldSha256 === sha256,
  );
}

export function quarantineOf(app: AppState, sha256: Sha256): Quarantine | undefined {
  return app.quarantines.find((quarantine) => quarantine.sha256 === sha256);
}

function whyAbsent(why: 'Deleted' | 'Elsewhere' | 'NotListed'): string {
  switch (why) {
    case 'Deleted':
      return 'its keys were deleted in etcd';
    case 'Elsewhere':
      return 'its placement no longer names this host';
    case 'NotListed':
      return 'etcd does not list it';
    default:
      return assertNever(why);
  }
}

/** Its file is gone; of an app that is to go, what supervisord made of it is still to be taken out. */
export function withoutFile(app: AppState): AppState {
  const { file, released } = app;
  const isLeaving = released.type === 'Absent' && file?.type === 'Ours';
  if (!isLeaving || app.loaded !== undefined) return { ...app, file: undefined };
  const versionSha256 = knownVersion(app, file.sha256)?.sha256 ?? file.sha256;
  return { ...app, file: undefined, loaded: { fileSha256: file.sha256, versionSha256 } };
}
