/**
 * The driver without a child process: reread, then take groups out and put them in by XML-RPC.
 *
 * Guards that `supervisorctl update` does not have: a group is taken out for good only if the plan
 * says so, and one that is still running stays in and fails alone.
 */
import type { SchedulerLike } from 'rxjs';
import type { CallError } from '../../src/domain/event.ts';
import type { GroupUpdate } from '../../src/domain/plan.ts';
import { err, ok, type Result } from '../../src/domain/result.ts';
import { type Driver, type GroupFailure, resultOf } from './driver.ts';

interface ItemFailure {
  readonly name: string;
  readonly error: CallError;
}

type ItemCalls = (names: readonly string[]) => Promise<Result<readonly ItemFailure[], CallError>>;

export interface RpcDriverDeps {
  readonly reloadConfig: () => Promise<
    Result<
      Readonly<Record<'added' | 'changed' | 'removed', readonly string[]>>,
      CallError | Readonly<{ type: 'CantReread'; detail: string }>
    >
  >;
  readonly getAllProcessInfo: () => Promise<
    Result<readonly { readonly group: string }[], CallError>
  >;
  readonly removeGroups: ItemCalls;
  readonly addGroups: ItemCalls;
  readonly scheduler: Pick<SchedulerLike, 'now'>;
}

export interface RpcDriverOptions {
  /** No further call is made after this; each call has a deadline of its own. */
  readonly timeoutMs: number;
}

// supervisord starts what a round has added before it answers the next: a few big rounds are done
// sooner than many small ones, yet no group is out for long.
const groupsMaxPerRound = 50;

export function createRpcDriver(deps: RpcDriverDeps, options: RpcDriverOptions): Driver {
  const updateGroups: Driver['updateGroups'] = async (groups) => {
    if (groups.length === 0) return ok(undefined);
    const deadlineMs = deps.scheduler.now() + options.timeoutMs;
    const work = await findWork(deps, groups);
    if (!work.ok) return work;
    const failures = [...work.value.failures];
    const names = new Set(groups.map(({ app }) => app));
    for (const round of chunks([...names], groupsMaxPerRound)) {
      if (deps.scheduler.now() > deadlineMs) {
        const detail = `not all groups were updated within ${options.timeoutMs} ms`;
        return err({ type: 'TimedOut', detail });
      }
      const done = await replace(deps, work.value, round);
      if (!done.ok) return done;
      failures.push(...done.value);
    }
    return resultOf(failures);
  };
  return { updateGroups };
}

interface Work {
  readonly toRemove: ReadonlySet<string>;
  readonly toAdd: ReadonlySet<string>;
  readonly failures: readonly GroupFailure[];
}

async function findWork(
  deps: RpcDriverDeps,
  groups: readonly GroupUpdate[],
): Promise<Result<Work, CallError>> {
  const diff = await deps.reloadConfig();
  if (!diff.ok) {
    if (diff.error.type !== 'CantReread') return err(diff.error);
    return err({ type: 'Fault', faultCode: 92, detail: diff.error.detail });
  }
  const { added, changed, removed } = diff.value;
  const changes = new Map<string, GroupUpdate['change']>([
    ...removed.map((name) => [name, 'Removed'] as const),
    ...added.map((name) => [name, 'Added'] as const),
    ...changed.map((name) => [name, 'Changed'] as const),
  ]);
  const toRemove = new Set<string>();
  const toAdd = new Set<string>();
  const failures: GroupFailure[] = [];
  const unchanged: string[] = [];
  for (const { app, change } of groups) {
    const actual = changes.get(app);
    if (actual === undefined) {
      if (change !== 'Removed') unchanged.push(app);
    } else if ((actual === 'Removed') !== (change === 'Removed')) {
      failures.push({ group: app, error: unplanned(change, actual) });
    } else {
      if (actual !== 'Added') toRemove.add(app);
      if (actual !== 'Removed') toAdd.add(app);
    }
  }
  const unknown = await findUnknown(deps, unchanged);
  if (!unknown.ok) return unknown;
  return ok({ toRemove, toAdd, failures: [...failures, ...unknown.value] });
}

function unplanned(planned: GroupUpdate['change'], actual: GroupUpdate['change']): CallError {
  return { type: 'Failed', detail: `planned as ${planned}, but by its files it is ${actual}` };
}

/** Nothing to change is right for a group that is active, and wrong for one that is nowhere. */
async function findUnknown(
  deps: RpcDriverDeps,
  names: readonly string[],
): Promise<Result<readonly GroupFailure[], CallError>> {
  if (names.length === 0) return ok([]);
  const processes = await deps.getAllProcessInfo();
  if (!processes.ok) return processes;
  const active = new Set(processes.value.map(({ group }) => group));
  const error: CallError = { type: 'Failed', detail: 'no such group' };
  return ok(names.filter((name) => !active.has(name)).map((group) => ({ group, error })));
}

async function replace(
  deps: RpcDriverDeps,
  work: Work,
  names: readonly string[],
): Promise<Result<readonly GroupFailure[], CallError>> {
  const removal = await callFor(deps.removeGroups, names, work.toRemove);
  if (!removal.ok) return removal;
  // 10 BAD_NAME: somebody else has taken it out meanwhile.
  const stuck = removal.value.filter(({ error }) => error.faultCode !== 10);
  const stuckNames = new Set(stuck.map(({ group }) => group));
  const free = names.filter((name) => !stuckNames.has(name));
  const addition = await callFor(deps.addGroups, free, work.toAdd);
  if (!addition.ok) return addition;
  return ok([...stuck, ...addition.value]);
}

async function callFor(
  calls: ItemCalls,
  names: readonly string[],
  wanted: ReadonlySet<string>,
): Promise<Result<readonly GroupFailure[], CallError>> {
  const chosen = names.filter((name) => wanted.has(name));
  if (chosen.length === 0) return ok([]);
  const failures = await calls(chosen);
  if (!failures.ok) return failures;
  return ok(failures.value.map(({ name, error }) => ({ group: name, error })));
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const rounds: T[][] = [];
  for (let from = 0; from < items.length; from += size) rounds.push(items.slice(from, from + size));
  return rounds;
}
