/**
 * Which keys there are below the prefix, ours to read or not, and by which revision: what an audit
 * compares with etcd. Deletions are known until they are forgotten.
 */
import { type EtcdKeyValue } from '../src/domain/etcdCalls.ts';
import { compareRevisions, type Revision } from '../src/domain/types.ts';

export interface KnownKey {
  readonly key: Uint8Array;
  /** It was there for certain then. */
  readonly atRevision: Revision;
}

export interface KeyRevisions {
  /** By how many keys there are more now. */
  readonly note: (kv: EtcdKeyValue, isPut: boolean) => number;
  /** The one that last wrote or deleted the key, as far as it is known. */
  readonly revisionOf: (key: Uint8Array) => Revision | undefined;
  readonly count: () => number;
  /** All that are there; each was there at `verified` too, unless it was put later. */
  readonly knownSince: (verified: Revision) => Iterable<KnownKey>;
  readonly forgetDeletions: () => void;
}

export function createKeyRevisions(): KeyRevisions {
  const revisions = new Map<string, Revision>();
  const deletions = new Map<string, Revision>();
  return {
    note: ({ key, modRevision }, isPut) => {
      const name = nameOf(key);
      const before = revisions.size;
      if (isPut) revisions.set(name, modRevision);
      else {
        revisions.delete(name);
        deletions.set(name, modRevision);
      }
      return revisions.size - before;
    },
    revisionOf: (key) => {
      const name = nameOf(key);
      return revisions.get(name) ?? deletions.get(name);
    },
    count: () => revisions.size,
    knownSince: function* (verified) {
      for (const [name, revision] of revisions) {
        const atRevision = compareRevisions(revision, verified) > 0 ? revision : verified;
        yield { key: Buffer.from(name, 'latin1'), atRevision };
      }
    },
    forgetDeletions: () => {
      deletions.clear();
    },
  };
}

/** Any bytes, without two keys becoming one. */
function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
