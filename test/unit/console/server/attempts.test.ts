import { describe, expect, it } from 'vitest';
import { createAttempts, networkOf } from '../../../../src/console/server/attempts.ts';
import { createRequestRate } from '../../../../src/console/server/requestRate.ts';

describe('createAttempts', () => {
  const setUp = () => {
    const clock = { nowMs: 1_000_000 };
    const attempts = createAttempts({ nowMs: () => clock.nowMs, freeFailuresOfAddress: 40 });
    return { clock, attempts };
  };

  it('makes who fails wait longer each time, up to a quarter of an hour', () => {
    const { clock, attempts } = setUp();
    const waits: number[] = [];
    for (let failures = 0; failures < 20; failures += 1) {
      const begun = attempts.begin('anna', '10.0.0.1');
      if (typeof begun !== 'number') continue;
      waits.push(begun);
      clock.nowMs += begun;
      expect(typeof attempts.begin('anna', '10.0.0.1')).toBe('object');
    }
    const grown = waits.slice(0, 4);
    expect(grown).toEqual([5_000, 10_000, 20_000, 40_000]);
    expect(Math.max(...waits)).toBe(900_000);
  });

  it('lets five fail at once, and no sixth before it is known how they ended', () => {
    const { attempts } = setUp();
    const begun = Array.from({ length: 9 }, () => attempts.begin('anna', '10.0.0.1'));
    expect(begun.filter((one) => typeof one !== 'number')).toHaveLength(5);
  });

  it('forgets failures with a success, and after half an hour', () => {
    const { clock, attempts } = setUp();
    for (let n = 0; n < 4; n += 1) attempts.begin('anna', '10.0.0.1');
    const last = attempts.begin('anna', '10.0.0.1');
    if (typeof last !== 'number') last.succeeded();
    for (let n = 0; n < 5; n += 1) {
      expect(typeof attempts.begin('anna', '10.0.0.1')).toBe('object');
    }
    expect(typeof attempts.begin('anna', '10.0.0.1')).toBe('number');
    clock.nowMs += 30 * 60_000;
    expect(typeof attempts.begin('anna', '10.0.0.1')).toBe('object');
  });

  it('takes back one that nobody looked at, and forgets none of those before', () => {
    const { clock, attempts } = setUp();
    for (let n = 0; n < 4; n += 1) attempts.begin('anna', '10.0.0.1');
    clock.nowMs += 1_000;
    for (let n = 0; n < 3; n += 1) {
      const busy = attempts.begin('anna', '10.0.0.1');
      if (typeof busy === 'number') throw new Error('it has to wait');
      busy.takeBack();
    }
    expect(typeof attempts.begin('anna', '10.0.0.1')).toBe('object');
    clock.nowMs += 1_000;
    expect(attempts.begin('anna', '10.0.0.1')).toBe(4_000);
  });

  it('keeps nobody else out, nor the same user elsewhere', () => {
    const { attempts } = setUp();
    for (let n = 0; n < 9; n += 1) attempts.begin('anna', '10.0.0.1');
    expect(typeof attempts.begin('ben', '10.0.0.1')).toBe('object');
    expect(typeof attempts.begin('anna', '10.0.0.2')).toBe('object');
  });

  it('makes an address wait that tries many names, with all its addresses of IPv6', () => {
    const { attempts } = setUp();
    for (let n = 0; n < 40; n += 1)
      attempts.begin(`user${String(n)}`, `2001:db8:1:2::${String(n)}`);
    expect(typeof attempts.begin('another', '2001:db8:1:2:ffff::1')).toBe('number');
    expect(typeof attempts.begin('another', '2001:db8:1:3::1')).toBe('object');
  });
});

describe('networkOf', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::1', '0:0:0:0'],
    ['2001:db8::7', '2001:db8:0:0'],
    ['2001:0db8:0000:0001:2:3:4:5', '2001:db8:0:1'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s is of %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('createRequestRate', () => {
  it('gives so many at once, and then so many a second, to each address', () => {
    const clock = { nowMs: 0 };
    const rate = createRequestRate({ nowMs: () => clock.nowMs, burst: 10, perSecond: 2 });
    const taken = (from: string, asked: number): number =>
      Array.from({ length: asked }, () => rate.take(from)).filter(Boolean).length;
    expect(taken('10.0.0.1', 20)).toBe(10);
    expect(taken('10.0.0.2', 20)).toBe(10);
    clock.nowMs += 3_000;
    expect(taken('10.0.0.1', 20)).toBe(6);
    clock.nowMs += 3_600_000;
    expect(taken('10.0.0.1', 20)).toBe(10);
  });
});
