/**
 * Is what the watch told us all there is? Asks for the newest revision and the number of the keys
 * below the prefix; a watch that lost an event, or an etcd that was replaced, shows here.
 * One round asks once when all is well; what looks wrong is looked at again after a grace.
 */
import {
  type CallLimits,
  type EtcdError,
  type Range,
  type RangeAnswer,
} from '../src/domain/etcdCalls.ts';
import { type Result } from '../src/domain/result.ts';
import { compareRevisions, type Revision } from '../src/domain/types.ts';
import { prefixRange } from './etcdBytes.ts';

export interface AuditDeps {
  readonly range: Range;
  /** What the watch has delivered so far. */
  readonly cursor: () => Revision;
  readonly keyCount: () => number;
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
  const first = await askNewestTwice(deps);
  if (!first.ok) return { type: 'Unanswered', error: first.error };
  const otherStore = findOtherStore(deps, seen, first.value);
  if (otherStore !== undefined) return otherStore;
  const fine: AuditFinding = { type: 'Fine', storeRevision: first.value.revision };
  const newest = first.value.kvs[0]?.modRevision;
  const isBehind = (): boolean =>
    newest !== undefined && compareRevisions(newest, deps.cursor()) > 0;
  if (!isBehind() && first.value.count === deps.keyCount()) return fine;

  await deps.grace();
  if (isBehind()) {
    return mismatch(
      `revision ${String(newest)} is not delivered, the watch is at ${deps.cursor()}`,
    );
  }
  return (await findWrongCount(deps)) ?? fine;
}

/** One call may fail for reasons of its own; credentials and a missing quorum do not. */
async function askNewestTwice(deps: AuditDeps): Promise<Result<RangeAnswer, EtcdError>> {
  const first = await askNewest(deps);
  if (first.ok || first.error.type === 'Unauthorised' || first.error.type === 'NoLeader') {
    return first;
  }
  return askNewest(deps);
}

function askNewest(deps: AuditDeps): Promise<Result<RangeAnswer, EtcdError>> {
  const query = { ...prefixRange(deps.prefix), keysOnly: true, newestFirst: true, limit: 1 };
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

/** Counts as of the cursor, so that changes on their way do not matter. */
async function findWrongCount(deps: AuditDeps): Promise<AuditFinding | undefined> {
  const revision = deps.cursor();
  const expected = deps.keyCount();
  const query = { ...prefixRange(deps.prefix), countOnly: true };
  let answer = await deps.range({ ...query, revision }, deps.limits);
  if (!answer.ok && answer.error.type === 'Compacted') {
    answer = await deps.range(query, deps.limits);
    if (deps.cursor() !== revision) return undefined;
  }
  if (!answer.ok || answer.value.count === expected) return undefined;
  return mismatch(`etcd has ${String(answer.value.count)} keys, the watch ${String(expected)}`);
}

function mismatch(detail: string): AuditFinding {
  return { type: 'Mismatch', detail };
}
