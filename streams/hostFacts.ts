/**
 * What hosts report, from their keys: which of them live, and what is last known of the others. Hosts that
 * an etcd lacks all at once stay as last known, and so do all of them when an etcd was perhaps restored, or
 * is another: each until it reports again. No I/O.
 */
import type { EtcdKeyValue } from '../src/domain/etcdCalls.ts';
import { parseFleetKey, type ReportKind } from '../src/domain/fleet/fleetKeys.ts';
import { decodeReport } from '../src/domain/fleet/reportCodec.ts';
import type { HostFact } from '../src/domain/template/makeTemplateData.ts';
import { compareRevisions, type Revision } from '../src/domain/types.ts';

export interface HostFacts {
  readonly note: (kind: ReportKind, name: string, kv: EtcdKeyValue, isThere: boolean) => boolean;
  readonly clear: (kind: ReportKind) => void;
  readonly facts: () => readonly HostFact[];
  /** They stay as they were known, each until it reports. */
  readonly keep: (before: readonly HostFact[]) => void;
  /** So do all hosts: only what is put after `since` is a word of theirs again. */
  readonly doubt: (since: Revision) => void;
  /** Those of them of which nothing is known any more. */
  readonly missing: (before: readonly HostFact[]) => readonly HostFact[];
  /** What is known from before only is gone. */
  readonly believe: () => void;
}

/** By number; the head is 0. */
type Parts = Map<number, Uint8Array>;

interface Said {
  readonly parts: Parts;
  /** When the head was put. */
  headRevision: Revision | undefined;
}

interface HostParts {
  readonly hosts: Said;
  readonly known: Said;
  before: { readonly word: HostFact['known']; readonly since: Revision } | undefined;
  /** Made when somebody looks. */
  fact: HostFact | undefined;
}

export function createHostFacts(prefix: string): HostFacts {
  const hosts = new Map<string, HostParts>();
  const settle = (name: string, host: HostParts): void => {
    host.fact = undefined;
    if (isNewer(host.known, host.before?.since)) host.before = undefined;
    const isEmpty = host.hosts.parts.size === 0 && host.known.parts.size === 0;
    if (isEmpty && host.before === undefined) hosts.delete(name);
    else hosts.set(name, host);
  };
  const facts = (): readonly HostFact[] =>
    [...hosts].map(([name, host]) => (host.fact ??= factOf(name, host)));
  const keep = (before: readonly HostFact[], since: Revision): void => {
    for (const { host: name, live, known } of before) {
      const word = live?.ok === true ? live : (known ?? live);
      if (word === undefined) continue;
      const host = hosts.get(name) ?? newHost();
      host.before = { word, since };
      settle(name, host);
    }
  };
  return {
    note: (kind, name, kv, isThere) => {
      const key = parseFleetKey(prefix, name);
      if (key?.type !== 'Report' || key.kind !== kind) return false;
      const host = hosts.get(key.host) ?? newHost();
      const said = host[kind];
      // Only what goes with a lease says that somebody is alive.
      const isWord = isThere && (kind === 'known' || kv.lease !== undefined);
      if (isWord) said.parts.set(key.part, kv.value);
      else said.parts.delete(key.part);
      if (key.part === 0) said.headRevision = isWord ? kv.modRevision : undefined;
      // Somebody forgets it.
      if (key.part === 0 && !isThere && kind === 'known') host.before = undefined;
      settle(key.host, host);
      return true;
    },
    clear: (kind) => {
      for (const [name, host] of hosts) {
        empty(host[kind]);
        settle(name, host);
      }
    },
    facts,
    keep: (before) => keep(before, anyRevision),
    doubt: (since) => {
      const before = facts();
      // Of an etcd that has not come so far yet: its revisions say nothing of this one.
      for (const { hosts: live, known } of hosts.values()) {
        for (const said of [live, known]) if (isNewer(said, since)) empty(said);
      }
      keep(before, since);
    },
    missing: (before) =>
      before.filter(({ host, known }) => {
        const now = hosts.get(host);
        return known !== undefined && now?.before === undefined && !now?.known.parts.has(0);
      }),
    believe: () => {
      for (const [name, host] of hosts) {
        host.before = undefined;
        settle(name, host);
      }
    },
  };
}

/** Before all that etcd has. */
const anyRevision = '0' as Revision;

function empty(said: Said): void {
  said.parts.clear();
  said.headRevision = undefined;
}

function newHost(): HostParts {
  const nothing = (): Said => ({ parts: new Map(), headRevision: undefined });
  return { hosts: nothing(), known: nothing(), before: undefined, fact: undefined };
}

function factOf(host: string, { hosts, known, before }: HostParts): HostFact {
  if (before === undefined) return { host, live: readParts(hosts), known: readParts(known) };
  return {
    host,
    live: isNewer(hosts, before.since) ? readParts(hosts) : undefined,
    known: before.word,
  };
}

function isNewer({ headRevision }: Said, since: Revision | undefined): boolean {
  if (headRevision === undefined || since === undefined) return false;
  return compareRevisions(headRevision, since) > 0;
}

/** Parts without a head are what somebody left behind: no word of any host. */
function readParts({ parts }: Said): HostFact['live'] {
  const head = parts.get(0);
  return head === undefined ? undefined : decodeReport(head, parts);
}
