/** Lets a model supervisord do in time what it does by itself. */
import type { Due, Kernel } from '../kernel/kernel.ts';
import type { SupervisordModel } from './supervisordModel.ts';

/**
 * To be called whenever something may be due earlier: it is what `onDue` of the model wants. A timer
 * that is too early only looks again, so that polls, which put things off, cost none.
 */
export function advanceWhenDue(
  kernel: Pick<Kernel, 'now' | 'after'>,
  model: () => Pick<SupervisordModel, 'advance' | 'nextDueMs'>,
): () => void {
  let timer: Due | undefined;
  let atMs = Infinity;
  const look = (): void => {
    const dueMs = model().nextDueMs() ?? Infinity;
    if (dueMs >= atMs) return;
    timer?.cancel();
    atMs = dueMs;
    timer = kernel.after(dueMs - kernel.now(), () => {
      atMs = Infinity;
      model().advance(kernel.now());
      look();
    });
  };
  return look;
}
