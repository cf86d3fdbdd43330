/** The journal for people: what was learned and done, a line each, without file texts. */
import { assertNever } from '../domain/assertNever.ts';
import type { Event, Recorded } from '../domain/event.ts';
import type { Held, PlanStep } from '../domain/plan.ts';
import { failLoudly } from '../fault.ts';
import type { Log } from '../log/log.ts';
import type { Loop } from '../loop.ts';

export function logEvents(loop: Loop, log: Log): void {
  loop.recorded$.subscribe({
    next: (recorded) => logEvent(recorded, log),
    error: failLoudly,
  });
  let known: ReadonlySet<string> = new Set();
  loop.view$.subscribe({
    next: ({ plan }) => {
      known = logHeld(plan.held.filter(isWorthSaying), known, log);
    },
    error: failLoudly,
  });
}

/** Says each hold once, when it begins; gives those that there are now. */
function logHeld(held: readonly Held[], known: ReadonlySet<string>, log: Log): ReadonlySet<string> {
  for (const item of held) {
    if (known.has(keyOf(item))) continue;
    const { app, code, reason } = item;
    log.warn({ ...(app === undefined ? {} : { app }), code }, `held: ${reason}`);
  }
  return new Set(held.map(keyOf));
}

/** What passes by itself in a moment is no news. */
function isWorthSaying({ app, code }: Held): boolean {
  return !momentary.has(code) && (app === undefined || !hostWide.has(code));
}

/** Said once for the host; each app repeats it in the plan. */
const hostWide: ReadonlySet<Held['code']> = new Set<Held['code']>([
  'SupervisorUnreachable',
  'ConfDirUnusable',
  'ForeignConfBroken',
]);

const momentary: ReadonlySet<Held['code']> = new Set<Held['code']>([
  'QuietWindow',
  'Stopping',
  'Starting',
  'NotYetObserved',
]);

function keyOf({ app, code, reason }: Held): string {
  return `${app ?? ''} ${code} ${code === 'Retrying' ? '' : reason}`;
}

function logEvent({ seq, event }: Recorded, log: Log): void {
  switch (event.type) {
    case 'DesiredListed':
    case 'DesiredChanged':
    case 'DesiredLost':
      return logDesired(event, log);
    case 'IdentityObserved':
      return log.info({ ...event.identity }, 'this host');
    case 'ProcessesListed': {
      const { processes, supervisorVersion } = event;
      return log.info({ processes: processes.length, supervisorVersion }, 'supervisord answers');
    }
    case 'SupervisorLost':
      return log.warn({ ...event.error }, 'supervisord lost');
    case 'ConfDirLost':
      return log.error({ detail: event.detail }, 'the conf directory cannot be used');
    case 'PlanStarted':
      return event.plan.steps.forEach((step) => logStep(seq, step, log));
    case 'ProcessesChanged':
      return event.changed.forEach(({ id, state, pid, spawnError }) =>
        log.info(
          { ...(pid === 0 ? {} : { process: pid }), ...(spawnError === '' ? {} : { spawnError }) },
          `${id} is ${state}`,
        ),
      );
    case 'HostProbed':
      return event.refusals.forEach(({ code, message, remedy }) =>
        log.warn({ app: event.app, code }, `${message}. ${remedy}`),
      );
    case 'StopsRequested':
    case 'StartsRequested':
      return event.failures.forEach((failure) => log.error({ app: event.app }, failure));
    case 'RereadRefused':
      return log.error({ file: event.file }, `supervisord refuses to reread: ${event.detail}`);
    case 'FileFailed':
    case 'RereadFailed':
    case 'StopsFailed':
    case 'StartsFailed':
    case 'GroupsUpdated':
      return logFailure(event, log);
    case 'AgentStarted':
    case 'ConfFilesListed':
    case 'ConfFilesChanged':
    case 'FileWritten':
    case 'FileRemoved':
    case 'RereadDone':
    case 'PlanFinished':
    case 'RetryRequested':
    case 'RemovalsConfirmed':
    case 'TurnAwaited':
    case 'TurnTaken':
    case 'TurnEnded':
    case 'HealthChecked':
    case 'Ticked':
      return;
    default:
      return assertNever(event);
  }
}

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

function logDesired(
  event: Of<'DesiredListed'> | Of<'DesiredChanged'> | Of<'DesiredLost'>,
  log: Log,
): void {
  if (event.type === 'DesiredLost') {
    return log.warn({ reason: event.reason, detail: event.detail }, 'etcd lost');
  }
  const { revision, entries } = event;
  if (event.type === 'DesiredListed') {
    const { reason, elsewhere } = event;
    return log.info({ revision, reason, here: entries.length, elsewhere }, 'etcd listed');
  }
  if (entries.length === 0) return log.debug({ revision }, 'etcd changed elsewhere');
  return log.info({ revision, apps: entries.map(({ app }) => app) }, 'etcd changed');
}

function logFailure(
  event:
    | Of<'FileFailed'>
    | Of<'RereadFailed'>
    | Of<'StopsFailed'>
    | Of<'StartsFailed'>
    | Of<'GroupsUpdated'>,
  log: Log,
): void {
  const { error, type } = event;
  if (error === undefined) return;
  const app = 'app' in event ? { app: event.app } : {};
  log.error({ ...app, error: error.type }, `${type}: ${error.detail}`);
}

function logStep(seq: number, step: PlanStep, log: Log): void {
  const { because } = step;
  switch (step.type) {
    case 'ProbeHost':
    case 'Reread':
      return log.debug({ seq, because }, step.type);
    case 'WriteFile':
      return log.info({ seq, app: step.app, revision: step.revision, because }, 'writing its file');
    case 'RemoveFile':
      return log.info({ seq, app: step.app, because }, 'removing its file');
    case 'StopProcesses':
      return log.info({ seq, processes: step.processes, because }, 'stopping');
    case 'StartProcesses':
      return log.info({ seq, processes: step.processes, because }, 'starting');
    case 'UpdateGroups':
      return log.info(
        { seq, groups: step.groups.map(({ app }) => app), because },
        'updating groups',
      );
    default:
      return assertNever(step);
  }
}
