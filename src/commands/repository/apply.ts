/**
 * `supervene apply DIR`: makes etcd equal to a directory of app files.
 *
 * Everything is validated before anything is written, and written over nothing but what was read. As
 * many apps as fit go in one transaction; of several, each holds whole apps.
 */
import { resolve } from 'node:path';
import { readAppDir } from '../../clients/appDir.ts';
import { splitWrites } from '../../clients/splitWrites.ts';
import type { AppWrite } from '../../clients/writeApps.ts';
import type { DesiredEntry } from '../../domain/event.ts';
import { newestRevision } from '../../domain/fleet/wantedApp.ts';
import type { WaitTarget } from '../../domain/fleet/fleetWait.ts';
import { type Result, err, ok } from '../../domain/result.ts';
import type { Revision } from '../../domain/types.ts';
import type { Settings } from '../../settings/settings.ts';
import type { AppStore } from '../appStore.ts';
import type { CommandRun } from '../command.ts';
import { type CommandIo, exitDifferent, exitDone, exitFailed } from '../commandIo.ts';
import { type Fault, fail, misuse, tellFault, writeJson } from '../commandIo.ts';
import { tellAndWait } from '../fleet/waitForHosts.ts';
import { openAppStore } from '../openAppStore.ts';
import { visible } from '../textTable.ts';
import { type ApplyWish, readApplyWish } from './applyWish.ts';
import { fileSizeMax, isPassedOver, parseAppDir } from './parseAppDir.ts';
import type { FileProblem, WantedApps } from './parseAppDir.ts';
import { type DirPlan, planDir, whyTooManyRemovals } from './planDir.ts';
import { signPlan, type Step } from './signPlan.ts';
import { diffOf, summaryText, tellSteps, tellWarnings, visibleLine } from './tellPlan.ts';

export const runApply: CommandRun = async (input) => {
  const { io, settings } = input;
  const wish = readApplyWish(input);
  if (!wish.ok) return misuse(io, wish.error);
  const { dir, isJson } = wish.value;
  const query = { sizeMaxBytes: fileSizeMax, isPassedOver };
  const items = await readAppDir(resolve(io.workingDir, dir), query);
  if (!items.ok) return fail(io, isJson, { message: items.error });
  const store = await openAppStore(settings);
  if (!store.ok) return fail(io, isJson, { ...store.error });
  try {
    return await apply(io, store.value, parseAppDir(items.value), wish.value, settings);
  } finally {
    store.value.close();
  }
};

async function apply(
  io: CommandIo,
  store: AppStore,
  wanted: WantedApps,
  wish: ApplyWish,
  settings: Settings,
): Promise<number> {
  const { isJson, signing, isPruned } = wish;
  const names = new Set<string>(wanted.apps.map(({ app }) => app));
  // What stands in etcd of others is not kept in memory.
  const keep = (entry: DesiredEntry): DesiredEntry | undefined =>
    isPruned || names.has(entry.app) ? entry : undefined;
  const listing = await store.list(keep, true);
  if (!listing.ok) {
    if (wanted.problems.length > 0) return refuse(io, wish, wanted.problems);
    return fail(io, isJson, { ...listing.error });
  }
  const entries = listing.value.rows.filter((row) => row !== undefined);
  const plan = planDir(wanted.apps, entries, { ...wish, rules: settings });
  const problems = [...wanted.problems, ...plan.problems];
  if (problems.length > 0) return refuse(io, wish, problems);
  const tooMany = whyNotPruned(wanted, plan, wish);
  if (tooMany !== undefined) return fail(io, isJson, { ...tooMany });
  const place = { trustDir: settings.trust.dir, nowMs: Date.now() };
  const steps = await signPlan(plan.apps, signing, place);
  if (!steps.ok) {
    for (const fault of steps.error.slice(1)) tellFault(io, fault);
    return fail(io, isJson, { message: 'nothing was written', ...steps.error[0] });
  }
  tellAll(io, wanted, plan, steps.value);
  if (!isJson) tellSteps(io, steps.value, wish.isSummary);
  const done = { plan, steps: steps.value };
  if (steps.value.length === 0 || wish.isDryRun) return tell(io, settings, wish, done, []);
  const batches = await prepare(store, settings, wish, steps.value);
  if (!batches.ok) return fail(io, isJson, { ...batches.error });
  const written = await writeAll(io, store, batches.value);
  if (!written.ok) return fail(io, isJson, { ...written.error });
  return tell(io, settings, wish, done, written.value);
}

/** One after the other. Whoever ends it is told what is written, after the one under way. */
async function writeAll(
  { onEnd }: Pick<CommandIo, 'onEnd'>,
  store: AppStore,
  batches: readonly (readonly AppWrite[])[],
): Promise<Result<readonly Written[], Fault>> {
  const written: Written[] = [];
  let isEnded = false;
  const undo = onEnd?.(() => {
    isEnded = true;
  });
  try {
    for (const batch of batches) {
      if (isEnded) return err(partly({ message: 'it was ended' }, written, batches));
      const outcome = await store.write(batch);
      if (!outcome.ok) return err(partly(outcome.error, written, batches));
      if (outcome.value.type === 'Changed') {
        const message = `somebody changed ${namesText(batch)} meanwhile`;
        return err(partly({ message }, written, batches));
      }
      written.push({ revision: outcome.value.revision, batch });
    }
    return ok(written);
  } finally {
    undo?.();
  }
}

function refuse(
  io: CommandIo,
  { dir, isJson }: ApplyWish,
  problems: readonly FileProblem[],
): number {
  const sorted = [...problems].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  for (const problem of sorted) io.writeError(`${visibleLine(problem)}\n`);
  const message = `${dir} is refused; nothing was written`;
  tellFault(io, { message });
  if (isJson) {
    const list = sorted.map(({ file, problem }) => ({ file, ...problem }));
    writeJson(io, { error: message, problems: list });
  }
  return exitFailed;
}

function whyNotPruned(wanted: WantedApps, plan: DirPlan, wish: ApplyWish): Fault | undefined {
  const { isPruned, areRemovalsAllowed, dir } = wish;
  if (!isPruned || areRemovalsAllowed) return undefined;
  const removed = plan.apps.filter(({ action }) => action === 'remove');
  const remedy = 'if they are all to go, give --allow-removals';
  if (wanted.apps.length === 0 && removed.length > 0) {
    const message = `${dir} has no app: --prune would remove all ${String(removed.length)} apps`;
    return { message, remedy };
  }
  const message = whyTooManyRemovals(removed.length, plan.count);
  return message === undefined ? undefined : { message, remedy };
}

function tellAll(io: CommandIo, wanted: WantedApps, plan: DirPlan, steps: readonly Step[]): void {
  const strange = plan.strangeNames.map((name) => ({
    message: `${visible(name)} in etcd is no name of an app; it is left alone`,
  }));
  const empty = wanted.apps.length === 0 ? [{ message: 'the directory has no app' }] : [];
  tellWarnings(io, [
    ...empty,
    ...plan.warnings.map((problem) => ({ message: visibleLine(problem) })),
    ...steps.flatMap(({ warning }) => (warning === undefined ? [] : [warning])),
    ...strange,
  ]);
}

/** Each with its record; so many are asked for at a time. */
const atOnce = 16;

async function prepare(
  store: AppStore,
  settings: Settings,
  { record }: ApplyWish,
  steps: readonly Step[],
): Promise<Result<readonly (readonly AppWrite[])[], Fault>> {
  const writes: AppWrite[] = [];
  for (let start = 0; start < steps.length; start += atOnce) {
    const changes = steps.slice(start, start + atOnce).map(({ app, entry, change, signature }) => {
      const { ips, content, rollout } = change?.after ?? nothing;
      return store.prepare({ app, values: { ips, content, signature, rollout }, entry, record });
    });
    for (const prepared of await Promise.all(changes)) {
      if (!prepared.ok) return err(prepared.error);
      writes.push(prepared.value);
    }
  }
  return ok(splitWrites(settings.etcd.prefix, writes));
}

const nothing = { ips: undefined, content: undefined, rollout: undefined };

interface Written {
  readonly revision: Revision;
  readonly batch: readonly AppWrite[];
}

/** Of the last transaction the fault tells: it may be that nobody knows. */
function partly(
  fault: Fault,
  written: readonly Written[],
  batches: readonly (readonly AppWrite[])[],
): Fault & Readonly<Record<string, unknown>> {
  const apps = written.flatMap(({ batch }) => batch.map(({ app }) => app));
  const total = batches.reduce((sum, batch) => sum + batch.length, 0);
  const done = apps.length === 0 ? 'nothing was' : `${apps.length} of ${total} apps were`;
  const remedy = fault.remedy ?? 'look at it, and apply again: what is written is written';
  return { message: `${fault.message}; before that ${done} written`, remedy, written: apps };
}

const namesShownMax = 5;

function namesText(batch: readonly AppWrite[]): string {
  const names = batch.slice(0, namesShownMax).map(({ app }) => app);
  const more = batch.length - names.length;
  const what = `${names.join(', ')}${more > 0 ? ` or one of ${String(more)} others` : ''}`;
  return batch.length > 1 ? `one of ${what}` : what;
}

interface Outcome {
  readonly plan: DirPlan;
  readonly steps: readonly Step[];
}

function tell(
  io: CommandIo,
  settings: Settings,
  wish: ApplyWish,
  { plan, steps }: Outcome,
  written: readonly Written[],
): Promise<number> {
  const { dir, isDryRun, isJson, isSummary, waitMs: timeoutMs } = wish;
  const unchanged = plan.apps.length - steps.length;
  const revisions = revisionsOf(written);
  const request =
    timeoutMs === undefined || isDryRun
      ? undefined
      : { settings, io, targets: targetsOf(plan, revisions), timeoutMs, isJson };
  return tellAndWait(request, (waited) => {
    const summary = summaryText(steps, unchanged, written.length > 0);
    if (isJson) {
      const changes = steps.map((step) => ({
        app: step.app,
        action: step.action,
        hosts: step.change?.hosts ?? null,
        ...(isSummary ? {} : { diff: diffOf(step) }),
        revision: revisions.get(step.app) ?? null,
      }));
      const count = { unchanged, transactions: written.length };
      const wait = waited === undefined ? {} : { wait: waited.document };
      writeJson(io, { dir, isDryRun, isChanged: steps.length > 0, changes, ...count, ...wait });
    } else if (steps.length === 0) io.writeOut(`nothing to change: ${summary}\n`);
    else if (isDryRun) io.writeOut(`would change: ${summary}; nothing was written\n`);
    else io.writeOut(`${summary}${whereText(written)}\n`);
    return isDryRun && steps.length > 0 ? exitDifferent : exitDone;
  });
}

function whereText(written: readonly Written[]): string {
  const last = written.at(-1)?.revision ?? '';
  if (written.length === 1) return `, at revision ${last}`;
  const count = String(written.length);
  return `, in ${count} transactions, each app whole; the last at revision ${last}`;
}

function revisionsOf(written: readonly Written[]): ReadonlyMap<string, Revision> {
  return new Map(
    written.flatMap(({ revision, batch }) => batch.map(({ app }) => [app, revision] as const)),
  );
}

/** Also what stays as it is: it may not run everywhere yet since the last time. */
function targetsOf(plan: DirPlan, revisions: ReadonlyMap<string, Revision>): readonly WaitTarget[] {
  return plan.apps.flatMap(({ app, action, entry }): readonly WaitTarget[] => {
    const revision = revisions.get(app) ?? newestRevision(entry);
    if (revision === undefined) return [];
    return [{ app, revision, action: action === 'remove' ? 'unpublish' : 'publish' }];
  });
}
