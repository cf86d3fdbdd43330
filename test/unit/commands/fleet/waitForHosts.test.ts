/** How waiting ends, in words. */
import { describe, expect, it } from 'vitest';
import { lastLine } from '../../../../src/commands/fleet/waitForHosts.ts';
import { judgeWait } from '../../../../src/domain/fleet/fleetWait.ts';
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
