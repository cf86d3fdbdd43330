/**
 * Finds a short script that still fails: whole stretches are left out first, then single actions,
 * until none can be spared or the budget is used up.
 */

export interface ShrinkOptions {
  /** Of tries. */
  readonly triesMax: number;
  /** No more time; asked before each try. */
  readonly isOver?: () => boolean;
  /** Told after each success. */
  readonly onProgress?: (left: number) => void;
}

export interface Shrunk<Item> {
  readonly items: readonly Item[];
  readonly tries: number;
  /** No single item can be left out any more. */
  readonly isMinimal: boolean;
}

/** `items` must fail already; `fails` is asked about subsequences of them, in order. */
export async function shrink<Item>(
  items: readonly Item[],
  fails: (items: readonly Item[]) => Promise<boolean>,
  { triesMax, isOver = () => false, onProgress = () => undefined }: ShrinkOptions,
): Promise<Shrunk<Item>> {
  let current = items;
  let tries = 0;
  let size = Math.ceil(items.length / 2);
  while (size >= 1) {
    let isSmaller = false;
    // From the end: what came late is most often what can go.
    for (let end = current.length; end > 0; end -= size) {
      if (tries >= triesMax || isOver()) return { items: current, tries, isMinimal: false };
      const start = Math.max(0, end - size);
      const candidate = [...current.slice(0, start), ...current.slice(end)];
      tries += 1;
      if (!(await fails(candidate))) continue;
      current = candidate;
      isSmaller = true;
      onProgress(current.length);
    }
    // Once more with single items when that helped: one may have kept another.
    if (size > 1 || !isSmaller) size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return { items: current, tries, isMinimal: true };
}
