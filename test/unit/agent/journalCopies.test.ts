/** Copies of the journal: how often they are made, and how long they are kept. */
import { afterEach, describe, expect, it } from 'vitest';
import type { CopyWord } from '../../../src/agent/copySegments.ts';
import { createJournalCopies, type JournalCopies } from '../../../src/agent/journalCopies.ts';

const copied = (text: string, ...sizes: readonly number[]): CopyWord => {
  return { type: 'Copied', bytes: Buffer.from(text), sizes };
};

let copies: JournalCopies | undefined;
afterEach(() => copies?.close());

/** Each making takes `tookMs` of a clock that only it moves. */
function create(
  words: readonly CopyWord[],
  tookMs = 0,
  more = { waitMaxMs: 5_000, idleMs: 5_000 },
) {
  const made: string[] = [];
  const clock = { nowMs: 1_000 };
  copies = createJournalCopies({
    make: async (segments) => {
      const word = words[made.length] ?? { type: 'Gone' };
      made.push(segments.join());
      clock.nowMs += tookMs;
      return Promise.resolve(word);
    },
    nowMs: () => clock.nowMs,
    ...more,
  });
  const open = async (segments: readonly number[], sizes: string): Promise<string> => {
    const reply = await copies?.open(segments, sizes);
    return reply?.type === 'Copy' ? Buffer.from(reply.copy.bytes).toString() : (reply?.type ?? '');
  };
  return { copies, made, open, clock };
}

describe('createJournalCopies', () => {
  it('makes one copy of what has not grown, and another one when it has', async () => {
    const { open, made } = create([copied('a', 5), copied('b', 6)]);
    expect(await open([1], '5')).toBe('a');
    expect(await open([1], '5')).toBe('a');
    expect(await open([1], '6')).toBe('b');
    expect(made).toEqual(['1', '1']);
  });

  it('gives those who ask at once the same one', async () => {
    const { open, made } = create([copied('a', 5)]);
    expect(await Promise.all([open([1], '5'), open([1], '5'), open([1], '5')])).toEqual([
      'a',
      'a',
      'a',
    ]);
    expect(made).toEqual(['1']);
  });

  it('rests as long as it took, and gives the one before meanwhile', async () => {
    const { open, made, clock } = create([copied('a', 5), copied('b', 6)], 300);
    await open([1], '5');
    expect(await open([1], '6')).toBe('a');
    clock.nowMs += 299;
    expect(await open([1], '6')).toBe('a');
    clock.nowMs += 1;
    expect(await open([1], '6')).toBe('b');
    expect(made).toHaveLength(2);
  });

  it('says that it is not ready in time, and makes it all the same', async () => {
    let finish = (_: CopyWord): void => undefined;
    const made = new Promise<CopyWord>((resolve) => (finish = resolve));
    copies = createJournalCopies({
      make: () => made,
      nowMs: () => performance.now(),
      waitMaxMs: 20,
      idleMs: 5_000,
    });
    expect(await copies.open([1], '5')).toEqual({ type: 'Later' });
    // Another one is not begun beside it.
    expect(await copies.open([2], '5')).toEqual({ type: 'Later' });
    finish(copied('a', 5));
    expect(await copies.open([1], '5')).toMatchObject({ type: 'Copy' });
  });

  it('does not try again at once what failed', async () => {
    const failed: CopyWord = { type: 'Failed', detail: 'too large' };
    const { open, made, clock } = create([failed, copied('b', 6)], 1_000);
    expect(await open([1], '5')).toBe('Failed');
    clock.nowMs += 9_999;
    expect(await open([1], '6')).toBe('Failed');
    clock.nowMs += 1;
    expect(await open([1], '6')).toBe('b');
    expect(made).toHaveLength(2);
  });

  it('keeps the last three, for pieces by their sizes, and drops them when nobody asks', async () => {
    const words = [1, 2, 3, 4].map((n) => copied(String(n), n));
    const { open, copies: all } = create(words, 0, { waitMaxMs: 5_000, idleMs: 40 });
    for (const n of [1, 2, 3, 4]) expect(await open([n], String(n))).toBe(String(n));
    expect([1, 2, 3, 4].map((n) => all.kept([n], String(n))?.sizes)).toEqual([
      undefined,
      '2',
      '3',
      '4',
    ]);
    expect(all.kept([4], '5')).toBeUndefined();
    await expect.poll(() => all.kept([4], '4')).toBeUndefined();
  });
});
