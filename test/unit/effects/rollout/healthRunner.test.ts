/** How long an app is asked: a try ends in time to be told of. */
import { describe, expect, it } from 'vitest';
import { type HealthRunner, startHealthRunner } from '../../../../effects/rollout/healthRunner.ts';
import type { HealthWish } from '../../../../src/domain/rollout/healthWish.ts';
import { createKernel } from '../../../../src/simulate/kernel/kernel.ts';

const wish = (untilMs: number | undefined): HealthWish =>
  ({
    ...{ app: 'a', contentSha256: 'x', probe: { type: 'Url', url: 'http://127.0.0.1/' }, untilMs },
    program: { user: undefined, directory: undefined, environment: undefined },
    processes: [{ id: 'a:a', pid: 7 }],
  }) as unknown as HealthWish;

/** `answers` in a row; then it hangs until it is ended. */
function begin(...answers: readonly string[]) {
  const kernel = createKernel(1_000_000);
  const told: (readonly [number, string])[] = [];
  const left = [...answers];
  const runner: HealthRunner = startHealthRunner({
    scheduler: kernel.schedulerFor(() => false),
    probe: (_, signal) =>
      new Promise((resolve) => {
        const detail = left.shift();
        if (detail !== undefined) return resolve({ isHealthy: false, detail });
        const late = (): void => resolve({ isHealthy: false, detail: 'did not end in time' });
        signal.addEventListener('abort', late);
      }),
    tell: ({ detail }) => told.push([kernel.now() - 1_000_000, detail]),
  });
  return { kernel, told, runner };
}

describe('a check that hangs', () => {
  it.each([
    [1_000, 800],
    [3_000, 2_800],
    [300, 150],
    [30_000, 5_000],
  ])('of which %i ms are left is told of after %i', async (leftMs, toldMs) => {
    const { kernel, told, runner } = begin();
    runner.want([wish(1_000_000 + leftMs)]);
    await kernel.run(1_000_000 + leftMs);
    runner.stop();
    expect(told).toEqual([[toldMs, 'did not end in time']]);
  });

  it('is ended in time also when that was not known at first', async () => {
    const { kernel, told, runner } = begin('answered 503');
    runner.want([wish(undefined)]);
    await kernel.run(1_000_500);
    runner.want([wish(1_008_000)]);
    await kernel.run(1_007_900);
    runner.stop();
    expect(told).toEqual([
      [0, 'answered 503'],
      [6_000, 'did not end in time'],
    ]);
  });

  it('says nothing against what is known when it had less time than any', async () => {
    const { kernel, told, runner } = begin('answered 503');
    runner.want([wish(1_003_000)]);
    await kernel.run(1_003_000);
    runner.stop();
    expect(told).toEqual([[0, 'answered 503']]);
  });
});
