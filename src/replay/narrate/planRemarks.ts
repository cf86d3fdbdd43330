/** Steps of a plan and what came of them, as sentences. */
import { assertNever } from '../../domain/assertNever.ts';
import type { Event } from '../../domain/event.ts';
import type { GroupUpdate, Plan, PlanStep } from '../../domain/plan.ts';
import type { Remark, RemarkKind } from './remark.ts';

export function planRemarks({ steps }: Plan): readonly Remark[] {
  // A look that belongs to nothing is not worth a line.
  const isLook = steps.every(({ type }) => type === 'Reread' || type === 'ProbeHost');
  return steps.flatMap((step) =>
    stepRemarks(step).map((remark) => (isLook ? { ...remark, isRoutine: true } : remark)),
  );
}

function stepRemarks(step: PlanStep): readonly Remark[] {
  const { because } = step;
  const decided = (app: string | undefined, text: string): Remark => ({
    kind: 'decided',
    app,
    text,
    because,
  });
  switch (step.type) {
    case 'ProbeHost':
      return [decided(step.app, 'ask this host whether it can run')];
    case 'WriteFile':
      return [decided(step.app, `write its file, revision ${step.revision}`)];
    case 'RemoveFile':
      return [decided(step.app, 'remove its file')];
    case 'Reread':
      return [decided(undefined, 'let supervisord reread its files')];
    case 'StopProcesses':
      return [decided(step.app, `stop ${many(step.app, step.processes)}`)];
    case 'StartProcesses':
      return [decided(step.app, `start ${many(step.app, step.processes)}`)];
    case 'UpdateGroups':
      return step.groups.map((group) => ({
        ...decided(group.app, `let supervisord ${takeOver(group)}`),
        because: group.because,
      }));
    default:
      return assertNever(step);
  }
}

function many(app: string, processes: readonly string[]): string {
  const [first] = processes;
  if (processes.length === 1) return first === `${app}:${app}` ? 'it' : (first ?? '');
  return `its ${String(processes.length)} processes`;
}

function takeOver({ change }: GroupUpdate): string {
  switch (change) {
    case 'Added':
      return 'take it up';
    case 'Changed':
      return 'take over its new file';
    case 'Removed':
      return 'drop it';
    default:
      return assertNever(change);
  }
}

type Outcome = Extract<
  Event,
  {
    type:
      | 'HostProbed'
      | 'FileWritten'
      | 'FileRemoved'
      | 'FileFailed'
      | 'RereadDone'
      | 'RereadRefused'
      | 'RereadFailed'
      | 'StopsRequested'
      | 'StopsFailed'
      | 'GroupsUpdated'
      | 'StartsRequested'
      | 'StartsFailed'
      | 'PlanFinished';
  }
>;

/** `tookMs`: since the plan in hand began; undefined when that is not known. */
export function outcomeRemarks(event: Outcome, tookMs: number | undefined): readonly Remark[] {
  const took = tookMs === undefined ? '' : `, after ${String(tookMs)} ms`;
  switch (event.type) {
    case 'HostProbed':
      return probeRemarks(event);
    case 'FileWritten':
      return [remark('done', event.app, `its file is written, revision ${event.revision}${took}`)];
    case 'FileRemoved':
      return [remark('done', event.app, `its file is removed${took}`)];
    case 'FileFailed':
      return [remark('failed', event.app, `file: ${event.error.type}: ${event.error.detail}`)];
    case 'RereadDone':
      return rereadRemarks(event);
    case 'RereadRefused': {
      const file = event.file === undefined ? '' : ` because of ${event.file}`;
      return [remark('failed', undefined, `supervisord refuses to reread${file}: ${event.detail}`)];
    }
    case 'RereadFailed':
      return [remark('failed', undefined, `reread: ${event.error.type}: ${event.error.detail}`)];
    case 'StopsRequested':
      return asked(event.app, 'stop', event.failures, took);
    case 'StartsRequested':
      return asked(event.app, 'start', event.failures, took);
    case 'StopsFailed':
      return [remark('failed', event.app, `stop: ${event.error.type}: ${event.error.detail}`)];
    case 'StartsFailed':
      return [remark('failed', event.app, `start: ${event.error.type}: ${event.error.detail}`)];
    case 'GroupsUpdated':
      return event.groups.map(({ app, change }) =>
        event.error === undefined
          ? remark('done', app, `${updated[change]}${took}`)
          : remark('failed', app, `update: ${event.error.type}: ${event.error.detail}`),
      );
    case 'PlanFinished':
      return [{ ...remark('done', undefined, `the plan is through${took}`), isRoutine: true }];
    default:
      return assertNever(event);
  }
}

const updated = {
  Added: 'supervisord has taken it up',
  Changed: 'supervisord has taken over its new file',
  Removed: 'supervisord has dropped it',
} as const;

function remark(kind: RemarkKind, app: string | undefined, text: string): Remark {
  return { kind, app, text };
}

function probeRemarks({
  app,
  refusals,
  doubt,
}: Extract<Event, { type: 'HostProbed' }>): readonly Remark[] {
  if (refusals.length > 0) {
    return refusals.map(({ code, message }) =>
      remark('failed', app, `this host says no: ${code}: ${message}`),
    );
  }
  if (doubt === undefined) {
    return [{ ...remark('done', app, 'this host can run it'), isRoutine: true }];
  }
  const who = doubt === 'SupervisordAway' ? 'supervisord is away' : 'nobody answered';
  return [remark('failed', app, `this host could not be asked: ${who}`)];
}

function rereadRemarks(event: Extract<Event, { type: 'RereadDone' }>): readonly Remark[] {
  const parts = (['added', 'changed', 'removed'] as const).flatMap((key) =>
    event[key].map((app) => remark('done', app, seen[key])),
  );
  if (parts.length > 0) return parts;
  return [{ ...remark('done', undefined, 'supervisord has what the files say'), isRoutine: true }];
}

const seen = {
  added: 'supervisord sees that it is new',
  changed: 'supervisord sees that it changed',
  removed: 'supervisord sees that it is gone',
} as const;

function asked(
  app: string,
  what: string,
  failures: readonly string[],
  took: string,
): readonly Remark[] {
  if (failures.length === 0) return [remark('done', app, `asked to ${what}${took}`)];
  return failures.map((failure) => remark('failed', app, `${what}: ${failure}`));
}
