import { interval, take, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { failLoudly } from '../../../src/fault.ts';
import { createKernel } from '../../../src/simulate/kernel/kernel.ts';

const kernelAt1000 = () => createKernel(1_000);

describe('the kernel', () => {
  it('runs what is due by time, and what is due at one time in the order asked for', async () => {
    const kernel = kernelAt1000();
    const said: string[] = [];
    for (const [name, delayMs] of [
      ['c', 30],
      ['a', 10],
      ['b', 10],
      ['d', 30],
    ] as const) {
      kernel.after(delayMs, () => said.push(`${name}@${String(kernel.now())}`));
    }
    await kernel.run(1_025);
    expect(said).toEqual(['a@1010', 'b@1010']);
    expect(kernel.now()).toBe(1_025);
    await kernel.run(2_000);
    expect(said).toEqual(['a@1010', 'b@1010', 'c@1030', 'd@1030']);
  });

  it('orders many as a sort would', async () => {
    const kernel = kernelAt1000();
    const delays = Array.from({ length: 500 }, (_, index) => (index * 7919) % 251);
    const seen: number[] = [];
    for (const delayMs of delays) kernel.after(delayMs, () => seen.push(delayMs));
    await kernel.run(5_000);
    expect(seen).toEqual([...delays].sort((a, b) => a - b));
    expect(kernel.steps()).toBe(500);
  });

  it('does not run what was cancelled', async () => {
    const kernel = kernelAt1000();
    let runs = 0;
    kernel.after(10, () => runs++).cancel();
    await kernel.run(2_000);
    expect(runs).toBe(0);
  });

  it('lets a long chain of promises come to rest before time moves', async () => {
    const kernel = kernelAt1000();
    const seen: number[] = [];
    const chain = async (): Promise<void> => {
      for (let link = 0; link < 1_000; link++) await Promise.resolve();
      seen.push(kernel.now());
    };
    kernel.after(10, () => void chain());
    kernel.after(11, () => seen.push(-1));
    await kernel.run(2_000);
    expect(seen).toEqual([1_010, -1]);
  });

  it('ends early when it is told to', async () => {
    const kernel = kernelAt1000();
    let runs = 0;
    for (let index = 0; index < 10; index++) kernel.after(index, () => runs++);
    await kernel.run(2_000, () => runs === 4);
    expect(runs).toBe(4);
  });

  it('is a scheduler to rxjs', async () => {
    const kernel = kernelAt1000();
    const scheduler = kernel.schedulerFor(() => false);
    const seen: number[] = [];
    interval(100, scheduler)
      .pipe(take(3))
      .subscribe({ next: () => seen.push(kernel.now()), error: failLoudly });
    const cut = timer(50, scheduler).subscribe({ next: () => seen.push(-1), error: failLoudly });
    cut.unsubscribe();
    await kernel.run(5_000);
    expect(seen).toEqual([1_100, 1_200, 1_300]);
  });

  it('lets nothing of a life run that is over', async () => {
    const kernel = kernelAt1000();
    let isOver = false;
    const scheduler = kernel.schedulerFor(() => isOver);
    let ticks = 0;
    interval(100, scheduler).subscribe({ next: () => ticks++, error: failLoudly });
    await kernel.run(1_250);
    isOver = true;
    await kernel.run(5_000);
    expect(ticks).toBe(2);
  });
});
