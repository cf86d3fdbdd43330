/** The fleet for people and for programs: folded where it is long, the most urgent first. */
import { describe, expect, it } from 'vitest';
import { statusDocument } from '../../../../src/commands/fleet/statusJson.ts';
import {
  ageText,
  processesText,
  rowSentence,
  statusLines,
} from '../../../../src/commands/fleet/statusText.ts';
import { focusLines, focusOn, type StatusWish } from '../../../../src/commands/fleet/statusWish.ts';
import { everything, summarise } from '../../../../src/domain/fleet/fleetSummary.ts';
import type { FleetView } from '../../../../src/domain/fleet/fleetView.ts';
import type { ProcessState } from '../../../../src/domain/types.ts';
import { appReport, desiredApp, fleetView, hostReport } from '../../../support/fleetValues.ts';

const form = { columns: undefined, hasColours: false, nowMs: 66_000, isWhole: false };
const wish: StatusWish = {
  ...{ name: undefined, selection: everything },
  ...{ isWhole: false, isJson: false, isWatch: false },
};

/** `count` apps, all converged on h1; `web` quarantined on h2, which h3 is a name of nobody for. */
function someFleet(count: number): FleetView {
  const names = Array.from({ length: count }, (_, index) => `app${String(index)}`);
  return fleetView(
    [
      ...names.map((name) => desiredApp(name, 'h1', { at: 10 })),
      desiredApp('web', 'h2,h3', { at: 10 }),
    ],
    [
      hostReport(
        'h1',
        '10.0.0.1',
        10,
        names.map((name) => appReport(name, 'converged', { wanted: 10, applied: 10 })),
      ),
      hostReport('h2', '10.0.0.2', 10, [appReport('web', 'quarantined', { wanted: 10 })]),
    ],
  );
}

describe('statusLines', () => {
  it('sums up, then shows the most urgent first', () => {
    expect(statusLines(summarise(someFleet(1), everything), form)).toEqual([
      '2 hosts, 2 apps: 1 quarantined, 1 lost, 1 converged',
      '',
      'CONDITION    APP   HOST  WANTED  APPLIED  SINCE  REASON',
      'quarantined  web   h2    10      -        1m     Code: because',
      'lost         web   h3    10      -        -      NeverSeen: no host has ever reported that this names',
      'converged    app0  h1    10      10       1m',
    ]);
  });

  it('counts the rollouts that are halted, an app once', () => {
    const words = { wanted: 10, applied: 8, code: 'RolloutHalted' };
    const reports = ['h1', 'h2'].map((host, index) =>
      hostReport(host, `10.0.0.${String(index)}`, 10, [
        appReport('web', 'held', words),
        appReport('db', 'held', words),
      ]),
    );
    const rollout = '{"maxUnavailable":1}';
    const entries = ['web', 'db'].map((app) => desiredApp(app, '*', { at: 10, rollout }));
    const view = fleetView(entries, reports);
    expect(statusLines(summarise(view, everything), form)[0]).toBe(
      '2 hosts, 2 apps: 4 held; 2 rollouts halted',
    );
    const { summary } = statusDocument('10', summarise(view, everything));
    expect(summary.rolloutsHalted).toBe(2);
    const gone = summarise(fleetView(entries, reports, ['h1', 'h2']), everything);
    expect(gone.haltedCount).toBe(0);
    const focus = focusOn(view, { ...wish, name: 'web' });
    const lines = focus.ok ? focusLines(focus.value, view, form) : [];
    expect(lines).toContain('rollout   1 host at a time');
  });

  it('tells many converged ones as a number, unless all are asked for', () => {
    const summary = summarise(someFleet(30), everything);
    const folded = statusLines(summary, form);
    expect(folded).toHaveLength(6);
    expect(folded.at(-1)).toBe('converged: 30 apps on 1 host; --all shows each');
    expect(statusLines(summary, { ...form, isWhole: true })).toHaveLength(35);
  });

  it('tells many apps of one lost host as a number', () => {
    const names = ['a', 'b', 'c', 'd'];
    const report = hostReport('h1', '10.0.0.1', 10, []);
    const entries = names.map((name) => desiredApp(name, 'h1', { at: 10 }));
    const summary = summarise(fleetView(entries, [report], ['h1']), everything);
    expect(statusLines(summary, form).slice(3)).toEqual([
      'lost       -    h1    -       -        -      last word 1m ago; its agent does not answer: 4 apps',
    ]);
    expect(statusLines(summary, { ...form, isWhole: true })).toHaveLength(7);
  });

  it('has a line of what ails a host, and counts it as not converged', () => {
    const report = { ...hostReport('h1', '10.0.0.1', 10), problems: ['EtcdStale: for an hour'] };
    const summary = summarise(fleetView([], [report]), everything);
    expect(statusLines(summary, form).at(-1)).toMatch(/^held +- +h1 .*EtcdStale: for an hour$/);
    expect(summary.isConverged).toBe(false);
  });

  it('does not take the last change of a lost host for when it was lost', () => {
    const view = fleetView(
      [desiredApp('web', 'h1', { at: 10 })],
      [hostReport('h1', '10.0.0.1', 10)],
      ['h1'],
    );
    const [, , , row] = statusLines(summarise(view, everything), form);
    expect(row).toMatch(/^lost +web +h1 +10 +- +- +HostLost: last word 1m ago; its agent does not/);
  });

  it('says that the version before is back, or is put back', () => {
    const line = (applied: number, states: readonly ProcessState[]): string | undefined => {
      const processes = states.map((state) => ({ id: 'web:web', state, pid: 1, startSec: 1 }));
      const revisions = { wanted: 10, applied };
      const app = { ...appReport('web', 'rolled-back', revisions), processes };
      const view = fleetView(
        [desiredApp('web', 'h1', { at: 10 })],
        [hostReport('h1', '10.0.0.1', 10, [app])],
      );
      return statusLines(summarise(view, everything), form).at(-1);
    };
    expect(line(8, ['RUNNING'])).toMatch(/Code: because; revision 8 runs instead$/);
    expect(line(8, ['FATAL'])).toMatch(/; revision 8 is there instead$/);
    expect(line(10, ['FATAL'])).toMatch(/; the version before is put back$/);
  });

  it('says of how many none is in a condition', () => {
    const line = (selection: Partial<typeof everything>): string | undefined =>
      statusLines(summarise(someFleet(1), { ...everything, ...selection }), form)[0];
    expect(line({ conditions: ['held'] })).toBe('nothing is held (of 3 hosts, 2 apps)');
    expect(line({ apps: ['app0'], conditions: ['held', 'lost'] })).toBe(
      'nothing is held or lost (of 1 host, 1 app)',
    );
  });

  it('is converged when there is nothing', () => {
    const summary = summarise(fleetView([], []), everything);
    expect(statusLines(summary, form)).toEqual(['0 hosts, 0 apps: nothing to run']);
    expect(summary.isConverged).toBe(true);
  });
});

describe('focusOn', () => {
  const both = fleetView(
    [desiredApp('web', 'web', { at: 10 })],
    [hostReport('web', '10.0.0.1', 10, [appReport('web', 'converged', { wanted: 10 })])],
  );
  const focus = (given: Partial<StatusWish>, view = both) => {
    const found = focusOn(view, { ...wish, ...given });
    return found.ok ? found.value.type : found.error;
  };

  it('takes a name for an app first, and for what a filter leaves', () => {
    expect(focus({ name: 'web' })).toBe('App');
    expect(focus({ name: 'web', selection: { ...everything, apps: ['web'] } })).toBe('Host');
    expect(focus({ name: 'web', selection: { ...everything, hosts: ['web'] } })).toBe('App');
    expect(focus({})).toBe('Fleet');
  });

  it('says what is not there, and what is near', () => {
    const selection = { ...everything, hosts: ['web\u001b'] };
    expect(focus({ selection })).toEqual({
      message: 'there is no host "web\\u001b"',
      remedy: 'did you mean "web"?',
    });
    expect(focus({ name: 'h3' }, someFleet(0))).toBe('Host');
  });

  it('does not propose an app for a host, nor the very name that is not there', () => {
    const view = someFleet(1);
    const ofApp = { ...everything, apps: ['app0'] };
    expect(focus({ name: 'web', selection: ofApp }, view)).toEqual({
      message: 'there is no host "web"',
      remedy: '"web" is an app: `supervene status "web"`',
    });
    expect(focus({ name: 'h1', selection: { ...everything, hosts: ['h2'] } }, view)).toEqual({
      message: 'there is no app "h1"',
      remedy: '"h1" is a host: `supervene status "h1"`',
    });
    expect(focus({ selection: { ...everything, apps: ['h4'] } }, view)).toMatchObject({
      remedy: '`supervene status` lists all',
    });
  });

  it('shows reasons and problems whole where they are wrapped', () => {
    const reason = 'web:web is FATAL: Exited too quickly (process log may have details)';
    const app = { ...appReport('web', 'quarantined', { wanted: 10 }), reason };
    const problems = [`SupervisorUnreachable: ${'connection refused '.repeat(5)}at last`];
    const report = { ...hostReport('h1', '10.0.0.1', 10, [app]), problems };
    const view = fleetView([desiredApp('web', 'h1', { at: 10 })], [report]);
    const narrow = { ...form, columns: 80, isWrapped: true };
    for (const name of ['web', 'h1']) {
      const found = focusOn(view, { ...wish, name });
      const lines = found.ok ? focusLines(found.value, view, narrow).join('\n').split('\n') : [];
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
      const text = lines.join(' ').replaceAll(/ +/g, ' ');
      expect(text).toContain(reason);
      if (name === 'h1') expect(text).toContain(problems[0]);
    }
  });

  it('shows a host that never was, and an app, in detail', () => {
    const view = someFleet(1);
    const lines = (name: string): string => {
      const found = focusOn(view, { ...wish, name });
      return found.ok ? focusLines(found.value, view, form).join('\n') : '';
    };
    expect(lines('h3')).toContain('none has ever reported under this name');
    expect(lines('web')).toContain('desired   revision 10\nhosts     h2, h3\n');
    expect(lines('h2')).toContain('agent     answers; started 1m ago');
  });
});

describe('summarise', () => {
  it('judges what was selected, and the hosts only where all of them are', () => {
    const view = someFleet(1);
    const isConverged = (selection: Partial<typeof everything>): boolean =>
      summarise(view, { ...everything, ...selection }).isConverged;
    expect(isConverged({})).toBe(false);
    expect(isConverged({ apps: ['app0'] })).toBe(true);
    expect(isConverged({ hosts: ['h1'] })).toBe(true);
    expect(isConverged({ hosts: ['h2'] })).toBe(false);
    expect(isConverged({ conditions: ['converged'] })).toBe(true);
    expect(isConverged({ conditions: ['lost'] })).toBe(false);
    expect(isConverged({ conditions: ['held'] })).toBe(true);
  });
});

describe('statusDocument', () => {
  it('survives times that no calendar has', () => {
    const report = { ...hostReport('h1', '10.0.0.1', 10), atMs: 1e300 };
    const document = statusDocument('10', summarise(fleetView([], [report]), everything));
    expect(document.hosts[0]).toMatchObject({
      reportedAt: null,
      startedAt: '1970-01-01T00:00:00.100Z',
    });
  });
});

describe('rowSentence', () => {
  it('says the same while a process bounces, and as time goes by', () => {
    const sentences = (['RUNNING', 'FATAL'] as const).map((state) => {
      const processes = [{ id: 'web:web', state, pid: 1, startSec: 1 }];
      const app = { ...appReport('web', 'rolled-back', { wanted: 10, applied: 8 }), processes };
      const report = hostReport('h1', '10.0.0.1', 10, [app]);
      return fleetView([desiredApp('web', 'h1', { at: 10 })], [report]).rows.map(rowSentence);
    });
    const sentence = 'web on h1: rolled-back: Code: because; revision 8 is there instead';
    expect(sentences).toEqual([[sentence], [sentence]]);
  });
});

describe('ageText and processesText', () => {
  it.each([
    [-5000, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [3_600_000, '1h'],
    [172_800_000, '2d'],
  ])('%i ms are %s', (ms, text) => {
    expect(ageText(ms)).toBe(text);
  });

  it('counts states', () => {
    const one = { id: 'a:a', state: 'RUNNING', pid: 1, startSec: 1 } as const;
    expect(processesText([])).toBe('-');
    expect(processesText([one])).toBe('RUNNING');
    expect(processesText([one, { ...one, state: 'FATAL' }, one])).toBe('2 RUNNING, 1 FATAL');
    expect(processesText([one], 'SupervisorSilent')).toBe('last known: RUNNING');
    expect(processesText([], 'AgentLost')).toBe('-');
  });
});
