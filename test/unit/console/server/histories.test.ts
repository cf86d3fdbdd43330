/** Who reads the past of an app: two at a time, a few that wait, nobody for whom nobody waits. */
import { describe, expect, it } from 'vitest';
import { createHistories } from '../../../../src/console/server/handlers/histories.ts';

function visitor(user: string) {
  const gone = new AbortController();
  return {
    ask: { principal: { user, grants: [] }, signal: gone.signal },
    leave: () => gone.abort(),
  };
}

/** Reads that end when they are told to. */
function heldReads() {
  const ends: (() => void)[] = [];
  let begun = 0;
  return {
    begun: () => begun,
    read: (): Promise<string> => {
      begun += 1;
      return new Promise((resolve) => ends.push(() => resolve('read')));
    },
    endOne: async (): Promise<void> => {
      ends.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('createHistories', () => {
  it('reads for two at a time, and for the others in their turn', async () => {
    const histories = createHistories();
    const { begun, read, endOne } = heldReads();
    const all = ['a', 'b', 'c', 'd'].map((user) => histories.run(visitor(user).ask, read));
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun()).toBe(2);
    await endOne();
    expect(begun()).toBe(3);
    await endOne();
    await endOne();
    await endOne();
    expect(await Promise.all(all)).toEqual(['read', 'read', 'read', 'read']);
  });

  it('refuses who has many under way, and everybody when many have', async () => {
    const histories = createHistories();
    const { read } = heldReads();
    for (let at = 0; at < 6; at += 1) void histories.run(visitor('eve').ask, read);
    expect(await histories.run(visitor('eve').ask, read)).toBe('Busy');
    for (let at = 0; at < 10; at += 1) void histories.run(visitor(`u${String(at)}`).ask, read);
    expect(await histories.run(visitor('anna').ask, read)).toBe('Busy');
  });

  it('counts who was answered until he has taken it in', async () => {
    const histories = createHistories();
    const slow = Array.from({ length: 6 }, () => visitor('eve'));
    for (const { ask } of slow) await histories.run(ask, () => Promise.resolve('read'));
    const next = (): Promise<string> =>
      histories.run(visitor('eve').ask, () => Promise.resolve('read'));
    expect(await next()).toBe('Busy');
    slow[0]?.leave();
    expect(await next()).toBe('read');
  });

  it('reads nothing for who went away while he waited, and lets the next one in', async () => {
    const histories = createHistories();
    const { begun, read, endOne } = heldReads();
    for (const user of ['a', 'b']) void histories.run(visitor(user).ask, read);
    const waiting = visitor('c');
    const left = histories.run(waiting.ask, read);
    const next = histories.run(visitor('d').ask, read);
    waiting.leave();
    expect(await left).toBe('Busy');
    await endOne();
    expect(begun()).toBe(3);
    await endOne();
    await endOne();
    expect(await next).toBe('read');
  });

  it('goes on after a read that fails', async () => {
    const histories = createHistories();
    const fail = (): Promise<never> => Promise.reject(new Error('broken'));
    for (const user of ['a', 'b', 'c']) {
      await expect(histories.run(visitor(user).ask, fail)).rejects.toThrow('broken');
    }
    expect(await histories.run(visitor('d').ask, () => Promise.resolve('read'))).toBe('read');
  });
});
