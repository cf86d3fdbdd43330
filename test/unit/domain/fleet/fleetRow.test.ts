/** What is made of one app on one host: its word counts once it has seen what etcd says now. */
import { describe, expect, it } from 'vitest';
import type { DesiredEntry } from '../../../../src/domain/event.ts';
import type { FleetRow } from '../../../../src/domain/fleet/fleetRow.ts';
import type { HostReport } from '../../../../src/domain/fleet/hostReport.ts';
import { rev } from '../../../support/etcdValues.ts';
import { appReport, desiredApp, fleetView, hostReport } from '../../../support/fleetValues.ts';

function rowsOf(
  entries: readonly DesiredEntry[],
  reports: readonly HostReport[],
  lost: readonly string[] = [],
): readonly string[] {
  return fleetView(entries, reports, lost).rows.map(short);
}

function short({ app, host = '-', condition, code = '' }: FleetRow): string {
  return `${app} ${host} ${condition} ${code}`.trim();
}

const here = desiredApp('web', '10.0.0.1', { at: 10 });

describe('a row of an app that is placed on a host', () => {
  it('is what the host says, once it wants that content', () => {
    const report = appReport('web', 'converged', { wanted: 10, applied: 10 });
    const [row] = fleetView([here], [hostReport('h1', '10.0.0.1', 10, [report])]).rows;
    expect(row).toEqual({
      app: 'web',
      host: 'h1',
      condition: 'converged',
      desiredRevision: rev(10),
      appliedRevision: rev(10),
      sinceMs: 1000,
      code: undefined,
      reason: undefined,
      processes: [],
    });
  });

  it('is what the host says, though its observed revision is told later', () => {
    const report = appReport('web', 'held', { wanted: 10 });
    const rows = rowsOf([here], [hostReport('h1', '10.0.0.1', 3, [report])]);
    expect(rows).toEqual(['web h1 held Code']);
  });

  it.each(['converged', 'quarantined', 'rolled-back', 'held'] as const)(
    'is converging as long as the host is %s with older content',
    (condition) => {
      const report = appReport('web', condition, { wanted: 8, applied: 8 });
      const rows = rowsOf([here], [hostReport('h1', '10.0.0.1', 9, [report])]);
      expect(rows).toEqual(['web h1 converging NotSeen']);
    },
  );

  it('is converging as long as the host says nothing of it, and names the revision', () => {
    const [row] = fleetView(
      [desiredApp('web', '10.0.0.1', { at: 10, ipsAt: 12 })],
      [hostReport('h1', '10.0.0.1', 9)],
    ).rows;
    expect(row).toMatchObject({ condition: 'converging', code: 'NotSeen' });
    expect(row?.reason).toContain('revision 12');
  });

  it('is refused by a host that has seen it, and has no revision of what it cannot read', () => {
    const report = appReport('web', 'quarantined', { code: 'E_UNSIGNED' });
    const seen = hostReport('h1', '10.0.0.1', 10, [report]);
    expect(rowsOf([here], [seen])).toEqual(['web h1 quarantined E_UNSIGNED']);
    const unseen = hostReport('h1', '10.0.0.1', 9, [report]);
    expect(rowsOf([here], [unseen])).toEqual(['web h1 converging NotSeen']);
  });

  it('is converging when the host only says that it is to go, which is over', () => {
    const report = appReport('web', 'converging', { applied: 5 });
    expect(rowsOf([here], [hostReport('h1', '10.0.0.1', 30, [report])])).toEqual([
      'web h1 converging NotSeen',
    ]);
  });

  it('is refused by every agent, said or not', () => {
    const bad = desiredApp('web', '10.0.0.1', { at: 10, content: 'command=\n' });
    expect(rowsOf([bad], [hostReport('h1', '10.0.0.1', 9)])[0]).toMatch(/^web h1 quarantined E_/);
  });

  it('is half a pair, and affects nobody, when its content is missing', () => {
    const { content: _content, ...half } = here;
    expect(rowsOf([half], [hostReport('h1', '10.0.0.1', 9)])).toEqual(['web h1 held E_HALF_PAIR']);
  });

  it('is lost with the lease, as last known', () => {
    const report = appReport('web', 'converged', { wanted: 10, applied: 10 });
    const [row] = fleetView([here], [hostReport('h1', '10.0.0.1', 10, [report])], ['h1']).rows;
    expect(row).toMatchObject({ condition: 'lost', code: 'HostLost', appliedRevision: rev(10) });
    // Its last word is of its last change: since when it is lost is not known.
    expect(row).toMatchObject({ sinceMs: undefined, lastWordMs: 5000, doubt: 'AgentLost' });
  });

  it('does not vouch for its processes where supervisord does not answer', () => {
    const app = appReport('web', 'converged', { wanted: 10, applied: 10 });
    const report = hostReport('h1', '10.0.0.1', 10, [app]);
    const problems = ['SupervisorUnreachable: ECONNREFUSED'];
    const doubts = [report, { ...report, problems }].map(
      (one) => fleetView([here], [one]).rows[0]?.doubt,
    );
    expect(doubts).toEqual([undefined, 'SupervisorSilent']);
  });

  it('tells an agent that was ended from one that does not answer', () => {
    const ended = { ...hostReport('h1', '10.0.0.1', 10), endedAtMs: 7000 };
    const [row] = fleetView([here], [ended], ['h1']).rows;
    expect(row).toMatchObject({ condition: 'lost', code: 'AgentEnded', sinceMs: 7000 });
  });
});

describe('a row of an app that is to leave a host', () => {
  const elsewhere = desiredApp('web', '10.0.0.2', { at: 10, ipsAt: 11 });
  const [h1, h2] = ['10.0.0.1', '10.0.0.2'];
  const arrived = hostReport('h2', h2, 11, [appReport('web', 'converged', { wanted: 10 })]);

  it('is there until the host has none of it left', () => {
    const going = hostReport('h1', h1, 11, [appReport('web', 'converging', { applied: 10 })]);
    expect(rowsOf([elsewhere], [going, arrived])).toEqual([
      'web h1 converging Code',
      'web h2 converged',
    ]);
    expect(rowsOf([elsewhere], [hostReport('h1', h1, 11), arrived])).toEqual(['web h2 converged']);
  });

  it('has no desired revision', () => {
    const going = hostReport('h1', h1, 11, [appReport('web', 'converging', { applied: 10 })]);
    const [row] = fleetView([elsewhere], [going]).rows;
    expect(row).toMatchObject({ desiredRevision: undefined, appliedRevision: rev(10) });
  });

  it.each(['converged', 'quarantined', 'rolled-back', 'held', 'converging'] as const)(
    'is converging while the host is %s and still wants it',
    (condition) => {
      const report = appReport('web', condition, { wanted: 10, applied: 10 });
      const late = hostReport('h1', h1, 10, [report]);
      expect(rowsOf([elsewhere], [late])).toContain('web h1 converging NotSeen');
      expect(rowsOf([], [late])).toEqual(['web h1 converging NotSeen']);
    },
  );

  it('is what the host says that will not let go of it', () => {
    const held = hostReport('h1', h1, 11, [appReport('web', 'held', { code: 'MassRemoval' })]);
    expect(rowsOf([], [held])).toEqual(['web h1 held MassRemoval']);
    const refusing = appReport('web', 'rolled-back', { wanted: 10, code: 'E_UNSIGNED' });
    expect(rowsOf([elsewhere], [hostReport('h1', h1, 11, [refusing])])).toContain(
      'web h1 rolled-back E_UNSIGNED',
    );
  });
});

describe('a row without a host', () => {
  const one = hostReport('h1', '10.0.0.1', 10, [appReport('web', 'converged', { wanted: 10 })]);

  it('is lost when an address or a name is nobody that was ever heard of', () => {
    const app = desiredApp('web', '10.0.0.1, 10.0.0.9, h1, H7', { at: 10 });
    expect(rowsOf([app], [one])).toEqual([
      'web h1 converged',
      'web 10.0.0.9 lost NeverSeen',
      'web h7 lost NeverSeen',
    ]);
  });

  it('does not stand for what is excluded', () => {
    const app = desiredApp('web', 'h1, 10.0.0.9, !10.0.0.0/24', { at: 10 });
    expect(rowsOf([app], [hostReport('h1', '10.1.0.1', 10)])).toEqual([
      'web h1 converging NotSeen',
    ]);
  });

  it('stands for a block or * only when the app is placed nowhere at all by it', () => {
    const wide = (ips: string): readonly string[] =>
      rowsOf([desiredApp('web', ips, { at: 10 })], [one]);
    expect(wide('192.168.0.0/16')).toEqual([gone, 'web 192.168.0.0/16 lost NeverSeen']);
    expect(wide('192.168.0.0/16,h1')).toEqual(['web h1 converged']);
    expect(rowsOf([desiredApp('web', '*', { at: 10 })], [])).toEqual(['web * lost NeverSeen']);
    expect(rowsOf([desiredApp('web', '!*', { at: 10 })], [])).toEqual([]);
    expect(rowsOf([desiredApp('web', '*,!*', { at: 10 })], [])).toEqual([]);
    expect(rowsOf([desiredApp('web', '', { at: 10 })], [])).toEqual([]);
  });

  const gone = 'web h1 converging NotSeen';

  it('is of an app whose placement says nothing, or is missing', () => {
    const { ips: _ips, ...half } = desiredApp('web', '', { at: 10 });
    expect(rowsOf([half], [])).toEqual(['web - held E_HALF_PAIR']);
    const nonsense = desiredApp('web', '10.0.0.999', { at: 10 });
    expect(rowsOf([nonsense], [])).toEqual(['web - quarantined E_PLACEMENT']);
    const unnameable = desiredApp('all', '10.0.0.1', { at: 10 });
    expect(rowsOf([unnameable], [])[0]).toBe('all 10.0.0.1 quarantined E_APP_NAME_RESERVED');
  });
});
