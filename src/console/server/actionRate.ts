/**
 * How many actions one user may have done within a minute: each of them is in the audit trail for
 * ever. One that takes several entries to be asked for counts as so many.
 */

export interface ActionRate {
  /** Milliseconds to wait until there is room; 0: it is counted. */
  readonly take: (user: string, entries: number) => number;
}

export const actionsMax = 120;
const windowMs = 60_000;
const usersMax = 10_000;

interface Taken {
  readonly atMs: number;
  readonly entries: number;
}

export function createActionRate(nowMs: () => number): ActionRate {
  /** Those that did nothing for longest first. */
  const takenByUser = new Map<string, readonly Taken[]>();
  return {
    take: (user, entries) => {
      const now = nowMs();
      const recent = (takenByUser.get(user) ?? []).filter(
        ({ atMs }) => atMs <= now && now - atMs < windowMs,
      );
      let count = recent.reduce((sum, taken) => sum + taken.entries, entries);
      let waitMs = 0;
      for (const { atMs, entries: freed } of recent) {
        if (count <= actionsMax) break;
        count -= freed;
        waitMs = atMs + windowMs - now;
      }
      takenByUser.delete(user);
      takenByUser.set(user, waitMs > 0 ? recent : [...recent, { atMs: now, entries }]);
      for (const oldest of takenByUser.keys()) {
        if (takenByUser.size <= usersMax) break;
        takenByUser.delete(oldest);
      }
      return waitMs;
    },
  };
}
