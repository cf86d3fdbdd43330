/** Which of those that set out for an OpenID provider are back already: each comes back once. */
export interface UsedStates {
  /** False: it was taken before. */
  readonly take: (state: string) => boolean;
}

const statesMax = 10_000;

/** `goodForMs`: after that nothing that bears the state is taken anyway. */
export function createUsedStates(nowMs: () => number, goodForMs: number): UsedStates {
  /** When each was taken, the first one first. */
  const takenMs = new Map<string, number>();
  return {
    take: (state) => {
      const now = nowMs();
      for (const [old, at] of takenMs) {
        if (now - at < goodForMs && takenMs.size < statesMax) break;
        takenMs.delete(old);
      }
      if (takenMs.has(state)) return false;
      takenMs.set(state, now);
      return true;
    },
  };
}
