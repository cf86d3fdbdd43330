import { describe, expect, it } from 'vitest';
import { type FleetHost } from '../../../../src/domain/fleet/fleetRow.ts';
import { type HostReport, type ProcessReport } from '../../../../src/domain/fleet/hostReport.ts';
import {
  processlessApps,
  processRows,
  uptimeSec,
} from '../../../../src/domain/fleet/processRows.ts';
import { type AppName, type ProcessState, revisionZero } from '../../../../src/domain/types.ts';

const process = (id: string, state: ProcessState): ProcessReport => ({
  ...{ id, state, pid: state === 'RUNNING' ? 7 : 0, startSec: 100 },
});

function host(
  name: string,
  apps: Readonly<Record<string, readonly ProcessReport[]>>,
  {
    others = [],
    isAlive = true,
    problems = [],
  }: { others?: readonly ProcessReport[]; isAlive?: boolean; problems?: readonly string[] } = {},
): FleetHost {
  const report: HostReport = {
    ...{ host: name, instance: 'i', version: '1', addresses: [], hostNames: [] },
    ...{ atMs: 0, startedAtMs: 0, observedRevision: revisionZero, appliedRevision: revisionZero },
    ...{ problems, others },
    apps: Object.entries(apps).map(([app, processes]) => ({
      ...{ app: app as AppName, condition: 'converged', sinceMs: 0, processes },
    })),
  };
  return { host: name, isAlive, report, faults: [] };
}

const all = { apps: [], hosts: [] };
const fleet = [
  host('web1', { web: [process('web:web', 'RUNNING')], db: [process('db:db', 'FATAL')] }),
  host(
    'web2',
    { web: [process('web:a', 'BACKOFF'), process('web:b', 'STOPPED')] },
    { others: [process('cron:cron', 'RUNNING')] },
  ),
  host('web3', { web: [process('web:web', 'RUNNING')] }, { isAlive: false }),
];

const told = (selection: Parameters<typeof processRows>[1]): readonly string[] =>
  processRows(fleet, selection).map(({ host: of, id, state, app, doubt }) =>
    [of, id, state, ...(app === undefined ? ['foreign'] : []), doubt ?? ''].join(' ').trim(),
  );

describe('processRows', () => {
  it('puts what has failed first, and of what runs what nobody vouches for', () => {
    expect(told(all)).toEqual([
      'web1 db:db FATAL',
      'web2 web:a BACKOFF',
      'web2 web:b STOPPED',
      'web3 web:web RUNNING AgentLost',
      'web1 web:web RUNNING',
      'web2 cron:cron RUNNING foreign',
    ]);
  });

  it('keeps to the apps and hosts that are asked for, foreign groups by their name', () => {
    expect(told({ apps: ['db'], hosts: [] })).toEqual(['web1 db:db FATAL']);
    expect(told({ apps: ['cron'], hosts: [] })).toEqual(['web2 cron:cron RUNNING foreign']);
    expect(told({ apps: ['web'], hosts: ['web1'] })).toEqual(['web1 web:web RUNNING']);
  });

  it('passes over hosts whose report cannot be read', () => {
    const unread = { host: 'web4', isAlive: true, report: undefined, faults: ['?'] };
    expect(processRows([unread], all)).toEqual([]);
  });
});

describe('processRows of a host whose supervisord does not answer', () => {
  const problems = ['EtcdStale: for an hour', 'SupervisorUnreachable: ECONNREFUSED'];
  const silent = host('web4', { web: [process('web:web', 'RUNNING')] }, { problems });

  it('are what was known last, with no uptime', () => {
    const [row] = processRows([silent], all);
    expect(row).toMatchObject({ state: 'RUNNING', doubt: 'SupervisorSilent' });
    expect(row && uptimeSec(row, 160_000)).toBeUndefined();
  });

  it('come before what runs for certain, and other problems of a host are no doubt', () => {
    const [first, second] = processRows(
      [
        host('web1', { web: [process('web:web', 'RUNNING')] }, { problems: ['EtcdStale: x'] }),
        silent,
      ],
      all,
    );
    expect([first?.host, second?.host]).toEqual(['web4', 'web1']);
    expect(second?.doubt).toBeUndefined();
  });
});

describe('processlessApps', () => {
  const [report] = [host('web5', { web: [] })].flatMap((one) => one.report ?? []);
  const apps = (report?.apps ?? []).map((app) => ({
    ...app,
    ...({ condition: 'quarantined', code: 'E_X', reason: 'because' } as const),
  }));
  const refusing = { ...host('web5', {}), report: report && { ...report, apps } };

  it('says of the apps that are asked for where they have none, and why', () => {
    const selection = { apps: ['web'], hosts: [] };
    expect(processlessApps([...fleet, refusing], selection)).toEqual([
      {
        ...{ host: 'web5', isAlive: true, app: 'web' },
        ...{ condition: 'quarantined', code: 'E_X', reason: 'because' },
      },
    ]);
    expect(processlessApps([refusing], { ...selection, hosts: ['web1'] })).toEqual([]);
    expect(processlessApps([refusing], all)).toEqual([]);
    expect(processlessApps([host('web6', { web: [] })], selection)).toEqual([]);
  });
});

describe('uptimeSec', () => {
  const current = (id: string, state: ProcessState) => ({
    ...process(id, state),
    doubt: undefined,
  });

  it('is of what runs alone, and never negative', () => {
    expect(uptimeSec(current('w:w', 'RUNNING'), 160_500)).toBe(60);
    expect(uptimeSec(current('w:w', 'RUNNING'), 0)).toBe(0);
    expect(uptimeSec(current('w:w', 'STOPPED'), 160_000)).toBeUndefined();
  });
});
