import { describe, expect, it } from 'vitest';
import { createSteadyScheduler } from '../../../src/agent/steadyScheduler.ts';

/** A wall clock that can be set, and time that passes for both. */
function createTime(startMs = 1_000_000) {
  let wallMs = startMs;
  let monotonicMs = 7;
  return {
    deps: { wallMs: () => wallMs, monotonicMs: () => monotonicMs },
    pass: (ms: number) => {
      wallMs += ms;
      monotonicMs += ms;
    },
    set: (ms: number) => {
      wallMs = ms;
    },
  };
}

describe('createSteadyScheduler', () => {
  it('tells the wall clock as long as that goes on, and follows it ahead', () => {
    const time = createTime();
    const { now } = createSteadyScheduler(time.deps);
    expect(now()).toBe(1_000_000);
    time.pass(50);
    expect(now()).toBe(1_000_050);
    time.set(9_000_000);
    expect(now()).toBe(9_000_000);
  });

  it('goes on when the wall clock is set back, until that has caught up', () => {
    const time = createTime();
    const { now } = createSteadyScheduler(time.deps);
    time.set(999_000);
    expect(now()).toBe(1_000_000);
    time.pass(100);
    expect(now()).toBe(1_000_090);
    // However often it is read.
    for (let n = 0; n < 800; n += 1) {
      time.pass(0.125);
      now();
    }
    expect(now()).toBeGreaterThanOrEqual(1_000_179);
    time.pass(20_000);
    expect(now()).toBe(999_000 + 20_200);
  });

  it('begins where the journal ended, though that is yet to come', () => {
    const time = createTime();
    const { now, raiseTo } = createSteadyScheduler(time.deps);
    raiseTo(5_000_000);
    expect(now()).toBe(5_000_000);
    time.pass(1_000);
    expect(now()).toBe(5_000_900);
    raiseTo(4);
    expect(now()).toBe(5_000_900);
  });
});
