import { Subject, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ticksAt } from '../../streams/ticks.ts';

function setup(nowMs?: (scheduler: VirtualTimeScheduler) => number) {
  const scheduler = new VirtualTimeScheduler();
  const wakeAtMs$ = new Subject<number | undefined>();
  const ticks: number[] = [];
  ticksAt(wakeAtMs$, scheduler, nowMs === undefined ? undefined : () => nowMs(scheduler)).subscribe(
    {
      next: () => ticks.push(scheduler.now()),
      error: (error: unknown) => {
        throw error;
      },
    },
  );
  return { scheduler, wakeAtMs$, ticks };
}

describe('ticksAt', () => {
  it('ticks once at the moment that was wished for', () => {
    const { scheduler, wakeAtMs$, ticks } = setup();
    wakeAtMs$.next(100);
    wakeAtMs$.next(100);
    scheduler.flush();
    expect(ticks).toEqual([100]);
  });

  it('replaces a wish by a newer one, and by none', () => {
    const { scheduler, wakeAtMs$, ticks } = setup();
    wakeAtMs$.next(100);
    wakeAtMs$.next(40);
    scheduler.flush();
    wakeAtMs$.next(500);
    wakeAtMs$.next(undefined);
    scheduler.flush();
    expect(ticks).toEqual([40]);
  });

  it('ticks at once for a moment that has passed', () => {
    const { scheduler, wakeAtMs$, ticks } = setup();
    wakeAtMs$.next(-5);
    scheduler.flush();
    expect(ticks).toEqual([0]);
  });

  it('is never early by the clock that stamps events', () => {
    // A clock that lags behind the timers: 90 where they say 100.
    const { scheduler, wakeAtMs$, ticks } = setup((virtual) => Math.floor(virtual.now() * 0.9));
    wakeAtMs$.next(100);
    scheduler.flush();
    expect(ticks).toHaveLength(1);
    expect(Math.floor((ticks[0] ?? 0) * 0.9)).toBeGreaterThanOrEqual(100);
  });

  it.each([1, 2, 3, 4, 5])(
    'comes though the clock moves between two looks: after look %i',
    (count) => {
      let looks = 0;
      // A timer that is a little early by a clock that gets there at any moment after.
      const { scheduler, wakeAtMs$, ticks } = setup((virtual) => {
        looks += 1;
        return Math.floor(virtual.now() * (looks <= count ? 0.99 : 1));
      });
      wakeAtMs$.next(100);
      scheduler.flush();
      expect(ticks).toHaveLength(1);
      expect(ticks[0]).toBeGreaterThanOrEqual(100);
    },
  );

  it('waits for a moment beyond the longest timer', () => {
    const { scheduler, wakeAtMs$, ticks } = setup();
    wakeAtMs$.next(2 ** 33);
    scheduler.maxFrames = Infinity;
    scheduler.flush();
    expect(ticks).toEqual([2 ** 33]);
  });
});
