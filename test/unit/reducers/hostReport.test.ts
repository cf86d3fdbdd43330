/** Which word a host has for each app, and why. */
import { describe, expect, it } from 'vitest';
import { problemsMax, processesMax, reasonMax, reportHost } from '../../../reducers/hostReport.ts';
import { mapSet } from '../../../reducers/persistentMap.ts';
import type { AppReport, HostReport } from '../../../src/domain/fleet/hostReport.ts';
import { type ProcessStatus, revisionZero } from '../../../src/domain/types.ts';
import { createWorld, type World, worldSettings } from '../../support/world/world.ts';

function tell(world: World, current = world.loop.current()): HostReport {
  const facts = {
    ...{ host: 'web1', instance: 'i', version: '1', startedAtMs: 1, nowMs: world.nowMs() },
    ...{ appliedRevision: revisionZero, journalFault: undefined, http: undefined },
  };
  return reportHost(current, facts, undefined).report;
}

const app = (world: World, name = 'a'): AppReport | undefined =>
  tell(world).apps.find((one) => one.app === name);

async function running(extra = '', settings = worldSettings): Promise<World> {
  const world = createWorld(settings, (text) => text.includes('poison'));
  world.put('a', '/bin/ok 1', { extra });
  await world.settle();
  return world;
}

describe('an app', () => {
  it('is converged when it runs as wanted, at the revision that etcd has', async () => {
    const world = await running();
    expect(app(world)).toMatchObject({
      condition: 'converged',
      wantedRevision: world.app('a')?.entry?.content?.modRevision,
      processes: [{ id: 'a:a', state: 'RUNNING' }],
    });
    expect(app(world)?.appliedRevision).toBe(app(world)?.wantedRevision);
  });

  it('is converging from the moment that it is wanted otherwise, until it has proven itself', async () => {
    const world = await running();
    world.put('a', '/bin/ok 2');
    expect(app(world)).toMatchObject({ condition: 'converging', code: 'Applying' });
    expect(app(world)?.appliedRevision).not.toBe(app(world)?.wantedRevision);
    await world.pass(3_000);
    expect(app(world)).toMatchObject({ condition: 'converging', code: 'Starting' });
    expect(app(world)?.appliedRevision).toBe(app(world)?.wantedRevision);
    await world.settle();
    expect(app(world)).toMatchObject({ condition: 'converged' });
  });

  it('is rolled back when its new content failed and the last good version runs', async () => {
    const world = await running();
    const before = app(world)?.wantedRevision;
    world.put('a', '/bin/fatal', { extra: 'startsecs=1\n' });
    await world.settle();
    expect(app(world)).toMatchObject({
      condition: 'rolled-back',
      code: 'E_FATAL',
      appliedRevision: before,
    });
    expect(app(world)?.wantedRevision).not.toBe(before);
  });

  it('is rolled back when its new content is refused, and quarantined with nothing else to run', async () => {
    const world = await running();
    const bad = { ips: '10.0.0.1', content: '[program:evil]\ncommand=x' };
    world.putRaw('a', bad);
    world.putRaw('b', bad);
    await world.settle();
    expect(app(world)).toMatchObject({ condition: 'rolled-back', code: 'E_SECTION_HEADER' });
    expect(app(world, 'b')).toMatchObject({ condition: 'quarantined', code: 'E_SECTION_HEADER' });
    expect(app(world, 'b')?.wantedRevision).toBeDefined();
  });

  it('is held with the name of what an operator stopped', async () => {
    const world = await running();
    world.operator('stop', 'a');
    await world.settle();
    expect(app(world)).toMatchObject({ condition: 'held', code: 'OperatorStop' });
    expect(app(world)?.reason).toContain('a:a');
  });

  it('is not converged when it ended and nobody starts it again', async () => {
    const world = await running('startsecs=1\n', { ...worldSettings, rollback: 'off' });
    world.put('a', '/bin/fatal', { extra: 'startsecs=1\n' });
    await world.settle();
    expect(app(world)).toMatchObject({ condition: 'held', code: 'Failed' });
  });

  it.each([
    ['BACKOFF', 0, 'a:a is BACKOFF'],
    ['EXITED', 3, 'a:a exited with 3'],
    ['STOPPED', 0, 'a:a is STOPPED'],
  ] as const)('is not converged while its process is %s', async (state, exitStatus, reason) => {
    const world = await running('autorestart=false\n', {
      ...worldSettings,
      operatorStops: 'ignore',
    });
    const { state: known, plan } = world.loop.current();
    const [process] = world.supervisor.list();
    if (process === undefined) throw new Error('no process');
    const groups = mapSet(known.groups, 'a', [{ ...process, state, exitStatus }]);
    const [told] = tell(world, { state: { ...known, groups }, plan }).apps;
    expect(told).toMatchObject({ condition: 'held', code: 'NotRunning', reason });
  });

  it('is converging while it is taken away, and then not told of', async () => {
    const world = await running();
    world.remove('a');
    expect(app(world)).toMatchObject({ condition: 'converging' });
    expect(app(world)?.wantedRevision).toBeUndefined();
    await world.settle();
    expect(app(world)).toBeUndefined();
  });

  it('is held when it may not be taken away', async () => {
    const world = await running();
    world.loseEtcd();
    world.replaceEtcd({ clusterId: '2', revision: 3, apps: {} });
    world.list();
    await world.settle();
    expect(app(world)).toMatchObject({ condition: 'held', code: 'RemovalUnconfirmed' });
  });

  it('is tried again for the same reason however often that was', async () => {
    const world = await running();
    world.faults.updates.add('a');
    world.put('a', '/bin/ok 2');
    await world.pass(2_000);
    const first = app(world);
    expect(first).toMatchObject({ condition: 'converging' });
    await world.pass(30_000);
    expect(app(world)?.reason).toBe(first?.reason);
  });

  it('is not told of where nobody knows whether it is to run here', async () => {
    const world = createWorld();
    world.putRaw('a', { content: 'command=/bin/ok' });
    world.putRaw('b', { ips: '!!', content: 'command=/bin/ok' });
    world.putRaw('c', { ips: '10.0.0.1' });
    await world.settle();
    expect(tell(world).apps).toMatchObject([{ app: 'c', condition: 'held', code: 'Pending' }]);
    world.putRaw('a', { ips: '10.0.0.1', content: 'command=/bin/ok' });
    await world.settle();
    world.putRaw('a', { content: 'command=/bin/ok' });
    await world.settle();
    expect(app(world)).toMatchObject({ condition: 'held', code: 'Pending' });
  });

  it('of a name that no file can have is nobody to tell of', () => {
    const world = createWorld();
    world.putRaw('../x', { ips: '*', content: 'command=/bin/ok' });
    expect(tell(world).apps).toEqual([]);
  });
});

describe('a report that follows another', () => {
  it('has the processes of now, though nothing else is new', async () => {
    const world = await running();
    const { state, plan } = world.loop.current();
    const facts = {
      ...{ host: 'web1', instance: 'i', version: '1', startedAtMs: 1, nowMs: world.nowMs() },
      ...{ appliedRevision: revisionZero, journalFault: undefined, http: undefined },
    };
    const first = reportHost({ state, plan }, facts, undefined);
    const [process] = world.supervisor.list();
    if (process === undefined) throw new Error('no process');
    const groups = mapSet(state.groups, 'a', [{ ...process, pid: 4_711 }]);
    const { report } = reportHost({ state: { ...state, groups }, plan }, facts, first);
    expect(report.apps[0]?.processes[0]?.pid).toBe(4_711);
  });
});

describe('a host', () => {
  it('says what it can be placed by, and what runs beside its apps', async () => {
    const world = await running();
    const { state, plan } = world.loop.current();
    const process: ProcessStatus = {
      ...{ id: 'cron:cron', group: 'cron', name: 'cron', state: 'RUNNING', pid: 5 },
      ...{ startSec: 4, stopSec: 0, exitStatus: 0, spawnError: '' },
    };
    const groups = mapSet(state.groups, 'cron', [process]);
    expect(tell(world, { state: { ...state, groups }, plan })).toMatchObject({
      addresses: ['10.0.0.1'],
      hostNames: ['web1'],
      problems: [],
      others: [{ id: 'cron:cron', state: 'RUNNING', pid: 5, startSec: 4 }],
    });
  });

  it('says what is the matter with it, for all its apps', async () => {
    const world = await running();
    world.power(false);
    await world.pass(3_000);
    expect(tell(world).problems.join()).toContain('SupervisorUnreachable: ');
    expect(app(world)).toMatchObject({ condition: 'held', code: 'SupervisorUnreachable' });
  });

  it('does not grow with what others say, or with how much runs', async () => {
    const world = await running();
    const { state, plan } = world.loop.current();
    const [process] = world.supervisor.list();
    if (process === undefined) throw new Error('no process');
    const many = Array.from({ length: processesMax + 7 }, (_, index) => ({
      ...process,
      id: `a:${String(index).padStart(4, '0')}`,
    }));
    const held = Array.from({ length: 100 }, () => ({
      ...{ app: undefined, code: 'EtcdStale' as const, reason: '𝄞'.repeat(900) },
      untilMs: undefined,
    }));
    const told = tell(world, {
      state: { ...state, groups: mapSet(state.groups, 'a', many) },
      plan: { ...plan, held },
    });
    expect(told.apps[0]?.processes).toHaveLength(processesMax);
    expect(told.apps[0]?.processesLeftOut).toBe(7);
    expect(told.problems).toHaveLength(problemsMax);
    expect(Array.from(told.problems[0] ?? '').length).toBeLessThan(reasonMax + 20);
  });
});
