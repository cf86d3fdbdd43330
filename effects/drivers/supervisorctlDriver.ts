/**
 * The default driver: `supervisorctl -c <config> update <group>…`, naming exactly the planned
 * groups. Never the plain `update`, which would activate the files of others.
 *
 * `supervisorctl` gives up at the first fault. The groups it had not come to are then given to it
 * again without the one that failed, until all were tried or the deadline is there. One that hangs
 * is ended early: it can be had again, and other apps are waiting.
 */
import type { SchedulerLike } from 'rxjs';
import type { CallError } from '../../src/domain/event.ts';
import type { GroupUpdate } from '../../src/domain/plan.ts';
import { err, ok, type Result } from '../../src/domain/result.ts';
import { type CtlVerdict, readCtlOutput } from './ctlOutput.ts';
import { type Driver, type GroupFailure, resultOf } from './driver.ts';
import type { Environment } from './findProgram.ts';
import { createPatience } from './patience.ts';
import { runCommand } from './runCommand.ts';

export interface SupervisorctlDriverDeps {
  readonly scheduler: SchedulerLike;
  /** Of the agent; little of it is passed on. */
  readonly env: Environment;
  /** How a program is run; a real child process unless said otherwise. */
  readonly runCommand?: typeof runCommand;
}

export interface SupervisorctlDriverOptions {
  /** supervisord's configuration file, for its `[supervisorctl]` section. */
  readonly configPath: string;
  /** For one `updateGroups`, however many times the command is run for it. */
  readonly timeoutMs: number;
}

// Linux takes 128 KiB for one argument and 2 MiB for all; far below both.
const namesMaxBytes = 100_000;

export function createSupervisorctlDriver(
  deps: SupervisorctlDriverDeps,
  options: SupervisorctlDriverOptions,
): Driver {
  const patience = createPatience(deps.scheduler, { maxMs: options.timeoutMs });
  const run = async (
    names: readonly string[],
    leftMs: number,
  ): Promise<Result<CtlVerdict, CallError>> => {
    const timeoutMs = Math.min(leftMs, patience.limitMs(names.length));
    const end = patience.begin(names.length);
    const outcome = await (deps.runCommand ?? runCommand)(deps.scheduler, {
      command: 'supervisorctl',
      args: ['-c', options.configPath, 'update', ...names],
      env: deps.env,
      timeoutMs,
      outputMaxBytes: 64 * 1024,
    });
    end(outcome.type === 'TimedOut');
    switch (outcome.type) {
      case 'TimedOut':
        return err(timedOut(timeoutMs));
      case 'NotStarted':
        return err({
          type: 'Failed',
          detail: `supervisorctl cannot be run (${outcome.detail}): is it installed and in PATH?`,
        });
      case 'Ended':
        return ok(readCtlOutput(outcome.code, outcome.stdout, outcome.stderr));
    }
  };
  const updateGroups: Driver['updateGroups'] = async (groups) => {
    const deadlineMs = deps.scheduler.now() + options.timeoutMs;
    const goneByPlan = new Set(
      groups.filter(({ change }) => change === 'Removed').map(({ app }) => app as string),
    );
    const failures: GroupFailure[] = [];
    const queue = batchesOf(groups);
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      const leftMs = deadlineMs - deps.scheduler.now();
      if (leftMs <= 0) return err(timedOut(options.timeoutMs));
      const verdict = await run(batch, leftMs);
      if (!verdict.ok) return verdict;
      const { fatal, aborted } = verdict.value;
      if (fatal !== undefined) return err(fatal);
      failures.push(...verdict.value.failures.filter(({ group }) => batch.includes(group)));
      if (aborted !== undefined) queue.unshift(...untried(batch, verdict.value, aborted, failures));
    }
    // A group to be removed that is not there any more is as planned.
    return resultOf(
      failures.filter(
        ({ group, error }) => !(error.detail === 'no such group' && goneByPlan.has(group)),
      ),
    );
  };
  return { updateGroups };
}

/** What a run that stopped half way has not come to; in two halves when nobody can say where. */
function untried(
  batch: readonly string[],
  verdict: CtlVerdict,
  error: CallError,
  failures: GroupFailure[],
): readonly (readonly string[])[] {
  const failed = new Set(verdict.failures.map(({ group }) => group));
  const rest = batch.filter((name) => !verdict.done.has(name) && !failed.has(name));
  const [only] = rest;
  if (only === undefined) return [];
  if (batch.some((name) => failed.has(name))) return [rest];
  if (rest.length === 1) {
    failures.push({ group: only, error });
    return [];
  }
  const half = Math.ceil(rest.length / 2);
  return [rest.slice(0, half), rest.slice(half)];
}

/** Never an empty batch: without a name, `update` means every group there is. */
function batchesOf(groups: readonly GroupUpdate[]): (readonly string[])[] {
  const batches: string[][] = [];
  let leftBytes = 0;
  for (const name of new Set(groups.map(({ app }) => app))) {
    if (batches.length === 0 || leftBytes < name.length) {
      batches.push([]);
      leftBytes = namesMaxBytes;
    }
    batches.at(-1)?.push(name);
    leftBytes -= name.length + 1;
  }
  return batches;
}

function timedOut(timeoutMs: number): CallError {
  return { type: 'TimedOut', detail: `supervisorctl update took longer than ${timeoutMs} ms` };
}
