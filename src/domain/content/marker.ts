/**
 * The first line of a file of ours: who manages it, and what stands below.
 *
 * `; managed by supervene: app=demo1 revision=42 sha256=<64 hex>`; the hash is of everything
 * after the first line break. A line that differs in any character is not our marker.
 */
import { type AppName, parseRevision, type Revision, type Sha256 } from '../types.ts';

export interface Marker {
  readonly app: AppName;
  /** The newest etcd revision of the two leaves that the text came from. */
  readonly revision: Revision;
  /** Of everything below the marker line. */
  readonly sha256: Sha256;
}

const pattern =
  /^; managed by supervene: app=([A-Za-z0-9][A-Za-z0-9_.-]{0,62}) revision=(\d+) sha256=([0-9a-f]{64})$/;

/** Without the line break. */
export function formatMarker(marker: Marker): string {
  return `; managed by supervene: app=${marker.app} revision=${marker.revision} sha256=${marker.sha256}`;
}

/** Undefined for anything that `formatMarker` does not write. Takes the line without its break. */
export function parseMarker(firstLine: string): Marker | undefined {
  const [, app, revisionText, sha256] = pattern.exec(firstLine) ?? [];
  if (app === undefined || revisionText === undefined || sha256 === undefined) return undefined;
  const revision = parseRevision(revisionText);
  if (revision === undefined) return undefined;
  return { app: app as AppName, revision, sha256: sha256 as Sha256 };
}
