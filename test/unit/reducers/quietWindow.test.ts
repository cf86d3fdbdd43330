/** An isolated change counts at once; a burst becomes one plan, and never waits without end. */
import { describe, expect, it } from 'vitest';
import { createWorld, type World, worldSettings } from '../../support/world/world.ts';

function writesOf(world: World, app: string): number {
  const steps = world.plans.flatMap((plan) => plan.steps);
  return steps.filter((step) => step.type === 'WriteFile' && step.app === app).length;
}

describe('the quiet window', () => {
  it('does not hold up a change that stands alone', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1');
    await world.settle();
    world.put('a', '/bin/ok 2');
    await world.pass(1);
    expect(world.fileText('a')).toContain('/bin/ok 2');
  });

  it('makes one plan of what follows closely, and says so until then', async () => {
    const world = createWorld();
    await world.settle(5_000);
    world.put('first', '/bin/ok');
    for (const name of ['a', 'b', 'c']) world.put(name, '/bin/ok');
    await world.pass(40);
    expect(world.heldCodes()).toEqual(['QuietWindow', 'QuietWindow', 'QuietWindow']);
    expect(world.fileText('a')).toBeUndefined();
    await world.pass(15);
    const [, second] = world.plans.filter(({ steps }) => steps[0]?.type === 'WriteFile');
    expect(second?.steps.map((step) => ('app' in step ? step.app : ''))).toEqual(
      expect.arrayContaining(['a', 'b', 'c']),
    );
  });

  it('writes nothing when a change is taken back within it', async () => {
    const world = createWorld();
    world.put('a', '/bin/ok 1');
    await world.settle();
    world.put('b', '/bin/ok');
    const before = writesOf(world, 'a');
    world.put('a', '/bin/ok 2');
    await world.pass(10);
    world.put('a', '/bin/ok 1');
    await world.settle();
    expect(writesOf(world, 'a')).toBe(before);
    expect(world.supervisor.starts.get('a')).toBe(1);
  });

  it.each([
    { maxWaitMs: 1_000, least: 3, most: 5 },
    { maxWaitMs: 200, least: 13, most: 17 },
  ])('lasts $maxWaitMs ms at most under continuous change', async ({ maxWaitMs, least, most }) => {
    const world = createWorld({ ...worldSettings, maxWaitMs });
    world.put('a', '/bin/ok 0');
    await world.settle();
    const before = writesOf(world, 'a');
    for (let n = 1; n <= 150; n++) {
      world.put('a', `/bin/ok ${String(n)}`);
      await world.pass(20);
    }
    expect(writesOf(world, 'a') - before).toBeGreaterThanOrEqual(least);
    expect(writesOf(world, 'a') - before).toBeLessThanOrEqual(most);
  });

  it('is none when it is set to 0, even for changes in one millisecond', async () => {
    const world = createWorld({ ...worldSettings, quietMs: 0 });
    await world.settle(5_000);
    world.put('z', '/bin/ok', { ips: '10.9.9.9' });
    // Nothing follows that could close a window by the way.
    world.put('a', '/bin/ok');
    expect(world.heldCodes()).toEqual([]);
    await world.pass(1);
    expect(world.fileText('a')).toContain('/bin/ok');
  });
});

describe('the restart limit', () => {
  const restartLimit = { count: 3, windowMs: 15_000 };

  it('lets three changes of content restart an app within 15 s; then the newest wins', async () => {
    const world = createWorld({ ...worldSettings, restartLimit });
    world.put('a', '/bin/ok 0');
    world.put('b', '/bin/ok');
    await world.settle();
    const startMs = world.nowMs();
    for (let n = 1; n <= 7; n++) {
      world.put('a', `/bin/ok ${String(n)}`);
      await world.pass(1_000);
    }
    expect(world.supervisor.starts.get('a')).toBe(4);
    expect(world.fileText('a')).toContain('/bin/ok 3');
    const [held] = world.loop.current().plan.held;
    expect(held).toMatchObject({ app: 'a', code: 'RestartLimit' });
    expect(held?.untilMs).toBeGreaterThanOrEqual(startMs + 15_000);
    expect(held?.untilMs).toBeLessThan(startMs + 15_100);
    expect(world.loop.current().plan.wakeAtMs).toBeLessThanOrEqual(held?.untilMs ?? 0);
    await world.pass(7_900);
    world.dispatch({ type: 'Ticked' });
    await world.pass(1);
    expect(world.fileText('a')).toContain('/bin/ok 3');
    await world.pass(500);
    expect(world.fileText('a')).toContain('/bin/ok 7');
    expect(world.process('a')?.state).toBe('RUNNING');
    expect(world.supervisor.starts.get('a')).toBe(5);
    expect(world.supervisor.starts.get('b')).toBe(1);
  });

  it('does not keep a failed version running: what ran before is put back at once', async () => {
    const world = createWorld({ ...worldSettings, restartLimit: { count: 1, windowMs: 15_000 } });
    world.put('a', '/bin/ok 0');
    await world.settle();
    world.put('a', '/bin/fatal');
    await world.pass(3_000);
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 0');
    expect(world.process('a')?.state).toBe('RUNNING');
  });

  it('does not count the first start of an app', async () => {
    const world = createWorld({ ...worldSettings, restartLimit: { count: 1, windowMs: 15_000 } });
    world.put('a', '/bin/ok 0');
    await world.pass(1_000);
    world.put('a', '/bin/ok 1');
    await world.pass(1_000);
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 1');
    world.put('a', '/bin/ok 2');
    await world.pass(1_000);
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 1');
  });

  it('is lifted by a person asking for another try', async () => {
    const world = createWorld({ ...worldSettings, restartLimit });
    world.put('a', '/bin/ok 0');
    await world.settle();
    for (let n = 1; n <= 5; n++) {
      world.put('a', `/bin/ok ${String(n)}`);
      await world.pass(500);
    }
    world.retry('a');
    await world.pass(1_000);
    expect(world.supervisor.loaded.get('a')?.command).toBe('/bin/ok 5');
  });
});
