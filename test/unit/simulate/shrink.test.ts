import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shrink } from '../../../src/simulate/run/shrink.ts';
import { fcParams } from '../../support/seed.ts';

const numbers = Array.from({ length: 200 }, (_, index) => index + 1);

describe('shrink', () => {
  it('keeps what the failure needs and nothing else, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 6 }),
        async (needed) => {
          const fails = (items: readonly number[]) =>
            Promise.resolve(needed.every((item) => items.includes(item)));
          const { items, isMinimal } = await shrink(numbers, fails, { triesMax: 10_000 });
          expect(items).toEqual([...needed].sort((a, b) => a - b));
          expect(isMinimal).toBe(true);
        },
      ),
      fcParams(),
    );
  });

  it('ends at its budget with what it has', async () => {
    let asked = 0;
    const fails = (items: readonly number[]) => {
      asked += 1;
      return Promise.resolve(items.includes(7) && items.includes(150));
    };
    const shrunk = await shrink(numbers, fails, { triesMax: 5 });
    expect(asked).toBe(5);
    expect(shrunk.isMinimal).toBe(false);
    expect(shrunk.items).toEqual(expect.arrayContaining([7, 150]));
  });
});
