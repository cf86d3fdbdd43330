/** Whether to go on waiting for hosts: what is done, what will not come, what somebody else did. */
import { describe, expect, it } from 'vitest';
import { newestRevision } from '../../../../src/domain/fleet/wantedApp.ts';
import {
  brokenRollouts,
  judgeWait,
  type WaitProgress,
} from '../../../../src/domain/fleet/fleetWait.ts';
import { rev } from '../../../support/etcdValues.ts';
import { appReport, desiredApp, fleetView, hostReport } from '../../../support/fleetValues.ts';

const web = desiredApp('web', '10.0.0.1,10.0.0.2', { at: 10 });
const target = { app: 'web', revision: rev(10), action: 'publish' } as const;
const removal = { app: 'web', revision: rev(20), action: 'unpublish' } as const;

type Word = Parameters<typeof appReport>[1];

function reporting(name: string, condition: Word, wanted?: number) {
  const host = hostReport(name, name === 'h1' ? '10.0.0.1' : '10.0.0.2', 10);
  const revisions = wanted === undefined ? {} : { wanted };
  return { ...host, apps: [appReport('web', condition, revisions)] };
}

const done = [reporting('h1', 'converged', 10), reporting('h2', 'converged', 10)] as const;

function stages({ rows }: WaitProgress): readonly string[] {
  return rows.map(({ host, stage }) => `${host ?? '-'} ${stage}`);
}

describe('judgeWait of a publish', () => {
  it('is done when every host it is placed on runs it', () => {
    const progress = judgeWait(fleetView([web], done), [target]);
    expect(stages(progress)).toEqual(['h1 done', 'h2 done']);
    expect(progress.verdict).toBe('Done');
  });

  it.each(['converging', 'held'] as const)('waits for a host that is %s', (condition) => {
    const view = fleetView([web], [done[0], reporting('h2', condition, 10)]);
    const progress = judgeWait(view, [target]);
    expect(stages(progress)).toEqual(['h1 done', 'h2 pending']);
    expect(progress.verdict).toBe('Waiting');
  });

  it('waits for hosts that speak of what was there before, well or badly', () => {
    const view = fleetView(
      [web],
      [reporting('h1', 'converged', 9), reporting('h2', 'quarantined', 9)],
    );
    expect(judgeWait(view, [target]).verdict).toBe('Waiting');
  });

  it.each(['quarantined', 'rolled-back'] as const)(
    'has failed at once when a host is %s, whoever else is on the way',
    (condition) => {
      const view = fleetView(
        [web],
        [reporting('h1', 'converging', 10), reporting('h2', condition, 10)],
      );
      expect(judgeWait(view, [target]).verdict).toBe('Failed');
    },
  );

  it('waits for the others when a host is lost, and has failed when there are none', () => {
    const others = [reporting('h1', 'converging', 10), done[1]];
    expect(judgeWait(fleetView([web], others, ['h2']), [target]).verdict).toBe('Waiting');
    const progress = judgeWait(fleetView([web], done, ['h2']), [target]);
    expect(stages(progress)).toEqual(['h1 done', 'h2 lost']);
    expect(progress.verdict).toBe('Failed');
  });

  it('has failed when a host that it names was never heard of', () => {
    expect(judgeWait(fleetView([web], [done[0]]), [target]).verdict).toBe('Failed');
  });

  it('waits until hosts that it leaves are rid of it', () => {
    const moved = desiredApp('web', '10.0.0.1', { at: 10 });
    expect(judgeWait(fleetView([moved], done), [target]).verdict).toBe('Waiting');
    const rid = { ...done[1], apps: [] };
    expect(judgeWait(fleetView([moved], [done[0], rid]), [target]).verdict).toBe('Done');
  });

  it('says that a placement names nobody, and is done', () => {
    const nowhere = desiredApp('web', '!*', { at: 10 });
    const progress = judgeWait(fleetView([nowhere], []), [target]);
    expect(progress).toMatchObject({ nobody: ['web'], verdict: 'Done' });
  });

  it('is superseded by what somebody published or removed later, and that is no success', () => {
    const later = desiredApp('web', '10.0.0.1', { at: 11 });
    const again = judgeWait(fleetView([later], [reporting('h1', 'converged', 11)]), [target]);
    expect([...again.superseded]).toEqual([
      ['web', 'web was published again meanwhile, at revision 11'],
    ]);
    expect(again.verdict).toBe('Failed');
    const gone = judgeWait(fleetView([], []), [target]);
    expect([...gone.superseded.values()]).toEqual(['web was unpublished meanwhile']);
    expect(gone.verdict).toBe('Failed');
  });

  it('goes on with the other apps when one is superseded', () => {
    const db = desiredApp('db', 'h1', { at: 10 });
    const view = fleetView([db], [reporting('h1', 'converged', 10)]);
    const both = judgeWait(view, [target, { ...target, app: 'db' }]);
    expect(both.verdict).toBe('Waiting');
  });

  it.each(['!*', '10.0.0.2'])('is superseded by another placement alone: %s', (ips) => {
    const moved = desiredApp('web', ips, { at: 10, ipsAt: 12 });
    const view = fleetView([moved], [{ ...done[0], apps: [] }, done[1]]);
    const progress = judgeWait(view, [target]);
    expect([...progress.superseded.values()]).toEqual([
      'web was placed elsewhere meanwhile, at revision 12',
    ]);
    expect(progress).toMatchObject({ rows: [], nobody: [], verdict: 'Failed' });
  });

  it('is superseded when somebody removes one of its keys', () => {
    const { ips: _ips, ...half } = web;
    const progress = judgeWait(fleetView([half], done), [target]);
    expect([...progress.superseded.values()]).toEqual(['web has but one of its two keys now']);
    expect(progress.verdict).toBe('Failed');
  });

  it('takes its own placement, older or newer than the content, for its own', () => {
    for (const [at, ipsAt] of [[8, 10] as const, [10, 8] as const]) {
      const own = desiredApp('web', '10.0.0.1,10.0.0.2', { at, ipsAt });
      const revision = newestRevision(own) ?? rev(0);
      const reports = [reporting('h1', 'converged', at), reporting('h2', 'converged', at)];
      expect(judgeWait(fleetView([own], reports), [{ ...target, revision }])).toMatchObject({
        ...{ verdict: 'Done', superseded: new Map() },
      });
    }
  });
});

describe('judgeWait of an unpublish', () => {
  it('waits until no host has any of it', () => {
    expect(judgeWait(fleetView([], done), [removal]).verdict).toBe('Waiting');
    const going = reporting('h2', 'converging');
    expect(judgeWait(fleetView([], [going]), [removal]).verdict).toBe('Waiting');
    expect(judgeWait(fleetView([], [hostReport('h1', '10.0.0.1', 20)]), [removal])).toMatchObject({
      verdict: 'Done',
      nobody: [],
    });
  });

  it('does not take a refusal of what was there before for one of the removal', () => {
    const view = fleetView([], [reporting('h1', 'quarantined', 10)]);
    expect(judgeWait(view, [removal]).verdict).toBe('Waiting');
  });

  it('waits for who confirms a removal that is held', () => {
    expect(judgeWait(fleetView([], [reporting('h1', 'held')]), [removal]).verdict).toBe('Waiting');
  });

  it('is superseded by a publish', () => {
    const progress = judgeWait(fleetView([web], done), [removal]);
    expect([...progress.superseded.values()]).toEqual(['web was published again meanwhile']);
    expect(progress.verdict).toBe('Failed');
  });
});

describe('judgeWait of a rollout', () => {
  const rolling = desiredApp('web', '*', { at: 10, rollout: '{"maxUnavailable":1}' });
  type Told = readonly [string, Word, string?];
  const judge = (...told: readonly Told[]) => {
    const reports = told.map(([name, condition, code = 'Code'], index) => {
      const words = { wanted: 10, applied: condition === 'converged' ? 10 : 8, code };
      return hostReport(name, `10.0.0.${String(index + 1)}`, 10, [
        appReport('web', condition, words),
      ]);
    });
    return judgeWait(fleetView([rolling], reports), [target]);
  };

  it('waits for hosts that wait for their turn', () => {
    const progress = judge(['h1', 'converged'], ['h2', 'converging', 'AwaitingTurn']);
    expect(stages(progress)).toEqual(['h1 done', 'h2 pending']);
    expect(progress.verdict).toBe('Waiting');
    expect(brokenRollouts(progress)).toEqual([]);
  });

  it('has failed when a host says that it is halted, whoever else waits', () => {
    const progress = judge(
      ['h1', 'converged'],
      ['h2', 'converging', 'AwaitingTurn'],
      ['h3', 'held', 'RolloutHalted'],
      ['h4', 'held', 'ForeignFile'],
    );
    expect(stages(progress)).toEqual(['h1 done', 'h2 pending', 'h3 halted', 'h4 pending']);
    expect(progress.verdict).toBe('Failed');
    expect(brokenRollouts(progress)).toMatchObject([
      { app: 'web', total: 4, done: [{ host: 'h1' }], failed: [], stays: [{}, { host: 'h3' }] },
    ]);
  });

  it('hears the host in its turn out when others say that it is halted', () => {
    const halted = ['h3', 'held', 'RolloutHalted'] as const;
    expect(judge(['h2', 'converging', 'Starting'], halted).verdict).toBe('Waiting');
    expect(judge(['h2', 'converged'], halted).verdict).toBe('Failed');
    const progress = judge(['h2', 'rolled-back', 'E_FATAL'], halted);
    expect(progress.verdict).toBe('Failed');
    expect(brokenRollouts(progress)).toMatchObject([{ failed: [{ host: 'h2' }] }]);
  });

  it('does not wait for another app that is on its way when one is halted', () => {
    const other = desiredApp('api', '*', { at: 10 });
    const reports = [
      hostReport('h1', '10.0.0.1', 10, [
        appReport('api', 'converging', { wanted: 10, applied: 8, code: 'Starting' }),
        appReport('web', 'held', { wanted: 10, applied: 8, code: 'RolloutHalted' }),
      ]),
    ];
    const targets = [target, { ...target, app: 'api' }];
    expect(judgeWait(fleetView([other, rolling], reports), targets).verdict).toBe('Failed');
  });

  it('tells where it failed, and who is not to have it, heard of that or not', () => {
    const progress = judge(
      ['h1', 'converged'],
      ['h2', 'rolled-back', 'E_FATAL'],
      ['h3', 'held', 'RolloutHalted'],
      ['h4', 'converging', 'AwaitingTurn'],
    );
    expect(brokenRollouts(progress)).toMatchObject([
      { total: 4, failed: [{ host: 'h2' }], stays: [{ host: 'h3' }, { host: 'h4' }] },
    ]);
  });

  it('tells of no rollout where an app failed that changes everywhere at once', () => {
    expect(brokenRollouts(judge(['h1', 'rolled-back', 'E_FATAL'], ['h2', 'converging']))).toEqual(
      [],
    );
  });
});
