/** Nothing is done that the plan under way does not name, and none before its intent is on disk. */
import { basename, dirname } from 'node:path';
import { mapEntries, mapHas } from '../../../reducers/persistentMap.ts';
import type { State } from '../../../reducers/state.ts';
import { assertNever } from '../../domain/assertNever.ts';
import type { Recorded } from '../../domain/event.ts';
import type { Plan, PlanStep } from '../../domain/plan.ts';
import type { Check, Complain, FileChange } from './check.ts';

export interface PlanCheckDeps {
  readonly complain: Complain;
  readonly nowMs: () => number;
  readonly confDir: string;
  readonly journalDir: string;
  /** Is this plan's intent in what a power cut would leave of the journal? */
  readonly isIntentDurable: (plan: Plan) => boolean;
  /** What stands at this path now; undefined when nothing does. */
  readonly textAt: (path: string) => string | undefined;
}

const ownName = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,62})\.supervene\.conf$/;
const temporaryName = /^\.([A-Za-z0-9][A-Za-z0-9_.-]{0,62})\.supervene\.conf\.[0-9a-f]{16}\.tmp$/;
const journalName = /^(?:\d+\.jsonl|\.\d+\.jsonl\.[0-9a-f]{16}\.tmp)$/;

/** Containment, Ownership, IntentFirst, NoUnplannedStop and Isolation. */
export function createPlanCheck(deps: PlanCheckDeps): Check {
  const { complain, confDir, journalDir } = deps;
  let running: Plan | undefined;
  let named: ReadonlySet<string> = new Set();
  let isDurable = false;
  /** At start, left-over temporary files are swept without a plan. */
  let isSweeping = true;
  const isolation = createIsolation(deps);

  const needIntent = (what: string, app: string): void => {
    if (running === undefined) complain('IntentFirst', `${what} without a plan`);
    else if (!named.has(app))
      complain('NoUnplannedStop', `${what}: ${running.id} does not name it`);
    else if (!isDurable && !(isDurable = deps.isIntentDurable(running))) {
      complain('IntentFirst', `${what} before ${running.id} was on disk`);
    }
  };

  const onConfChange = (change: FileChange, name: string): void => {
    const app = ownName.exec(name)?.[1] ?? temporaryName.exec(name)?.[1];
    if (app === undefined) complain('Containment', `${change.call} ${name} in the conf directory`);
    else if (temporaryName.test(name)) {
      if (!isSweeping) needIntent(`${change.call} ${name}`, app);
    } else {
      needIntent(`${change.call} ${name}`, app);
      const before = deps.textAt(`${confDir}/${name}`);
      // Texts that people edited keep the marker; without one it is not ours.
      if (before !== undefined && !/^;[^\n]*managed by supervene/i.test(before)) {
        complain('Ownership', `${change.call} ${name}, which is not ours`);
      }
    }
  };

  return {
    onLife: () => {
      running = undefined;
      named = new Set();
      isSweeping = true;
    },
    onRecorded: (recorded, _before, after) => {
      const { event } = recorded;
      if (event.type === 'AgentStarted') isSweeping = false;
      if (event.type === 'PlanStarted') {
        running = event.plan;
        named = new Set(event.plan.steps.flatMap(appsOf));
        isDurable = false;
        isolation.onPlan(event.plan);
      }
      if (event.type === 'PlanFinished') running = undefined;
      isolation.onRecorded(recorded, after);
    },
    onFileChange: (change) => {
      for (const path of [change.path, change.to]) {
        if (path === undefined) continue;
        const [dir, name] = [dirname(path), basename(path)];
        if (dir === confDir) onConfChange(change, name);
        else if (path === journalDir || path === confDir) continue;
        else if (dir !== journalDir || !journalName.test(name)) {
          complain('Containment', `${change.call} ${path}`);
        }
      }
    },
    onGroupCall: (call, groups) => {
      for (const group of groups) needIntent(`${call} ${group}`, group);
    },
    onProcess: ({ type, group, by }) => {
      if (type === 'Stopped' && by === 'Agent') needIntent(`stop ${group}`, group);
    },
    onCause: isolation.onCause,
  };
}

/** Longer than any source takes to tell of what happened. */
const causeLastsMs = 60_000;
const lookEvery = 16;

/** Stops and updates of an app that was settled need a cause of its own. */
function createIsolation({ complain, nowMs }: Pick<PlanCheckDeps, 'complain' | 'nowMs'>) {
  let hostCauseMs = nowMs();
  const causeMs = new Map<string, number>();
  const settled = new Set<string>();
  return {
    onCause: (apps: readonly string[] | undefined): void => {
      if (apps === undefined) {
        hostCauseMs = nowMs();
        settled.clear();
        return;
      }
      for (const app of apps) {
        causeMs.set(app, nowMs());
        settled.delete(app);
      }
    },
    onPlan: ({ id, steps }: Plan): void => {
      if (settled.size === 0) return;
      for (const step of steps) {
        if (step.type !== 'StopProcesses' && step.type !== 'UpdateGroups') continue;
        for (const app of appsOf(step)) {
          if (settled.has(app)) complain('Isolation', `${id} touches ${app} without a cause`);
        }
      }
    },
    onRecorded: ({ seq }: Recorded, after: State): void => {
      if (seq % lookEvery !== 0 || nowMs() - hostCauseMs < causeLastsMs) return;
      for (const [app] of mapEntries(after.appsByName)) {
        if (mapHas(after.unsettled, app)) settled.delete(app);
        else if (nowMs() - (causeMs.get(app) ?? 0) >= causeLastsMs) settled.add(app);
      }
    },
  };
}

function appsOf(step: PlanStep): readonly string[] {
  switch (step.type) {
    case 'UpdateGroups':
      return step.groups.map(({ app }) => app);
    case 'Reread':
      return [];
    case 'ProbeHost':
    case 'WriteFile':
    case 'RemoveFile':
    case 'StopProcesses':
    case 'StartProcesses':
      return [step.app];
    default:
      return assertNever(step);
  }
}
