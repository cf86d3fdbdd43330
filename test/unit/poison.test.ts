/** The poisoned clock must itself be trusted: it throws for every source and always cleans up. */
import { describe, expect, it } from 'vitest';
import { withPoisonedClock } from '../support/poison.ts';

const sources: readonly (readonly [string, () => unknown])[] = [
  ['Date.now', () => Date.now()],
  ['new Date', () => new Date()],
  ['Date', () => Date()],
  ['Math.random', () => Math.random()],
  ['performance.now', () => performance.now()],
  ['crypto.randomUUID', () => crypto.randomUUID()],
  ['process.hrtime', () => process.hrtime()],
  ['process.hrtime.bigint', () => process.hrtime.bigint()],
];

describe('withPoisonedClock', () => {
  it.each(sources)('makes %s throw, and only inside', (_name, read) => {
    expect(() => withPoisonedClock(read)).toThrow(/was used/);
    expect(read).not.toThrow();
  });

  it('hands back what the function gives', () => {
    expect(withPoisonedClock(() => [1, 2].map((n) => n * 2))).toEqual([2, 4]);
  });

  it('lets a value be compared with the type of a date', () => {
    expect(withPoisonedClock(() => ({}) instanceof Date)).toBe(false);
  });

  it('refuses a function that goes on later', () => {
    expect(() => withPoisonedClock(() => Promise.resolve(1))).toThrow(/synchronous/);
  });
});
