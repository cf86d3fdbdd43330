/**
 * What is remembered of etcd from one listing to the next, to know when it is another one: another
 * cluster, wiped, or restored from a backup while nobody looked.
 *
 * A restored etcd goes back, and by the writes of others it may have passed the revision we knew
 * before we list it. But a key that was there at a revision is there at that revision still, unless
 * the history is another one.
 */
import { type CallLimits, type Range } from '../src/domain/etcdCalls.ts';
import { type ListReason } from '../src/domain/event.ts';
import { compareRevisions, type Revision } from '../src/domain/types.ts';
import { type KeyRevisions, type KnownKey } from './keyRevisions.ts';

export interface StoreMark {
  readonly clusterId: string;
  readonly revision: Revision;
  /** Keys that were there; none: nothing is known of any. */
  readonly keys?: readonly KnownKey[];
}

/** A listing, as far as it is of interest here. */
export interface SeenStore extends Pick<StoreMark, 'clusterId' | 'revision'> {
  readonly view: { readonly keys: Pick<KeyRevisions, 'revisionOf' | 'knownSince'> };
}

export interface StoreMemory {
  /** Why this listing is of another etcd than the one that is known; undefined when it is not. */
  readonly judge: (listing: SeenStore, limits: CallLimits) => Promise<ListReason | undefined>;
  readonly noteListing: (listing: SeenStore) => void;
  /** The store is at least so far. */
  readonly noteRevision: (revision: Revision) => void;
  /** And nothing that we know of was missing then. */
  readonly noteAudit: (revision: Revision) => void;
}

export function createStoreMemory(range: Range, before: StoreMark | undefined): StoreMemory {
  let known: StoreMark | undefined = before;
  /** Read only when there is a new listing to compare them with. */
  let knownKeys = (): Iterable<KnownKey> => before?.keys ?? [];
  let verified: Revision | undefined;

  const noteRevision = (revision: Revision): void => {
    if (known !== undefined && compareRevisions(revision, known.revision) > 0) {
      known = { clusterId: known.clusterId, revision };
    }
  };
  return {
    judge: async (listing, limits) => {
      const change = changeOfStore(known, listing);
      if (change !== undefined) return change;
      const isThere = (key: Uint8Array): boolean => listing.view.keys.revisionOf(key) !== undefined;
      const isOther = await isOtherHistory(range, knownKeys(), isThere, limits);
      return isOther ? 'RevisionRegressed' : undefined;
    },
    noteListing: ({ clusterId, revision, view }) => {
      known = { clusterId, revision };
      verified = revision;
      knownKeys = () => view.keys.knownSince(verified ?? revision);
    },
    noteRevision,
    noteAudit: (revision) => {
      verified = revision;
      noteRevision(revision);
    },
  };
}

function changeOfStore(
  known: StoreMark | undefined,
  now: Pick<StoreMark, 'clusterId' | 'revision'>,
): ListReason | undefined {
  if (known === undefined) return undefined;
  if (known.clusterId !== now.clusterId) return 'ClusterChanged';
  return compareRevisions(now.revision, known.revision) < 0 ? 'RevisionRegressed' : undefined;
}

/** Most of what is missing was deleted, in whichever history: a few are asked for. */
const askedMax = 16;

/** False also where etcd has forgotten that far back: nobody can tell any more. */
async function isOtherHistory(
  range: Range,
  known: Iterable<KnownKey>,
  isThere: (key: Uint8Array) => boolean,
  limits: CallLimits,
): Promise<boolean> {
  let asked = 0;
  for (const { key, atRevision } of known) {
    if (isThere(key)) continue;
    const answer = await range({ key, revision: atRevision, keysOnly: true }, limits);
    if (answer.ok && answer.value.count === 0) return true;
    asked += 1;
    if (asked >= askedMax) return false;
  }
  return false;
}
