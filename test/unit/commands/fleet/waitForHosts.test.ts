/** How waiting ends, in words. */
import { describe, expect, it } from 'vitest';
import { brokenSentence } from '../../../../src/commands/fleet/brokenRolloutText.ts';
import { lastLine } from '../../../../src/commands/fleet/waitForHosts.ts';
import { brokenRollouts, judgeWait } from '../../../../src/domain/fleet/fleetWait.ts';
import type { AppCondition } from '../../../../src/domain/fleet/hostReport.ts';
import { rev } from '../../../support/etcdValues.ts';
import { appReport, desiredApp, fleetView, hostReport } from '../../../support/fleetValues.ts';

function ending(states: readonly AppCondition[]): string {
  const reports = states.map((condition, index) => {
    const app = appReport('web', condition, { wanted: 10 });
    return hostReport(`h${String(index)}`, `10.0.0.${String(index)}`, 10, [app]);
  });
  const view = fleetView([desiredApp('web', '*', { at: 10 })], reports);
  const target = { app: 'web', revision: rev(10), action: 'publish' } as const;
  return lastLine(judgeWait(view, [target]), 2500);
}

describe('the last line of waiting', () => {
  it.each([
    [['converged', 'converged'], '2 of 2 places converged in 2.5 s'],
    [['converged', 'held'], 'not everywhere after 2.5 s: 1 of 2 places converged'],
    [['converged', 'quarantined'], '1 of 2 places converged'],
    [['rolled-back', 'converging', 'held'], '0 of 3 places converged; not waited for: 2 places'],
  ] as const)('of %j', (states, text) => {
    expect(ending(states)).toBe(text);
  });
});

describe('what is said of a rollout that does not get everywhere', () => {
  const say = (...words: readonly (readonly [AppCondition, string, number?])[]): string => {
    const reports = words.map(([condition, code, applied = 8], index) => {
      const app = appReport('web', condition, { wanted: 10, applied, code });
      return hostReport(`h${String(index)}`, `10.0.0.${String(index)}`, 10, [app]);
    });
    const web = desiredApp('web', '*', { at: 10, rollout: '{"maxUnavailable":1}' });
    const target = { app: 'web', revision: rev(10), action: 'publish' } as const;
    return brokenRollouts(judgeWait(fleetView([web], reports), [target]))
      .map(brokenSentence)
      .join('\n');
  };

  it('names where it failed, and who stays at which revision', () => {
    const told = say(
      ['converged', '', 10],
      ['rolled-back', 'E_FATAL'],
      ['held', 'RolloutHalted'],
      ['converging', 'AwaitingTurn'],
    );
    expect(told).toBe(
      'web: halted, having failed on h1; done on 1 of 4 places; h2, h3 stay at revision 8',
    );
  });

  it('does not say which revision where there are several', () => {
    expect(say(['held', 'RolloutHalted', 7], ['held', 'RolloutHalted', 8])).toBe(
      'web: halted; done on 0 of 2 places; h0, h1 stay at what they have',
    );
  });

  it('speaks of one host as of one', () => {
    expect(say(['converged', '', 10], ['held', 'RolloutHalted'])).toBe(
      'web: halted; done on 1 of 2 places; h1 stays at revision 8',
    );
  });
});
