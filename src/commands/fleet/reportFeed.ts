/**
 * What hosts report under their leases, and what is known of them without, as it stands in etcd: kept
 * as bytes, and read when somebody looks, however often it was written in between.
 */
import { decodeKey } from '../../../streams/etcdBytes.ts';
import type { KeyChange } from '../../domain/etcdCalls.ts';
import { parseFleetKey, type ReportKind } from '../../domain/fleet/fleetKeys.ts';
import type { HostWords } from '../../domain/fleet/fleetView.ts';
import { type DecodedReport, decodeReport } from '../../domain/fleet/reportCodec.ts';

export interface ReportFeed {
  /** Everything there is of this kind. */
  readonly replace: (kind: ReportKind, kvs: readonly KeyFact[]) => void;
  readonly change: (kind: ReportKind, changes: readonly KeyChange[]) => void;
  /** By host: what of it is other than when this was asked last. */
  readonly takeWords: () => ReadonlyMap<string, HostWords>;
}

export type KeyFact = Pick<KeyChange, 'key' | 'value' | 'modRevision' | 'lease'>;

/** By number; the head is 0. */
type Parts = Map<number, Uint8Array>;
type Reports = Readonly<Record<ReportKind, Map<string, Parts>>>;

interface ReportPart {
  readonly kind: ReportKind;
  readonly host: string;
  readonly part: number;
}

export function createReportFeed(fleetPrefix: string): ReportFeed {
  const reports: Reports = { hosts: new Map(), known: new Map() };
  /** Of which something else is reported than was read last. */
  const changed = new Set<string>();
  /** Whose live word can be read: what is known of them without it says nothing more. */
  const lastByHost = new Map<string, DecodedReport>();

  const placeOf = (kind: ReportKind, { key }: KeyFact): ReportPart | undefined => {
    const name = decodeKey(key);
    const place = name === undefined ? undefined : parseFleetKey(fleetPrefix, name);
    return place?.type === 'Report' && place.kind === kind ? place : undefined;
  };
  const note = (place: ReportPart, value: Uint8Array | undefined): void => {
    if (!notePart(reports, place, value)) return;
    if (place.kind === 'hosts' || !lastByHost.has(place.host)) changed.add(place.host);
  };
  const read = (host: string): HostWords => {
    const live = readParts(reports.hosts.get(host), lastByHost.get(host));
    if (live?.ok === true) {
      lastByHost.set(host, live.value);
      return { live, known: undefined };
    }
    lastByHost.delete(host);
    return { live, known: readParts(reports.known.get(host)) };
  };

  return {
    replace: (kind, kvs) => {
      const left = new Map(
        [...reports[kind]].map(([name, parts]) => [name, new Set(parts.keys())]),
      );
      for (const kv of kvs) {
        const place = isWord(kind, kv) ? placeOf(kind, kv) : undefined;
        if (place === undefined) continue;
        left.get(place.host)?.delete(place.part);
        note(place, kv.value);
      }
      for (const [host, parts] of left) {
        for (const part of parts) note({ kind, host, part }, undefined);
      }
    },
    change: (kind, changes) => {
      for (const change of changes) {
        const place = placeOf(kind, change);
        const isThere = change.type === 'Put' && isWord(kind, change);
        if (place !== undefined) note(place, isThere ? change.value : undefined);
      }
    },
    takeWords: () => {
      const words = new Map([...changed].map((host) => [host, read(host)]));
      changed.clear();
      return words;
    },
  };
}

/** Only what goes with a lease says that somebody is alive; whatever else stands there is junk. */
function isWord(kind: ReportKind, { lease }: KeyFact): boolean {
  return kind !== 'hosts' || lease !== undefined;
}

/** Whether that is any news; undefined deletes. Both kinds mostly say the same, and keep it once. */
function notePart(
  reports: Reports,
  { kind, host, part }: ReportPart,
  value: Uint8Array | undefined,
): boolean {
  const parts = reports[kind].get(host);
  const before = parts?.get(part);
  if (value === undefined) {
    const isNews = parts?.delete(part) === true;
    if (parts?.size === 0) reports[kind].delete(host);
    return isNews;
  }
  if (before !== undefined && Buffer.compare(before, value) === 0) return false;
  const twin = reports[kind === 'hosts' ? 'known' : 'hosts'].get(host)?.get(part);
  const kept = twin !== undefined && Buffer.compare(twin, value) === 0 ? twin : Buffer.from(value);
  if (parts === undefined) reports[kind].set(host, new Map([[part, kept]]));
  else parts.set(part, kept);
  return true;
}

/** Parts without a head are what somebody left behind: no word of any host. */
function readParts(
  parts: Parts | undefined,
  last?: DecodedReport,
): ReturnType<typeof decodeReport> | undefined {
  const head = parts?.get(0);
  if (parts === undefined || head === undefined) return undefined;
  return decodeReport(head, parts, last?.report);
}
