/** Keys that are a shortcut, alone or one after another. */
import { describe, expect, it } from 'vitest';
import { createKeyReader } from '../../../../src/console/page/core/keyReader.ts';

const known = ['/', 'r', 'g f', 'g g'];

function typed(...keys: readonly (readonly [string, number])[]): readonly (string | undefined)[] {
  const { read } = createKeyReader();
  return keys.map(([key, atMs]) => read(key, atMs, known));
}

describe('createKeyReader', () => {
  it('knows one key, and one after another', () => {
    expect(typed(['/', 0], ['g', 10], ['f', 20])).toEqual(['/', undefined, 'g f']);
  });

  it('forgets the first after a while, and after a key that goes with it to nothing', () => {
    expect(typed(['g', 0], ['f', 1501])).toEqual([undefined, undefined]);
    expect(typed(['g', 0], ['x', 1], ['f', 2])).toEqual([undefined, undefined, undefined]);
  });

  it('takes the second for itself when both are none', () => {
    expect(typed(['g', 0], ['r', 1])).toEqual([undefined, 'r']);
    expect(typed(['g', 0], ['g', 1], ['f', 2])).toEqual([undefined, 'g g', undefined]);
  });
});
