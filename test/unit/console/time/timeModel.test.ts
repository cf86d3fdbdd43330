/** Where keys and the slider lead in the past of a host. */
import { describe, expect, it } from 'vitest';
import {
  barsOf,
  chosenIndex,
  isLoaded,
  moved,
  moveOf,
  placeOf,
  readPart,
  seqAt,
} from '../../../../src/console/page/time/timeModel.ts';
import type { TimelineDocument } from '../../../../src/domain/console/timeApi.ts';

/** Events 2, 4, 6, …, each a second after the other. */
function timelineOf(count: number, more: Partial<TimelineDocument> = {}): TimelineDocument {
  const entries = Array.from({ length: count }, (_, index) => {
    const seq = 2 * (index + 1);
    return { seq, atMs: 1_000 * seq, type: 'Ticked', isPlan: false, lines: [], more: 0 };
  });
  const [first, last] = [
    { seq: 0, atMs: 0 },
    { seq: 2 * count, atMs: 2_000 * count },
  ];
  return {
    ...{ host: 'web1', first, last, readFirst: first, readLast: last, entries },
    ...{ hasEarlier: false, hasLater: false, density: [], troubles: [], apps: [], damage: null },
    ...more,
  };
}

describe('chosenIndex', () => {
  it('is the last entry not behind the event, and the newest without one', () => {
    const { entries } = timelineOf(3);
    expect(chosenIndex(entries, 4)).toBe(1);
    expect(chosenIndex(entries, 5)).toBe(1);
    expect(chosenIndex(entries, 1)).toBe(-1);
    expect(chosenIndex(entries, undefined)).toBe(2);
    expect(chosenIndex([], undefined)).toBe(-1);
  });
});

describe('isLoaded', () => {
  it('holds within the entries, and beyond them where there is nothing more', () => {
    expect(isLoaded(timelineOf(3), 99)).toBe(true);
    expect(isLoaded(timelineOf(3, { hasLater: true }), 99)).toBe(false);
    expect(isLoaded(timelineOf(3, { hasLater: true }), 6)).toBe(true);
    expect(isLoaded(timelineOf(3, { hasEarlier: true }), 1)).toBe(false);
    expect(isLoaded(timelineOf(0, { hasEarlier: true }), 1)).toBe(false);
  });
});

describe('moved', () => {
  it('goes by one event, and by twenty', () => {
    const timeline = timelineOf(50);
    expect(moved(timeline, 10, 'On')).toBe(12);
    expect(moved(timeline, 10, 'Back')).toBe(8);
    expect(moved(timeline, 10, 'PageOn')).toBe(50);
    expect(moved(timeline, 60, 'PageBack')).toBe(20);
  });

  it('stays at the ends, and follows the newest only when it is chosen', () => {
    const timeline = timelineOf(3);
    expect(moved(timeline, 2, 'Back')).toBe(2);
    expect(moved(timeline, 6, 'On')).toBe(6);
    expect(moved(timeline, undefined, 'On')).toBeUndefined();
    expect(moved(timeline, undefined, 'Back')).toBe(4);
    expect(moved(timeline, 2, 'First')).toBe(2);
    expect(moved(timeline, 2, 'Newest')).toBeUndefined();
  });

  it('goes on to what is not loaded', () => {
    const timeline = timelineOf(3, { hasEarlier: true, hasLater: true });
    expect(moved(timeline, 2, 'Back')).toBe(1);
    expect(moved(timeline, 6, 'On')).toBe(7);
    expect(moved(timeline, 4, 'PageOn')).toBe(7);
    expect(moved(timeline, 4, 'First')).toBe(1);
  });
});

describe('seqAt', () => {
  it('is the last event by then, or none where that is not loaded', () => {
    expect(seqAt(timelineOf(3), 4_500)).toBe(4);
    expect(seqAt(timelineOf(3), 500)).toBe(2);
    expect(seqAt(timelineOf(3), 99_000)).toBe(6);
    expect(seqAt(timelineOf(3, { hasLater: true }), 99_000)).toBeUndefined();
    expect(seqAt(timelineOf(3, { hasEarlier: true }), 500)).toBeUndefined();
    expect(seqAt(timelineOf(0), 1)).toBeUndefined();
  });
});

describe('barsOf', () => {
  it('has one where something was told, the most of them to the top', () => {
    const bars = barsOf(timelineOf(1, { density: [0, 1, 0, 100], troubles: [0, 1, 0, 0] }));
    expect(bars.map(({ from }) => from)).toEqual([0.25, 0.75]);
    expect(bars[1]).toMatchObject({ height: 1, troubleHeight: 0 });
    expect(bars[0]?.height).toBe(bars[0]?.troubleHeight);
    expect(bars[0]?.height).toBeGreaterThan(0.1);
  });
});

describe('places', () => {
  it('lie between the ends', () => {
    const timeline = timelineOf(5, { readFirst: { seq: 4, atMs: 5_000 } });
    expect(readPart(timeline)).toEqual({ from: 0.5, to: 1 });
    expect(placeOf(timeline, { atMs: -5 })).toBe(0);
    expect(placeOf(timelineOf(0), { atMs: 7 })).toBe(1);
  });

  it('are moved to by keys', () => {
    expect(['ArrowLeft', 'PageDown', 'End'].map(moveOf)).toEqual(['Back', 'PageOn', 'Newest']);
    expect(moveOf('x')).toBeUndefined();
  });
});
