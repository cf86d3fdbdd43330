import { describe, expect, it } from 'vitest';
import { createRng } from '../../../src/simulate/kernel/rng.ts';

const draw = (seed: string, count: number): number[] => {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => rng.below(1_000_000));
};

describe('createRng', () => {
  it('gives these numbers for this seed for ever: seeds in old reports stay true', () => {
    expect(draw('1', 5)).toMatchInlineSnapshot(`
      [
        307821,
        802833,
        768870,
        17857,
        40108,
      ]
    `);
  });

  it('gives others for another seed', () => {
    expect(draw('1', 20)).not.toEqual(draw('2', 20));
  });

  it('forks without disturbing what it gives itself', () => {
    const rng = createRng('7');
    rng.fork('x').next();
    expect([rng.below(1_000_000)]).toEqual(draw('7', 1));
    expect(createRng('7').fork('x').next()).toBe(createRng('7').fork('x').next());
    expect(createRng('7').fork('x').next()).not.toBe(createRng('7').fork('y').next());
  });

  it('spreads evenly', () => {
    const rng = createRng('even');
    const counts = new Array<number>(10).fill(0);
    for (let index = 0; index < 100_000; index++) {
      const at = rng.below(10);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('takes a probability for what it is', () => {
    const rng = createRng('p');
    const hits = Array.from({ length: 10_000 }, () => rng.chance(0.2)).filter(Boolean).length;
    expect(Math.abs(hits - 2_000)).toBeLessThan(200);
    expect(rng.chance(0)).toBe(false);
    expect(rng.chance(1)).toBe(true);
  });
});
