/**
 * Is what the watch told us all there is? Asks which keys were put since the last audit and how
 * many there are below the prefix; a watch that lost an event, even one that was followed by
 * others, or an etcd that was replaced, shows here. One round asks once when all is well; what may
 * still be on its way is looked at again after a grace.
 */
import {
  type CallLimits,
  type EtcdError,
  type EtcdKeyValue,
  type Range,
  type RangeAnswer,
} from '../src/domain/etcdCalls.ts';
import { type Result } from '../src/domain/result.ts';
import { compareRevisions, type Revision, revisionZero } from '../src/domain/types.ts';
import { prefixRange } from './etcdBytes.ts';
import { type KeyRevisions } from './keyRevisions.ts';

export interface AuditDeps {
  readonly range: Range;
  /** What the watch has delivered so far. */
  readonly cursor: () => Revision;
  /** As of the cursor. */
  readonly keys: Pick<KeyRevisions, 'revisionOf' | 'count' | 'forgetDeletions'>;
  /** Of the listing, or of the store at the last audit that found nothing wrong. */
  readonly verified: Revision;
  readonly clusterId: string;
  /** Resolves when watched changes have had time to arrive. */
  readonly grace: () => Promise<void>;
  readonly prefix: string;
  readonly limits: CallLimits;
}

export type AuditFinding =
  | Readonly<{ type: 'Fine'; storeRevision: Revision }>
  | Readonly<{
      type: 'Mismatch' | 'ClusterChanged' | 'RevisionRegressed';
      detail: string;
    }>
  | Readonly<{ type: 'Unanswered'; error: EtcdError }>;

export async function auditDesired(deps: AuditDeps): Promise<AuditFinding> {
  const seen = deps.cursor();
  deps.keys.forgetDeletions();
  const first = await askChangedTwice(deps);
  if (!first.ok) return { type: 'Unanswered', error: first.error };
  const otherStore = findOtherStore(deps, seen, first.value);
  if (otherStore !== undefined) return otherStore;
  const fine: AuditFinding = { type: 'Fine', storeRevision: first.value.revision };
  const isAllThere = (): boolean => findLost(deps, first.value) === undefined;
  if (isAllThere() && first.value.count === deps.keys.count()) return fine;

  await deps.grace();
  const lost = findLost(deps, first.value);
  if (lost !== undefined) {
    return mismatch(
      `revision ${lost.modRevision} is not delivered, the watch is at ${deps.cursor()}`,
    );
  }
  return (await findWrongCount(deps, first.value)) ?? fine;
}

/** One call may fail for reasons of its own; credentials and a missing quorum do not. */
async function askChangedTwice(deps: AuditDeps): Promise<Result<RangeAnswer, EtcdError>> {
  const first = await askChanged(deps);
  if (first.ok || first.error.type === 'Unauthorised' || first.error.type === 'NoLeader') {
    return first;
  }
  return askChanged(deps);
}

function askChanged(deps: AuditDeps): Promise<Result<RangeAnswer, EtcdError>> {
  const query = { ...prefixRange(deps.prefix), keysOnly: true, changedAfter: deps.verified };
  return deps.range(query, deps.limits);
}

/** The read is linearizable: no member that merely lags answers with a lower revision. */
function findOtherStore(
  { clusterId }: AuditDeps,
  seen: Revision,
  answer: RangeAnswer,
): AuditFinding | undefined {
  if (answer.clusterId !== clusterId) {
    return { type: 'ClusterChanged', detail: `cluster ${clusterId} became ${answer.clusterId}` };
  }
  if (compareRevisions(answer.revision, seen) < 0) {
    return {
      type: 'RevisionRegressed',
      detail: `etcd is at revision ${answer.revision} and was at ${seen}`,
    };
  }
  return undefined;
}

/** A key of which we know neither this change nor one after the answer. */
function findLost({ keys }: AuditDeps, { kvs, revision }: RangeAnswer): EtcdKeyValue | undefined {
  return kvs.find(({ key, modRevision }) => {
    const known = keys.revisionOf(key) ?? revisionZero;
    return known !== modRevision && compareRevisions(known, revision) <= 0;
  });
}

/**
 * Of what there was at the first answer, unless the watch is past that: then as of the cursor, so
 * that changes on their way do not matter.
 */
async function findWrongCount(
  deps: AuditDeps,
  first: RangeAnswer,
): Promise<AuditFinding | undefined> {
  const revision = deps.cursor();
  const expected = deps.keys.count();
  if (compareRevisions(revision, first.revision) <= 0) return wrongCount(first.count, expected);
  const query = { ...prefixRange(deps.prefix), countOnly: true };
  let answer = await deps.range({ ...query, revision }, deps.limits);
  if (!answer.ok && answer.error.type === 'Compacted') {
    answer = await deps.range(query, deps.limits);
    if (deps.cursor() !== revision) return undefined;
  }
  return answer.ok ? wrongCount(answer.value.count, expected) : undefined;
}

function wrongCount(found: number, expected: number): AuditFinding | undefined {
  if (found === expected) return undefined;
  return mismatch(`etcd has ${String(found)} keys, the watch ${String(expected)}`);
}

function mismatch(detail: string): AuditFinding {
  return { type: 'Mismatch', detail };
}
