/** Spans of time, as short as one reads them. */
import { describe, expect, it } from 'vitest';
import { spansOf } from '../../../../src/console/page/core/ago.ts';

const short = (ms: number): string =>
  spansOf(ms)
    .map(({ unit, n }) => `${String(n)}${unit[0] ?? ''}`)
    .join(' ');

describe('spansOf', () => {
  it('has two units where the first is below ten, else one', () => {
    expect([0, 999, 1000, 59_999, 61_000, 630_000].map(short)).toEqual([
      '0s',
      '0s',
      '1s',
      '59s',
      '1m 1s',
      '10m',
    ]);
    expect([3_600_000, 5_430_000, 93_600_000, 864_000_000].map(short)).toEqual([
      '1h',
      '1h 30m',
      '1d 2h',
      '10d',
    ]);
  });

  it('is nothing for what is yet to come', () => {
    expect(short(-5000)).toBe('0s');
  });
});
