/** A state in which any number of apps are placed here, written, loaded and RUNNING: nothing to do. */
import { planOf } from '../reducers/planOf.ts';
import { reduce } from '../reducers/reduce.ts';
import { initialState, type State } from '../reducers/state.ts';
import { assertNever } from '../src/domain/assertNever.ts';
import type { DecisionSettings, DesiredEntry, Event } from '../src/domain/event.ts';
import type { Plan, PlanStep } from '../src/domain/plan.ts';
import type { ProcessStatus, Revision } from '../src/domain/types.ts';

const settings: DecisionSettings = {
  hostId: 'bench',
  prefix: '/services/apps',
  quietMs: 50,
  maxWaitMs: 1_000,
  restartLimit: undefined,
  rollback: 'auto',
  operatorStops: 'hold',
  allowRemovals: false,
  driver: 'rpc',
  confDir: '/conf',
  programDefaults: [['stdout_logfile', '/dev/stdout']],
  groupPriority: 20,
};
const roundsMax = 100;
const roundMs = 5_000;

export function convergedState(apps: number): State {
  const names = Array.from({ length: apps }, (_, index) => benchApp(index)).sort();
  let state = [
    { type: 'AgentStarted', version: '0', pid: 1, settings } as const,
    {
      type: 'IdentityObserved',
      identity: { hostId: 'bench', hostNames: ['bench'], addresses: ['10.0.0.1'] },
    } as const,
    { type: 'ConfFilesListed', files: [] } as const,
    { type: 'ProcessesListed', instance: '1', supervisorVersion: '4.2.5', processes: [] } as const,
    {
      type: 'DesiredListed',
      clusterId: '1',
      revision: '10' as Revision,
      reason: 'Initial',
      entries: names.map((app) => desiredEntry(app, '10', 'first')),
      elsewhere: 0,
      ignoredKeys: 0,
    } as const,
  ].reduce(apply, initialState);
  for (let round = 0; round < roundsMax; round += 1) {
    const plan = planOf(state);
    if (plan.steps.length === 0 && state.unsettled.size === 0) return state;
    const events = plan.steps.length === 0 ? [] : carryOut(plan);
    state = apply([...events].reduce(apply, state), { type: 'Ticked' }, roundMs);
  }
  throw new Error(`did not converge in ${String(roundsMax)} rounds`);
}

export function benchApp(index: number): string {
  return `app-${String(index)}`;
}

export function desiredEntry(app: string, revision: string, argument: string): DesiredEntry {
  const modRevision = revision as Revision;
  const text = `command=/usr/bin/server --name ${app} ${argument}\nstartsecs=1\nautorestart=true\n`;
  return {
    app,
    ips: { modRevision, value: { type: 'Text', text: '10.0.0.1' } },
    content: { modRevision, value: { type: 'Text', text } },
  };
}

export function runningProcess(app: string, pid: number, startSec: number): ProcessStatus {
  return {
    id: `${app}:${app}`,
    group: app,
    name: app,
    state: 'RUNNING',
    pid,
    startSec,
    stopSec: 0,
    exitStatus: 0,
    spawnError: '',
  };
}

function apply(state: State, event: Event, laterMs: unknown = 1): State {
  // As a callback of `reduce` it is given an index instead.
  const atMs = Math.max(state.atMs, 1_000_000) + (laterMs === roundMs ? roundMs : 1);
  return reduce(state, { seq: state.seq + 1, atMs, event });
}

/** Everything works at once. */
function carryOut(plan: Plan): readonly Event[] {
  const outcomes = plan.steps.flatMap(outcomeOf);
  return [{ type: 'PlanStarted', plan }, ...outcomes, { type: 'PlanFinished', planId: plan.id }];
}

const written = new Set<string>();

function outcomeOf(step: PlanStep): readonly Event[] {
  switch (step.type) {
    case 'WriteFile':
      written.add(step.app);
      return [{ type: 'FileWritten', app: step.app, revision: step.revision, sha256: step.sha256 }];
    case 'Reread':
      return [{ type: 'RereadDone', added: [...written].sort(), changed: [], removed: [] }];
    case 'UpdateGroups': {
      for (const { app } of step.groups) written.delete(app);
      const changed = step.groups.map(({ app }, index) =>
        runningProcess(app, 1_000 + index, 1_000),
      );
      return [
        { type: 'GroupsUpdated', groups: step.groups, error: undefined },
        { type: 'ProcessesChanged', changed, gone: [] },
      ];
    }
    case 'ProbeHost':
      return [
        { type: 'HostProbed', app: step.app, contentSha256: step.contentSha256, refusals: [] },
      ];
    case 'RemoveFile':
    case 'StopProcesses':
    case 'StartProcesses':
      throw new Error(`${step.type} is not expected here`);
    default:
      return assertNever(step);
  }
}
