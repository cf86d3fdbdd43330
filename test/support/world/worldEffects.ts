/** What comes of each step on the model host, and everything that can go wrong with it. */
import type { CallError, Event, FileError } from '../../../src/domain/event.ts';
import type { PlanStep } from '../../../src/domain/plan.ts';
import type { WorldSupervisor } from './worldSupervisor.ts';

/** For as long as it stands here, it goes wrong. */
export interface WorldFaults {
  /** Why files cannot be written, and cannot be removed. */
  write: FileError | undefined;
  remove: FileError | undefined;
  /** Why the journal takes no intent. */
  journal: string | undefined;
  /** Apps whose calls fail. */
  readonly stops: Set<string>;
  readonly starts: Set<string>;
  readonly updates: Set<string>;
  /** Apps whose update does nothing though the driver sees no fault. */
  readonly idleUpdates: Set<string>;
  /** A foreign file that keeps supervisord from rereading. */
  foreign: { readonly file: string | undefined; readonly detail: string } | undefined;
  /** The agent dies after so many steps of its next plan, and tells nobody how they went. */
  diesAfter: number | undefined;
  /** What a step does is seen by a look at the processes before the step is known to be done. */
  isSeenFirst: boolean;
  /** What supervisord says of a poisoned file of ours. */
  names: 'File' | 'Program' | 'Nothing';
  /** Names whose host question is answered with no. */
  readonly refusedByHost: Set<string>;
  /** Names whose host question nobody can answer, because supervisord is away just then. */
  readonly unansweredByHost: Set<string>;
  /** Nobody gives a turn, or takes one back. */
  isTurnWithheld: boolean;
  /** Apps that are not well, though they run. */
  readonly unwell: Set<string>;
  /** Nobody asks for anybody's health. */
  isHealthUnasked: boolean;
}

export function noFaults(): WorldFaults {
  return {
    write: undefined,
    remove: undefined,
    journal: undefined,
    stops: new Set(),
    starts: new Set(),
    updates: new Set(),
    idleUpdates: new Set(),
    foreign: undefined,
    diesAfter: undefined,
    isSeenFirst: false,
    names: 'File',
    refusedByHost: new Set(),
    unansweredByHost: new Set(),
    isTurnWithheld: false,
    unwell: new Set(),
    isHealthUnasked: false,
  };
}

export const noSpace: FileError = { type: 'NoSpace', detail: 'no space left on device' };
const failed: CallError = { type: 'Failed', detail: 'it failed' };

export function createWorldEffects(
  supervisor: WorldSupervisor,
  faults: WorldFaults,
  isPoison: (text: string) => boolean,
): (step: PlanStep) => readonly Event[] {
  const execute = (step: PlanStep): readonly Event[] => {
    switch (step.type) {
      case 'ProbeHost':
        return [probe(step)];
      case 'WriteFile': {
        const { app, revision, sha256 } = step;
        if (faults.write !== undefined) return [{ type: 'FileFailed', app, error: faults.write }];
        supervisor.files.set(app, step.text);
        return [{ type: 'FileWritten', app, revision, sha256 }];
      }
      case 'RemoveFile': {
        const { app } = step;
        if (faults.remove !== undefined) return [{ type: 'FileFailed', app, error: faults.remove }];
        supervisor.files.delete(app);
        return [{ type: 'FileRemoved', app }];
      }
      case 'Reread':
        return [reread()];
      case 'StopProcesses': {
        const { app, processes } = step;
        if (faults.stops.has(app)) return [{ type: 'StopsFailed', app, error: failed }];
        for (const id of processes) supervisor.stop(id);
        return [{ type: 'StopsRequested', app, failures: [] }];
      }
      case 'StartProcesses': {
        const { app, processes } = step;
        if (faults.starts.has(app)) return [{ type: 'StartsFailed', app, error: failed }];
        for (const id of processes) supervisor.start(id);
        return [{ type: 'StartsRequested', app, failures: [] }];
      }
      case 'UpdateGroups':
        return [update(step)];
    }
  };
  const probe = ({ app, contentSha256 }: Extract<PlanStep, { type: 'ProbeHost' }>): Event => {
    const isRefused = faults.refusedByHost.has(app);
    const isUnanswered = faults.unansweredByHost.has(app);
    const refusal = { code: 'E_NO_SUCH_USER', message: 'no user', remedy: 'Add it.' };
    return {
      type: 'HostProbed',
      app,
      contentSha256,
      refusals: isRefused && !isUnanswered ? [refusal] : [],
      ...(isUnanswered ? { doubt: 'SupervisordAway' as const } : {}),
    };
  };
  const reread = (): Event => {
    if (faults.foreign !== undefined) return { type: 'RereadRefused', ...faults.foreign };
    const poisoned = [...supervisor.files].find(([, file]) => isPoison(file));
    if (poisoned === undefined) return { type: 'RereadDone', ...supervisor.diff() };
    const [app] = poisoned;
    const file = faults.names === 'File' ? `/conf/${app}.supervene.conf` : undefined;
    const detail = faults.names === 'Program' ? `bad value in section 'program:${app}'` : 'bad';
    return { type: 'RereadRefused', detail, file };
  };
  const update = ({ groups }: Extract<PlanStep, { type: 'UpdateGroups' }>): Event => {
    const faultless = groups.filter(({ app }) => !faults.idleUpdates.has(app));
    const isFailed = faultless.map(
      ({ app }) => faults.updates.has(app) || supervisor.update(app) !== undefined,
    );
    const error = isFailed.includes(true) ? ({ type: 'Fault', detail: 'x' } as const) : undefined;
    return { type: 'GroupsUpdated', groups, error };
  };
  return (step) => (supervisor.isUp ? execute(step) : (whenDown(step) ?? execute(step)));
}

function whenDown(step: PlanStep): readonly Event[] | undefined {
  const error = { type: 'Unreachable', detail: 'down' } as const;
  if (step.type === 'Reread') return [{ type: 'RereadFailed', error }];
  if (step.type === 'StopProcesses') return [{ type: 'StopsFailed', app: step.app, error }];
  if (step.type === 'StartProcesses') return [{ type: 'StartsFailed', app: step.app, error }];
  if (step.type === 'UpdateGroups') return [{ type: 'GroupsUpdated', groups: step.groups, error }];
  return undefined;
}
