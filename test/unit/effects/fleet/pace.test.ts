import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPace, type News, revisionsEveryMs } from '../../../../effects/fleet/pace.ts';
import { fcParams } from '../../../support/seed.ts';

interface Change {
  readonly atMs: number;
  readonly news: Exclude<News, 'None'>;
}

/** When a host would write, told of these changes; `untilMs` later nothing is due any more. */
function writesOf(changes: readonly Change[], untilMs: number, phase = 0.5): readonly number[] {
  const pace = createPace(phase);
  const writes: number[] = [];
  let pending: News = 'None';
  const left = [...changes];
  for (;;) {
    const dueMs = pace.dueMs() ?? Infinity;
    const nextMs = left[0]?.atMs ?? Infinity;
    const nowMs = Math.min(dueMs, nextMs);
    if (nowMs > untilMs) return writes;
    if (nextMs <= dueMs) {
      const change = left.shift();
      if (change?.news === 'Awaited' || pending === 'None' || pending === 'Revisions')
        pending = change?.news ?? 'None';
      pace.note(nowMs);
    } else if (pace.look(pending, nowMs)) {
      writes.push(nowMs);
      pending = 'None';
    }
  }
}

const every = (ms: number, untilMs: number, news: Change['news']): readonly Change[] =>
  Array.from({ length: Math.floor(untilMs / ms) }, (_, index) => ({ atMs: 1 + index * ms, news }));

describe('createPace', () => {
  it('tells a single change soon, and what happens with it in one', () => {
    const changes = [0, 30, 150].map((ms) => ({ atMs: 50_000 + ms, news: 'Other' as const }));
    expect(writesOf(changes, 100_000)).toEqual([50_200]);
  });

  it('tells what happens next a second later at the earliest', () => {
    const changes = [0, 300, 600].map((ms) => ({ atMs: 50_000 + ms, news: 'Other' as const }));
    expect(writesOf(changes, 100_000)).toEqual([50_200, 51_200]);
  });

  it('lets a host that bounces for ever write once in five seconds', () => {
    const hourMs = 3_600_000;
    const writes = writesOf(every(700, hourMs, 'Other'), hourMs);
    expect(writes.length).toBeLessThan(hourMs / 5_000 + 15);
    expect(writes.length).toBeGreaterThan(hourMs / 5_000 - 5);
    // What somebody waits for is told within a second or so all the same.
    const awaited = writesOf(
      [...every(700, hourMs, 'Other'), { atMs: hourMs, news: 'Awaited' }],
      hourMs + 1_500,
    );
    expect(awaited.at(-1)).toBeLessThanOrEqual(hourMs + 1_200);
    // And one that was quiet again tells the next change soon.
    const later = writesOf(
      [...every(700, hourMs, 'Other'), { atMs: hourMs + 60_000, news: 'Other' }],
      hourMs + 120_000,
    );
    expect(later.at(-1)).toBe(hourMs + 60_200);
  });

  it('tells of revisions alone at a moment of its own, however many there are', () => {
    const writes = writesOf(every(1_000, 3_000_000, 'Revisions'), 3_000_000, 0.25);
    expect(writes.every((atMs) => atMs % revisionsEveryMs === 75_000)).toBe(true);
    expect(writes.length).toBeGreaterThanOrEqual(9);
    expect(writes.length).toBeLessThanOrEqual(11);
    const other = writesOf([{ atMs: 10_000, news: 'Revisions' }], 3_000_000, 0.75);
    expect(other).toEqual([225_000]);
  });

  it('tells of revisions along with whatever else is told', () => {
    const changes: readonly Change[] = [
      { atMs: 10_000, news: 'Revisions' },
      { atMs: 12_000, news: 'Other' },
    ];
    expect(writesOf(changes, 300_000, 0.9)).toEqual([12_200]);
  });

  it('leaves nothing untold, and never writes twice within a second', () => {
    const change = fc.record({
      atMs: fc.integer({ min: 1, max: 200_000 }),
      news: fc.constantFrom('Awaited' as const, 'Other' as const, 'Revisions' as const),
    });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 60 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (some, phase) => {
          const changes = some.toSorted((a, b) => a.atMs - b.atMs);
          const writes = writesOf(changes, 1_000_000, phase);
          for (const [index, atMs] of writes.entries()) {
            const before = writes[index - 1];
            if (before !== undefined) expect(atMs - before).toBeGreaterThanOrEqual(1_000);
          }
          const last = changes.at(-1);
          if (last !== undefined) expect(writes.at(-1)).toBeGreaterThan(last.atMs);
        },
      ),
      fcParams(300),
    );
  });
});
