/** Orders to places: which, which not and why, what is said beforehand, and in which steps. */
import { describe, expect, it } from 'vitest';
import type { Grant } from '../../../../src/domain/console/roles.ts';
import type { AppName } from '../../../../src/domain/types.ts';
import { ok } from '../../../../src/domain/result.ts';
import {
  type FleetAction,
  planAction,
  type PlannedOrder,
  type ProgressByKey,
  reduceProgress,
  stepsOf,
  unfinished,
} from '../../../../src/console/page/fleet/actionModel.ts';
import { runAction } from '../../../../src/console/page/fleet/runAction.ts';
import { someApp, someFleet, someHost, someProcess, someRow } from './fleetValues.ts';

const all: readonly Grant[] = [{ role: 'operator', apps: ['*'], hosts: ['*'] }];
const hosts = ['h1', 'h2', 'h3'];
const fleet = someFleet(
  hosts.map((host) => someRow('web', host)),
  hosts.map((host) => someHost(host)),
  [someApp('web', { maxUnavailable: 2 })],
);
const restart = (...on: readonly string[]): FleetAction => ({
  verb: 'Restart',
  places: on.map((host) => ({ app: 'web', host })),
});

describe('planAction', () => {
  it('orders what may be done, once each', () => {
    const plan = planAction(restart('h2', 'h1', 'h2'), fleet, all);
    expect(plan.orders.map(({ host, order }) => [host, order])).toEqual([
      ['h1', { type: 'Restart', app: 'web' }],
      ['h2', { type: 'Restart', app: 'web' }],
    ]);
  });

  it('says why it passes places over', () => {
    const rows = [
      someRow('web', 'h1'),
      someRow('web', 'h2'),
      someRow('db', 'h1', { processes: [] }),
      someRow('web', undefined),
    ];
    const partly = someFleet(rows, [someHost('h1'), someHost('h2', { isAlive: false })]);
    const places = [
      { app: 'web', host: 'h2' },
      { app: 'db', host: 'h1' },
      { app: 'web', host: '' },
      { app: 'secret', host: 'h1' },
    ];
    const grants: readonly Grant[] = [{ role: 'operator', apps: ['web', 'db'], hosts: ['*'] }];
    const { orders, skipped } = planAction({ verb: 'Stop', places }, partly, grants);
    expect(orders).toEqual([]);
    expect(skipped.map(({ why }) => why)).toEqual(['Lost', 'NoProcess', 'NoHost', 'Denied']);
  });

  it('offers nothing to a viewer', () => {
    const grants: readonly Grant[] = [{ role: 'viewer', apps: ['*'], hosts: ['*'] }];
    expect(planAction(restart('h1'), fleet, grants).orders).toEqual([]);
  });

  it('warns when an app would be down everywhere, and not when it still runs elsewhere', () => {
    expect(planAction(restart(...hosts), fleet, all).takesAllDown).toBe(true);
    expect(planAction(restart('h1', 'h2'), fleet, all).takesAllDown).toBe(false);
    const start: FleetAction = { ...restart(...hosts), verb: 'Start' } as FleetAction;
    expect(planAction(start, fleet, all).takesAllDown).toBe(false);
  });

  it('retries only where something is quarantined', () => {
    const rows = [someRow('web', 'h1', { condition: 'rolled-back' }), someRow('web', 'h2')];
    const places = ['h1', 'h2'].map((host) => ({ app: 'web', host }));
    const plan = planAction({ verb: 'Retry', places }, someFleet(rows), all);
    expect(plan.orders.map(({ host }) => host)).toEqual(['h1']);
    expect(plan.skipped.map(({ why }) => why)).toEqual(['NothingToRetry']);
  });

  it('wants the name typed above ten places', () => {
    const many = Array.from({ length: 11 }, (_, index) => `h${String(index)}`);
    const big = someFleet(many.map((host) => someRow('web', host)));
    expect(planAction(restart(...many), big, all).typed).toBe('web');
    expect(planAction(restart(...many.slice(1)), big, all).typed).toBeUndefined();
  });
});

describe('stepsOf', () => {
  it('goes on so many hosts of an app at a time as it was published for', () => {
    const plan = planAction(restart(...hosts), fleet, all);
    const names = (isInTurns: boolean) =>
      stepsOf(plan, isInTurns).map((step) => step.map(({ host }) => host));
    expect(names(true)).toEqual([['h1', 'h2'], ['h3']]);
    expect(names(false)).toEqual([hosts]);
  });
});

describe('reduceProgress', () => {
  const { orders } = planAction(restart('h1', 'h2'), fleet, all);
  const order = { type: 'Restart', app: 'web' as AppName } as const;

  it('tells what came, and of the rest that nobody knows', () => {
    let progress: ProgressByKey = new Map();
    progress = reduceProgress(progress, { type: 'Begun', orders });
    progress = reduceProgress(progress, { type: 'StepAsked', orders });
    const outcome = { host: 'h1', order, state: 'Done', detail: 'restarted' } as const;
    progress = reduceProgress(progress, { type: 'OutcomeTold', outcome });
    progress = reduceProgress(progress, { type: 'StepEnded', orders, detail: 'broke' });
    expect([...progress.values()]).toEqual([
      { type: 'Told', state: 'Done', detail: 'restarted' },
      { type: 'Unknown', detail: 'broke' },
    ]);
    expect(unfinished(orders, progress).map(({ host }) => host)).toEqual(['h2']);
  });
});

describe('runAction', () => {
  const plan = planAction(restart(...hosts), someFleet([...fleet.rows.values()]), all);
  const steps = stepsOf(plan, true);

  /** `comesBack`: whether processes are others after it. */
  async function run(comesBack: (host: string) => boolean, fails: readonly string[] = []) {
    const asked: string[] = [];
    const rowOf = ({ host }: PlannedOrder) =>
      asked.includes(host) && comesBack(host)
        ? someRow('web', host, { processes: [someProcess('web', { pid: 8 })] })
        : someRow('web', host);
    const end = await runAction(steps, {
      ask: async (orders, tell) => {
        await Promise.resolve();
        for (const { host, order } of orders) {
          asked.push(host);
          tell({ host, order, state: fails.includes(host) ? 'Failed' : 'Done', detail: '' });
        }
        return ok(undefined);
      },
      tell: () => undefined,
      rowOf,
      isEnded: () => false,
      pause: () => Promise.resolve(),
    });
    return { end: end.type, asked };
  }

  it('goes to the next only when the one before runs anew', async () => {
    expect(await run(() => true)).toEqual({ end: 'Asked', asked: hosts });
    expect(await run((host) => host !== 'h2')).toEqual({ end: 'NotBack', asked: ['h1', 'h2'] });
  });

  it('ends at a step that fails', async () => {
    expect(await run(() => true, ['h1'])).toEqual({ end: 'StepFailed', asked: ['h1'] });
  });
});
