/** Runs `run` for every item, at most `limit` at a time; results in the order of the items. */
export async function mapLimited<Item, T>(
  items: readonly Item[],
  limit: number,
  run: (item: Item) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = [];
  const waiting = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}
