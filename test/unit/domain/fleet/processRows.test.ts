import { describe, expect, it } from 'vitest';
import { type FleetHost } from '../../../../src/domain/fleet/fleetRow.ts';
import { type HostReport, type ProcessReport } from '../../../../src/domain/fleet/hostReport.ts';
import { processRows, uptimeSec } from '../../../../src/domain/fleet/processRows.ts';
import { type AppName, type ProcessState, revisionZero } from '../../../../src/domain/types.ts';

const process = (id: string, state: ProcessState): ProcessReport => ({
  ...{ id, state, pid: state === 'RUNNING' ? 7 : 0, startSec: 100 },
});

function host(
  name: string,
  apps: Readonly<Record<string, readonly ProcessReport[]>>,
  { others = [], isAlive = true }: { others?: readonly ProcessReport[]; isAlive?: boolean } = {},
): FleetHost {
  const report: HostReport = {
    ...{ host: name, instance: 'i', version: '1', addresses: [], hostNames: [] },
    ...{ atMs: 0, startedAtMs: 0, observedRevision: revisionZero, appliedRevision: revisionZero },
    ...{ problems: [], others },
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
  processRows(fleet, selection).map(
    ({ host: of, id, state, app, isAlive }) =>
      `${of} ${id} ${state}${app === undefined ? ' foreign' : ''}${isAlive ? '' : ' lost'}`,
  );

describe('processRows', () => {
  it('puts what has failed first, and of what runs what nobody vouches for', () => {
    expect(told(all)).toEqual([
      'web1 db:db FATAL',
      'web2 web:a BACKOFF',
      'web2 web:b STOPPED',
      'web3 web:web RUNNING lost',
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

describe('uptimeSec', () => {
  it('is of what runs alone, and never negative', () => {
    expect(uptimeSec(process('w:w', 'RUNNING'), 160_500)).toBe(60);
    expect(uptimeSec(process('w:w', 'RUNNING'), 0)).toBe(0);
    expect(uptimeSec(process('w:w', 'STOPPED'), 160_000)).toBeUndefined();
  });
});
