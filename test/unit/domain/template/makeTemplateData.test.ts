/** The data of templates, by example. */
import { describe, expect, it } from 'vitest';
import type { AppReport, HostReport } from '../../../../src/domain/fleet/hostReport.ts';
import { parsePlacement } from '../../../../src/domain/placement.ts';
import { ok } from '../../../../src/domain/result.ts';
import {
  type HostFact,
  makeTemplateData,
} from '../../../../src/domain/template/makeTemplateData.ts';
import { appReport, hostReport } from '../../../support/fleetValues.ts';
import { rev } from '../../../support/etcdValues.ts';

const own = { hostId: 'proxy', hostNames: ['proxy.example.com'], addresses: ['10.0.0.9'] };

function running(app: string, ...states: readonly AppReport['processes'][number]['state'][]) {
  const processes = (states.length === 0 ? (['RUNNING'] as const) : states).map((state, n) => ({
    ...{ id: `${app}:${String(n)}`, state, pid: 1, startSec: 1 },
  }));
  return { ...appReport(app, 'converged', { wanted: 7, applied: 7 }), processes };
}

function host(report: HostReport, isLost = false): HostFact {
  const word = ok({ report, faults: [] });
  return { host: report.host, live: isLost ? undefined : word, known: word };
}

const placed = (app: string, ips: string) => ({
  ...{ app, placement: parsePlacement(ips), revision: rev(7) },
});

describe('makeTemplateData', () => {
  it('tells of each instance what is known of it', () => {
    const report = hostReport('web1', '10.0.0.1', 9, [running('demo')]);
    const data = makeTemplateData({
      ...{ own, apps: [placed('demo', '10.0.0.1, nonsense!, !10.0.0.2')] },
      ...{ hosts: [host(report)], drains: [] },
    });
    const instance = {
      host: 'web1',
      address: '10.0.0.1',
      urlAddress: '10.0.0.1',
      addresses: ['10.0.0.1'],
      state: 'RUNNING',
      condition: 'converged',
      isLost: false,
      isBlind: false,
      isDraining: false,
      isPlaced: true,
      isAvailable: true,
      wantedRevision: '7',
      appliedRevision: '7',
      sinceMs: 1000,
    };
    expect(data.appNamed('demo')).toEqual(data.apps[0]);
    expect(data).toEqual({
      appNamed: expect.any(Function),
      apps: [
        {
          ...{ name: 'demo', isPublished: true, revision: '7', items: ['10.0.0.1', '!10.0.0.2'] },
          ...{ instances: [instance], available: [instance] },
        },
      ],
      hosts: [
        {
          ...{ id: 'web1', address: '10.0.0.1', urlAddress: '10.0.0.1', addresses: ['10.0.0.1'] },
          ...{ isLost: false, isHere: false, apps: ['demo'] },
        },
      ],
      host: {
        ...{ id: 'proxy', address: '10.0.0.9', urlAddress: '10.0.0.9', addresses: ['10.0.0.9'] },
      },
    });
  });

  it('takes the address that the placement names, also by its block, before the first', () => {
    const report = {
      ...hostReport('web1', '10.0.0.1', 9, [running('demo')]),
      addresses: ['10.0.0.1', '192.168.0.1', 'fd00::1'],
    };
    const addressFor = (ips: string) =>
      makeTemplateData({ own, apps: [placed('demo', ips)], hosts: [host(report)], drains: [] })
        .apps[0]?.available[0]?.urlAddress;
    expect(addressFor('192.168.0.1')).toBe('192.168.0.1');
    expect(addressFor('192.168.0.0/16')).toBe('192.168.0.1');
    expect(addressFor('!10.0.0.2 fd00::/8')).toBe('[fd00::1]');
    expect(addressFor('web1')).toBe('10.0.0.1');
    expect(addressFor('*')).toBe('10.0.0.1');
  });

  it('leaves out of traffic who is reported but not placed, whatever it reports', () => {
    const report = hostReport('web1', '10.0.0.1', 9, [running('demo'), running('other')]);
    const { apps, hosts } = makeTemplateData({
      ...{ own, apps: [placed('demo', '10.0.0.2')], hosts: [host(report)], drains: [] },
    });
    expect(apps.map(({ name }) => name)).toEqual(['demo']);
    expect(apps[0]?.instances[0]).toMatchObject({ isPlaced: false, state: 'RUNNING' });
    expect(apps[0]?.available).toEqual([]);
    expect(hosts[0]?.apps).toEqual(['demo']);
  });

  it('calls an app by the worst state of its processes', () => {
    const stateFor = (...states: readonly AppReport['processes'][number]['state'][]) => {
      const report = hostReport('web1', '10.0.0.1', 9, [running('demo', ...states)]);
      return makeTemplateData({
        ...{ own, apps: [placed('demo', '*')], hosts: [host(report)], drains: [] },
      }).apps[0]?.instances[0];
    };
    expect(stateFor('RUNNING', 'FATAL', 'STOPPED')).toMatchObject({
      ...{ state: 'FATAL', isAvailable: false },
    });
    expect(stateFor('RUNNING', 'STARTING')?.state).toBe('STARTING');
    expect(stateFor('RUNNING', 'RUNNING')?.isAvailable).toBe(true);
  });

  it('keeps a host whose live word cannot be read by what it told before', () => {
    const report = hostReport('web1', '10.0.0.1', 9, [running('demo')]);
    const fact = { ...host(report), live: { ok: false, error: 'nonsense' } as const };
    const { hosts } = makeTemplateData({ own, apps: [], hosts: [fact], drains: [] });
    expect(hosts[0]).toMatchObject({ address: '10.0.0.1', isLost: false });
  });

  it('counts lost hosts in for as long as fewer are known to run than are lost', () => {
    const availableOf = (...isLost: readonly boolean[]) => {
      const hosts = isLost.map((lost, n) => {
        const report = hostReport(`web${String(n)}`, `10.0.0.${String(n + 1)}`, 9, [
          running('demo'),
        ]);
        return host(report, lost);
      });
      const [demo] = makeTemplateData({ own, apps: [placed('demo', '*')], hosts, drains: [] }).apps;
      return demo?.available.map(({ host: id }) => id);
    };
    expect(availableOf(true, false, false)).toEqual(['web1', 'web2']);
    expect(availableOf(true, false, true)).toEqual(['web0', 'web1', 'web2']);
    expect(availableOf(true, true, true)).toEqual(['web0', 'web1', 'web2']);
    expect(availableOf(true, false)).toEqual(['web1']);
  });

  it('counts a host like a lost one that cannot see its processes', () => {
    const code = 'SupervisorUnreachable';
    const seeing = running('demo');
    const blindOfIt = { ...seeing, condition: 'held' as const, code, reason: 'gone' };
    const availableOf = (...apps: readonly AppReport[]) => {
      const hosts = apps.map((app, n) => {
        const report = hostReport(`web${String(n)}`, `10.0.0.${String(n + 1)}`, 9, [app]);
        return host({ ...report, problems: n === 0 ? [`${code}: gone`] : [] });
      });
      const [demo] = makeTemplateData({
        ...{ own, apps: [placed('demo', '*')], hosts, drains: [] },
      }).apps;
      expect(demo?.instances[0]).toMatchObject({ isBlind: true, isLost: false, state: 'RUNNING' });
      return demo?.available.map(({ host: id }) => id);
    };
    expect(availableOf(seeing, seeing, seeing)).toEqual(['web1', 'web2']);
    expect(availableOf(seeing, blindOfIt, seeing)).toEqual(['web0', 'web1', 'web2']);
    expect(availableOf(seeing, blindOfIt, running('demo', 'FATAL'))).toEqual(['web0', 'web1']);
    expect(availableOf(seeing, seeing)).toEqual(['web1']);
    expect(availableOf(seeing)).toEqual(['web0']);
  });

  it('keeps who drains, for as long as it runs, where that is all there are', () => {
    const availableOf = (...said: readonly (readonly [AppReport, ...string[]])[]) => {
      const facts = said.map(([app], n) =>
        host(hostReport(`web${String(n)}`, `10.0.0.${String(n + 1)}`, 9, [app])),
      );
      const drains = said.flatMap(([, drain], n) =>
        drain === undefined ? [] : [{ app: 'demo', host: `web${String(n)}` }],
      );
      const [demo] = makeTemplateData({
        ...{ own, apps: [placed('demo', '*')], hosts: facts, drains },
      }).apps;
      return demo?.available.map(({ host: id, isDraining }) => [id, isDraining]);
    };
    const [up, down] = [running('demo'), running('demo', 'STARTING')];
    expect(availableOf([up, 'drains'], [up])).toEqual([['web1', false]]);
    expect(availableOf([up, 'drains'])).toEqual([['web0', true]]);
    expect(availableOf([up, 'drains'], [up, 'drains'], [down])).toEqual([
      ['web0', true],
      ['web1', true],
    ]);
    expect(availableOf([down, 'drains'], [up, 'drains'])).toEqual([['web1', true]]);
    expect(availableOf([down, 'drains'], [down])).toEqual([]);
  });

  it('knows no address by which another host cannot be reached', () => {
    const addresses = [
      ...['0.0.0.0', '::', '127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1', '224.0.0.1'],
      ...['239.1.1.1', '255.255.255.255', 'ff02::1', '10.0.0.1', 'fd00::1'],
    ];
    const report = { ...hostReport('web1', '10.0.0.1', 9, [running('demo')]), addresses };
    const data = makeTemplateData({
      ...{ own: { ...own, addresses }, apps: [placed('demo', '*')] },
      ...{ hosts: [host(report)], drains: [] },
    });
    for (const one of [data.hosts[0], data.host, data.apps[0]?.instances[0]]) {
      expect(one).toMatchObject({ address: '10.0.0.1', addresses: ['10.0.0.1', 'fd00::1'] });
    }
  });
});
