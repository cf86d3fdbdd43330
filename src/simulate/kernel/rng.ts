/**
 * Chance for the simulator: the same seed gives the same numbers on every machine and version.
 *
 * xoshiro128** seeded through splitmix32. Not for secrets.
 */

export interface Rng {
  /** From [0, 1), in steps of 2^-32. */
  next(): number;
  /** An integer from [0, n); 0 when `n` is less than 1. */
  below(n: number): number;
  /** True with this probability; draws nothing for 0 and 1. */
  chance(probability: number): boolean;
  /** One of them. The list must not be empty. */
  pick<Item>(items: readonly Item[]): Item;
  /** Its own sequence, which depends on the label and on nothing that was drawn from here. */
  fork(label: string): Rng;
}

/** `seed`: any text; numbers as they are written. */
export function createRng(seed: string): Rng {
  const draw = xoshiro(hashOf(seed));
  const rng: Rng = {
    next: () => draw() / 2 ** 32,
    below: (n) => Math.floor((draw() / 2 ** 32) * Math.max(1, n)),
    chance: (probability) => {
      if (probability <= 0) return false;
      return probability >= 1 || draw() / 2 ** 32 < probability;
    },
    pick: (items) => {
      const item = items[rng.below(items.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
    fork: (label) => createRng(`${seed}/${label}`),
  };
  return rng;
}

/** Unsigned 32-bit integers. */
function xoshiro(seed: number): () => number {
  const split = splitMix(seed);
  let [a, b, c, d] = [split(), split(), split(), split()];
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotateLeft(d, 11);
    return result;
  };
}

function splitMix(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
