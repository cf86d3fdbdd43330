import { describe, expect, it } from 'vitest';
import { createLines } from '../../../src/clients/etcdLines.ts';

function lines() {
  const closed: number[] = [];
  let made = 0;
  const all = createLines(() => {
    const number = (made += 1);
    return { number, close: () => closed.push(number) };
  });
  return { ...all, closed };
}

describe('connections to an endpoint', () => {
  it('serve all, and stay when nobody is on them', () => {
    const { take, closed } = lines();
    take().release();
    expect(take().pool.number).toBe(1);
    expect(closed).toEqual([]);
  });

  it('are closed when they are retired and the last has left', () => {
    const { take, closed } = lines();
    const call = take();
    const stream = call.use();
    call.retire();
    call.release();
    expect(closed).toEqual([]);
    expect(take().pool.number).toBe(2);
    stream.release();
    stream.release();
    expect(closed).toEqual([1]);
  });

  it('are not harmed by the failure of an earlier one', () => {
    const { take, closed } = lines();
    const [first, second] = [take(), take()];
    first.retire();
    first.release();
    const third = take();
    second.retire();
    second.release();
    expect(take().pool).toBe(third.pool);
    expect(closed).toEqual([1]);
  });

  it('are closed at once when nobody is on them any more', () => {
    const { take, closed } = lines();
    const line = take();
    line.release();
    line.retire();
    expect(closed).toEqual([1]);
  });

  it('all end at the end, once', () => {
    const { take, close, closed } = lines();
    const first = take();
    first.retire();
    const second = take();
    second.release();
    close();
    first.release();
    expect(closed).toEqual([1, 2]);
  });
});
