/**
 * How supervisord is made to take over the files of planned groups.
 *
 * A driver acts on the groups it is given and on no other, whatever else the files would change.
 * It believes nothing: an answer without a fault means only that none was seen. Never throws, is
 * bounded in time, and may be called again with the same groups.
 */
import type { CallError } from '../../src/domain/event.ts';
import type { GroupUpdate } from '../../src/domain/plan.ts';
import { err, ok, type Result } from '../../src/domain/result.ts';

export interface Driver {
  /**
   * Members of changed and removed groups are stopped when this is called. A group that fails does
   * not keep the others from being done; `detail` then names each that failed.
   */
  updateGroups(groups: readonly GroupUpdate[]): Promise<Result<void, CallError>>;
}

export interface GroupFailure {
  readonly group: string;
  readonly error: CallError;
}

/** The first failure gives the type, `detail` has them all. */
export function resultOf(failures: readonly GroupFailure[]): Result<void, CallError> {
  const first = failures[0];
  if (first === undefined) return ok(undefined);
  const details = failures.map(({ group, error }) => `${group}: ${error.detail}`);
  return err({ ...first.error, detail: details.join('; ').slice(0, 2_000) });
}
