/** Faults that last for a while: each is undone once, when its time is over or when all is healed. */
import type { Kernel } from '../kernel/kernel.ts';

export interface Ends {
  /** Runs `undo` once, after so long or when all ends. */
  readonly later: (forMs: number, undo: () => void) => void;
  readonly endAll: () => void;
}

export function createEnds(kernel: Kernel): Ends {
  const open = new Set<() => void>();
  return {
    later: (forMs, undo) => {
      const end = (): void => {
        if (open.delete(end)) undo();
      };
      open.add(end);
      kernel.after(forMs, end);
    },
    endAll: () => {
      for (const end of [...open]) end();
    },
  };
}
