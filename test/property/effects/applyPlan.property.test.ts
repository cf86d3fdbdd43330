/** applyPlan when the world answers in any order: every interleaving that fc.scheduler finds. */
import fc from 'fast-check';
import { firstValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { applyPlan, type ApplyPlanDeps } from '../../../effects/applyPlan.ts';
import type { Event } from '../../../src/domain/event.ts';
import type { Plan, PlanStep } from '../../../src/domain/plan.ts';
import { ok } from '../../../src/domain/result.ts';
import type { AppName, PlanId, Revision, Sha256 } from '../../../src/domain/types.ts';
import { fcParams } from '../../support/seed.ts';

const because = 'a test';
const stepFor = (type: PlanStep['type'], name: string): PlanStep => {
  const app = name as AppName;
  const processes = [`${name}:${name}`];
  switch (type) {
    case 'ProbeHost':
      return { type, app, contentSha256: name as Sha256, questions: [], because };
    case 'WriteFile':
      return { type, app, revision: '1' as Revision, sha256: '' as Sha256, text: '', because };
    case 'Reread':
      return { type, because };
    case 'UpdateGroups':
      return { type, groups: [{ app, change: 'Changed', because }], because };
    case 'RemoveFile':
      return { type, app, because };
    case 'StopProcesses':
    case 'StartProcesses':
      return { type, app, processes, because };
  }
};

const types = ['ProbeHost', 'WriteFile', 'RemoveFile', 'Reread'] as const;
const more = ['StopProcesses', 'UpdateGroups', 'StartProcesses'] as const;
const steps = fc
  .array(fc.constantFrom(...types, ...more), { maxLength: 12 })
  // No plan rereads twice in a row.
  .map((kinds) => kinds.filter((kind, at) => kind !== 'Reread' || kinds[at + 1] !== 'Reread'))
  .map((kinds) => kinds.map((kind, index) => stepFor(kind, `app${String(index)}`)));

/** Which kinds of calls are open at each moment; each call takes as long as the scheduler likes. */
function createSlowWorld(scheduler: fc.Scheduler) {
  const open = new Map<PlanStep['type'], number>();
  const together: string[] = [];
  const call = async <Value>(type: PlanStep['type'], value: Value): Promise<Value> => {
    open.set(type, (open.get(type) ?? 0) + 1);
    const kinds = [...open].filter(([, count]) => count > 0).map(([kind]) => kind);
    if (kinds.length > 1) together.push(kinds.join(' and '));
    if (type !== 'ProbeHost' && (open.get(type) ?? 0) > 1) together.push(`${type} twice`);
    await scheduler.schedule(Promise.resolve(), type);
    open.set(type, (open.get(type) ?? 0) - 1);
    return value;
  };
  const deps: ApplyPlanDeps = {
    probe: ({ app, contentSha256 }) =>
      call('ProbeHost', { type: 'HostProbed', app, contentSha256, refusals: [] }),
    writeFiles: (all) =>
      call(
        'WriteFile',
        all.map(({ app, revision, sha256 }) => ({ type: 'FileWritten', app, revision, sha256 })),
      ),
    removeFiles: (all) =>
      call(
        'RemoveFile',
        all.map(({ app }) => ({ type: 'FileRemoved', app })),
      ),
    reread: () => call('Reread', { type: 'RereadDone', added: [], changed: [], removed: [] }),
    stop: () => call('StopProcesses', ok([])),
    start: () => call('StartProcesses', ok([])),
    update: () => call('UpdateGroups', ok(undefined)),
  };
  return { deps, together };
}

describe('applyPlan, whatever answers first', () => {
  it('has one kind of effect under way at a time, and tells of each step once, in the order of the plan', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), steps, async (scheduler, all) => {
        const { deps, together } = createSlowWorld(scheduler);
        const plan: Plan = {
          ...{ id: 'plan-1' as PlanId, revision: '1' as Revision },
          ...{ steps: all, held: [], wakeAtMs: undefined },
        };
        const told = firstValueFrom(applyPlan(plan, deps).pipe(toArray()));
        const events = await scheduler.waitFor(told);
        expect(together).toEqual([]);
        expect(events.length).toBe(all.length);
        expect(inOrder(events)).toEqual(all.map(subjectOf));
      }),
      fcParams(300),
    );
  });
});

/** Host questions of one batch are answered side by side; all others in their order. */
function inOrder(events: readonly Event[]): readonly string[] {
  const subjects = events.map(subjectOfEvent);
  let start = 0;
  for (let index = 0; index <= subjects.length; index++) {
    if (subjects[index]?.startsWith('ProbeHost') === true) continue;
    const probes = subjects.slice(start, index);
    const sorted = [...probes].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    subjects.splice(start, probes.length, ...sorted);
    start = index + 1;
  }
  return subjects;
}

function subjectOf(step: PlanStep): string {
  if (step.type === 'Reread') return 'Reread';
  const app = step.type === 'UpdateGroups' ? step.groups[0]?.app : step.app;
  return `${step.type} ${app ?? ''}`;
}

const stepTypes: Readonly<Partial<Record<Event['type'], PlanStep['type']>>> = {
  HostProbed: 'ProbeHost',
  FileWritten: 'WriteFile',
  FileRemoved: 'RemoveFile',
  StopsRequested: 'StopProcesses',
  StartsRequested: 'StartProcesses',
  GroupsUpdated: 'UpdateGroups',
};

function subjectOfEvent(event: Event): string {
  if (event.type === 'RereadDone') return 'Reread';
  const app = event.type === 'GroupsUpdated' ? event.groups[0]?.app : 'app' in event && event.app;
  return `${stepTypes[event.type] ?? event.type} ${app === false ? '' : (app ?? '')}`;
}
