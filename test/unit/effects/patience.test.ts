import { describe, expect, it } from 'vitest';
import { createPatience } from '../../../effects/drivers/patience.ts';

describe('createPatience', () => {
  const start = () => {
    const clock = { nowMs: 0 };
    const patience = createPatience({ now: () => clock.nowMs }, { maxMs: 10_000 });
    const run = (tookMs: number, isGivenUp = false, groupCount = 1): number => {
      const end = patience.begin(groupCount);
      clock.nowMs += tookMs;
      end(isGivenUp);
      return patience.limitMs(1);
    };
    return { patience, run };
  };

  it('gives a run four times what the last one took, and a second at least', () => {
    const { run } = start();
    expect(run(250)).toBe(1_000);
    expect(run(600)).toBe(2_400);
    expect(run(100)).toBe(1_000);
  });

  it('gives twice as long after each that was given up, to the most there is', () => {
    const { run } = start();
    run(250);
    expect([run(1_000, true), run(2_000, true), run(4_000, true)]).toEqual([2_000, 4_000, 8_000]);
    expect([run(8_000, true), run(10_000, true)]).toEqual([10_000, 10_000]);
    expect(run(300)).toBe(1_200);
  });

  it('gives many groups more time than one', () => {
    const { patience, run } = start();
    run(250);
    expect(patience.limitMs(11)).toBe(2_000);
    expect(patience.limitMs(5_000)).toBe(10_000);
    // What many took says what one takes.
    expect(run(4_000, false, 31)).toBe(4_000);
  });

  it('knows nothing of a host at first, and gives it two seconds', () => {
    expect(start().patience.limitMs(1)).toBe(2_000);
  });
});
