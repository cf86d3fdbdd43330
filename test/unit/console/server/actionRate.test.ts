/** How many actions of one user are done within a minute. */
import { describe, expect, it } from 'vitest';
import { actionsMax, createActionRate } from '../../../../src/console/server/actionRate.ts';

describe('createActionRate', () => {
  it('lets so many through in any minute, and says how long the next one waits', () => {
    let now = 1_000_000;
    const rate = createActionRate(() => now);
    const take = (user = 'anna'): number => rate.take(user, 1);
    for (let at = 0; at < actionsMax; at += 1) {
      expect(take()).toBe(0);
      now += 100;
    }
    const waitMs = take();
    expect(waitMs).toBe(60_000 - actionsMax * 100);
    expect(take('ben')).toBe(0);
    now += waitMs - 1;
    expect(take()).toBe(1);
    now += 1;
    expect(take()).toBe(0);
    expect(take()).toBe(100);
  });

  it('counts what takes several entries as so many', () => {
    let now = 0;
    const rate = createActionRate(() => now);
    for (let at = 0; at < 7; at += 1) expect(rate.take('anna', 16)).toBe(0);
    expect(rate.take('anna', 16)).toBe(60_000);
    expect(rate.take('anna', 8)).toBe(0);
    now = 60_000;
    expect(rate.take('anna', 16)).toBe(0);
  });

  it('is not stopped by a clock that was set back', () => {
    let now = 10_000_000;
    const rate = createActionRate(() => now);
    for (let at = 0; at < actionsMax; at += 1) rate.take('anna', 1);
    now = 0;
    expect(rate.take('anna', 1)).toBe(0);
  });
});
