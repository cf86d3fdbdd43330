/** Where a rollout names a health check, running is not enough. */
import { describe, expect, it } from 'vitest';
import { healthChecksOf } from '../../../reducers/health.ts';
import { judgeTrial } from '../../../reducers/trial.ts';
import { turnsOf } from '../../../reducers/turns.ts';
import { defaultPolicy, type Policy } from '../../../src/domain/policy/policy.ts';
import { createWorld, type World, worldSettings } from '../../support/world/world.ts';

const url = 'http://127.0.0.1:8088/';
const checked = JSON.stringify({ healthcheck: { url }, healthcheckTimeout: '30s' });
const loaded = (world: World): string | undefined => world.supervisor.loaded.get('a')?.command;
const codesOf = (world: World): readonly (string | undefined)[] =>
  (world.app('a')?.quarantines ?? []).map(({ code }) => code);

async function ran(rollout = checked, settings = worldSettings): Promise<World> {
  const world = createWorld(settings);
  world.put('a', '/bin/ok 1', { rollout });
  await world.settle();
  expect(world.app('a')?.lastGood).toBeDefined();
  expect(world.heldCodes()).toEqual([]);
  return world;
}

describe('a changed app with a health check', () => {
  it('is good as soon as it is found well, with startsecs=0 too', async () => {
    const world = await ran();
    world.faults.isHealthUnasked = true;
    world.put('a', '/bin/ok 2', { rollout: checked });
    await world.pass(2_000);
    expect(loaded(world)).toBe('/bin/ok 2');
    const [wish] = healthChecksOf(world.state());
    expect(wish).toMatchObject({
      ...{ app: 'a', probe: { type: 'Url', url } },
      contentSha256: world.app('a')?.trial?.version.sha256,
      program: { user: undefined, directory: undefined, environment: undefined },
      processes: [{ id: 'a:a', pid: world.process('a')?.pid }],
    });
    expect(wish?.untilMs).toBeGreaterThan(world.nowMs() + 27_000);
    world.faults.isHealthUnasked = false;
    await world.pass(2_000);
    expect(world.app('a')?.trial).toBeUndefined();
    expect(world.app('a')?.lastGood?.options).toContainEqual(['command', '/bin/ok 2']);
    expect(healthChecksOf(world.state())).toEqual([]);
    expect(world.state().unsettled.size).toBe(0);
  });

  it('is quarantined when it is not well in time, and what ran well comes back', async () => {
    const world = await ran();
    world.faults.unwell.add('a');
    world.put('a', '/bin/ok 2', { rollout: checked });
    await world.pass(29_000);
    expect(loaded(world)).toBe('/bin/ok 2');
    world.faults.unwell.delete('a');
    world.faults.isHealthUnasked = true;
    await world.pass(2_000);
    expect(codesOf(world)).toEqual(['E_UNHEALTHY']);
    expect(world.app('a')?.quarantines[0]?.reason).toBe(
      'its health check did not pass within 30 s: answered 503',
    );
    world.faults.isHealthUnasked = false;
    await world.settle();
    expect(loaded(world)).toBe('/bin/ok 1');
    expect(world.heldCodes()).toEqual(['Quarantined']);
  });

  it('fails its turn when it is not well in time', async () => {
    const rollout = JSON.stringify({ maxUnavailable: 1, healthcheck: { url } });
    const world = await ran(rollout);
    world.faults.isTurnWithheld = true;
    world.faults.unwell.add('a');
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    world.dispatch({ type: 'TurnTaken', app: 'a' as never });
    await world.pass(20_000);
    expect(turnsOf(world.state())[0]).toMatchObject({ stage: 'Taken' });
    await world.pass(12_000);
    expect(turnsOf(world.state())[0]).toMatchObject({
      ...{ stage: 'Failed', failure: { code: 'E_UNHEALTHY' } },
    });
    world.faults.unwell.delete('a');
    await world.settle();
    expect(turnsOf(world.state())[0]).toMatchObject({
      ...{ stage: 'Over', failure: { code: 'E_UNHEALTHY' } },
    });
    expect(loaded(world)).toBe('/bin/ok 1');
  });

  it('makes room for what ran well without a turn, though it still runs', async () => {
    const rollout = JSON.stringify({ maxUnavailable: 1, healthcheck: { url } });
    const world = await ran(rollout);
    world.faults.isTurnWithheld = true;
    world.faults.unwell.add('a');
    world.put('a', '/bin/ok 2', { rollout });
    await world.settle();
    world.dispatch({ type: 'TurnTaken', app: 'a' as never });
    await world.pass(10_000);
    world.dispatch({ type: 'TurnEnded', app: 'a' as never });
    expect(loaded(world)).toBe('/bin/ok 2');
    await world.settle(90_000);
    expect(loaded(world)).toBe('/bin/ok 1');
  });

  it('ends, though it keeps falling over just after it was seen to run', async () => {
    const world = await ran();
    world.faults.unwell.add('a');
    world.put('a', '/bin/ok 2', { rollout: checked, extra: 'startsecs=1\n' });
    await world.pass(3_000);
    const [app, process] = [world.app('a'), world.process('a')];
    if (app === undefined || process === undefined) throw new Error('it is not there');
    const fallen = [{ ...process, state: 'BACKOFF' as const }];
    expect(judgeTrial(app, fallen, world.nowMs() + 20_000)).toBe('Waiting');
    expect(judgeTrial(app, fallen, world.nowMs() + 30_000)).toMatchObject({ code: 'E_UNHEALTHY' });
  });

  it('stays where rollback is off, and running alone does not make it good', async () => {
    const world = await ran(checked, { ...worldSettings, rollback: 'off' });
    world.faults.unwell.add('a');
    world.put('a', '/bin/ok 2', { rollout: checked });
    await world.settle(90_000);
    expect(loaded(world)).toBe('/bin/ok 2');
    expect(world.app('a')?.lastGood?.options).toContainEqual(['command', '/bin/ok 1']);
    expect(world.heldCodes()).toEqual(['Failed']);
    world.faults.unwell.delete('a');
    world.retry('a');
    await world.settle();
    expect(world.heldCodes()).toEqual([]);
    expect(world.app('a')?.lastGood?.options).toContainEqual(['command', '/bin/ok 2']);
    expect(world.app('a')?.unwellSha256).toBeUndefined();
  });

  it('is not asked where nothing of it is to run', async () => {
    const world = createWorld();
    world.faults.unwell.add('a');
    world.put('a', '/bin/ok 1', { rollout: checked, extra: 'autostart=false\n' });
    await world.settle(90_000);
    expect(codesOf(world)).toEqual([]);
    expect(world.heldCodes()).toEqual([]);
  });

  it('is not asked any more when the key goes', async () => {
    const world = await ran();
    world.faults.unwell.add('a');
    world.put('a', '/bin/ok 2', { rollout: checked });
    await world.pass(5_000);
    world.put('a', '/bin/ok 2');
    await world.settle(90_000);
    expect(codesOf(world)).toEqual([]);
    expect(loaded(world)).toBe('/bin/ok 2');
    expect(world.supervisor.starts.get('a')).toBe(2);
  });

  it('hears no answer that is of something else', async () => {
    const world = await ran();
    world.faults.isHealthUnasked = true;
    const before = world.app('a')?.lastGood?.sha256;
    world.put('a', '/bin/ok 2', { rollout: checked });
    await world.pass(2_000);
    world.dispatch({
      ...{ type: 'HealthChecked', app: 'a' as never, isHealthy: true, detail: '' },
      contentSha256: before as never,
    });
    await world.settle(90_000);
    expect(codesOf(world)).toEqual(['E_UNHEALTHY']);
  });

  it('is what was not found well no version to come back to, when newer content comes', async () => {
    const world = await ran();
    world.faults.unwell.add('a');
    world.put('a', '/bin/ok 2', { rollout: checked });
    await world.pass(15_000);
    world.put('a', '/bin/ok 3', { rollout: checked });
    await world.settle(90_000);
    expect(loaded(world)).toBe('/bin/ok 1');
  });
});

describe('the command of a health check', () => {
  const strict: Policy = { ...defaultPolicy, mode: 'strict', users: ['www'], defaultUser: 'www' };
  const commanded = (command: string): string => JSON.stringify({ healthcheck: { command } });
  const publish = (policy: Policy, command: string): World => {
    const world = createWorld({ ...worldSettings, policy });
    world.putRaw('a', {
      ips: '10.0.0.1',
      content: 'command=/project/ok 1\n',
      rollout: commanded(command),
    });
    return world;
  };

  it.each([
    ['/bin/sh -c "rm -rf /"', 'E_POLICY_SHELL'],
    ['/usr/bin/elsewhere', 'E_POLICY_COMMAND_PREFIX'],
    ['check --fast', 'E_POLICY_COMMAND_RELATIVE'],
    ['sudo /project/check', 'E_POLICY_WRAPPER'],
  ])('is refused by a strict host like the content would be: %s', (command, code) => {
    const { released } = publish(strict, command).app('a') ?? {};
    const problems = released?.type === 'Refused' ? released.problems : [];
    expect(problems.map((problem) => problem.code)).toContain(code);
    expect(problems[0]?.message).toMatch(/^in the health check: /);
  });

  it('is let through where the content would be, and the host is asked about it', () => {
    const { released } = publish(strict, '/project/check 100%').app('a') ?? {};
    expect(released).toMatchObject({ type: 'Wanted', warnings: [] });
    const questions = released?.type === 'Wanted' ? released.version.questions : [];
    const paths = questions.flatMap((each) => (each.type === 'CommandTrusted' ? each.path : []));
    expect(paths).toEqual(['/project/ok', '/project/check']);
  });

  it('is only warned of elsewhere', () => {
    const { released } = publish(defaultPolicy, '/bin/sh -c x').app('a') ?? {};
    const warnings = released?.type === 'Wanted' ? released.warnings : [];
    expect(warnings.map(({ code }) => code)).toContain('W_POLICY_SHELL');
  });

  it('is asked about anew before newer content is written', async () => {
    const world = publish(strict, '/project/check');
    await world.settle();
    const probes = (): number =>
      world.plans.flatMap(({ steps }) => steps).filter(({ type }) => type === 'ProbeHost').length;
    expect(probes()).toBe(1);
    world.faults.isTurnWithheld = true;
    const content = 'command=/project/ok 2\n';
    const turns = { maxUnavailable: 1 };
    const put = (command: string): void =>
      world.putRaw('a', {
        ...{ ips: '10.0.0.1', content },
        rollout: JSON.stringify({ ...turns, healthcheck: { command } }),
      });
    put('/project/check');
    await world.settle();
    expect(probes()).toBe(2);
    put('/project/other');
    await world.settle();
    expect(probes()).toBe(3);
    put('/project/other --more');
    await world.settle();
    expect(probes()).toBe(3);
  });
});
