/** The journal for people: what was learned and done, a line each, without file texts. */
import { assertNever } from '../domain/assertNever.ts';
import type { Event, Recorded } from '../domain/event.ts';
import type { Held, PlanStep } from '../domain/plan.ts';
import type { Log } from '../log/log.ts';
import type { Loop } from '../loop.ts';

export function logEvents(loop: Loop, log: Log): void {
  loop.recorded$.subscribe((recorded) => logEvent(recorded, log));
  let known: ReadonlySet<string> = new Set();
  loop.view$.subscribe(({ plan }) => {
    const held = new Map(plan.held.filter(isWorthSaying).map((item) => [keyOf(item), item]));
    for (const [key, { app, code, reason }] of held) {
      if (!known.has(key))
        log.warn({ ...(app === undefined ? {} : { app }), code }, `held: ${reason}`);
    }
    known = new Set(held.keys());
  });
}

/** What passes by itself in a moment is no news. */
function isWorthSaying({ code }: Held): boolean {
  return !momentary.has(code);
}

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
    case 'DesiredListed': {
      const { revision, reason, entries, elsewhere } = event;
      return log.info({ revision, reason, here: entries.length, elsewhere }, 'etcd listed');
    }
    case 'DesiredChanged': {
      const apps = event.entries.map(({ app }) => app);
      if (apps.length === 0)
        return log.debug({ revision: event.revision }, 'etcd changed elsewhere');
      return log.info({ revision: event.revision, apps }, 'etcd changed');
    }
    case 'DesiredLost':
      return log.warn({ reason: event.reason, detail: event.detail }, 'etcd lost');
    case 'IdentityObserved':
      return log.info({ ...event.identity }, 'this host');
    case 'ProcessesListed':
      return log.info(
        { processes: event.processes.length, supervisor: event.supervisorVersion },
        'supervisord answers',
      );
    case 'SupervisorLost':
      return log.warn({ ...event.error }, 'supervisord lost');
    case 'ConfDirLost':
      return log.error({ detail: event.detail }, 'the conf directory cannot be used');
    case 'PlanStarted':
      return event.plan.steps.forEach((step) => logStep(seq, step, log));
    default:
      return logOutcome(event, log);
  }
}

type Rest = Exclude<
  Event,
  {
    type:
      | 'DesiredListed'
      | 'DesiredChanged'
      | 'DesiredLost'
      | 'IdentityObserved'
      | 'ProcessesListed'
      | 'SupervisorLost'
      | 'ConfDirLost'
      | 'PlanStarted';
  }
>;

function logOutcome(event: Rest, log: Log): void {
  switch (event.type) {
    case 'ProcessesChanged':
      return event.changed.forEach(({ id, state, pid, spawnError }) =>
        log.info({ process: id, pid, ...(spawnError === '' ? {} : { spawnError }) }, state),
      );
    case 'HostProbed':
      return event.refusals.forEach(({ code, message, remedy }) =>
        log.warn({ app: event.app, code }, `${message}. ${remedy}`),
      );
    case 'FileFailed':
      return log.error({ app: event.app, error: event.error.type }, event.error.detail);
    case 'RereadRefused':
      return log.error({ file: event.file }, `supervisord refuses to reread: ${event.detail}`);
    case 'RereadFailed':
      return log.error({ error: event.error.type }, `reread failed: ${event.error.detail}`);
    case 'StopsFailed':
    case 'StartsFailed':
      return log.error({ app: event.app, error: event.error.type }, event.error.detail);
    case 'GroupsUpdated':
      if (event.error === undefined) return;
      return log.error({ error: event.error.type }, `update failed: ${event.error.detail}`);
    case 'StopsRequested':
    case 'StartsRequested':
      return event.failures.forEach((failure) => log.error({ app: event.app }, failure));
    case 'AgentStarted':
    case 'ConfFilesListed':
    case 'ConfFilesChanged':
    case 'FileWritten':
    case 'FileRemoved':
    case 'RereadDone':
    case 'PlanFinished':
    case 'RetryRequested':
    case 'RemovalsConfirmed':
    case 'Ticked':
      return;
    default:
      return assertNever(event);
  }
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
