/**
 * A session ends an hour after the last request, and a feed that stays open is none: so a page that
 * somebody looks at asks who one is now and then. One that nobody sees lets its session end.
 */
export interface KeepDeps {
  readonly nowMs: () => number;
  readonly isHidden: () => boolean;
  readonly isLoggedIn: () => boolean;
  readonly ask: () => void;
}

export const askEveryMs = 600_000;

/** To be called often, and when the page is seen again: it asks when it is time. */
export function createSessionKeeper({ nowMs, isHidden, isLoggedIn, ask }: KeepDeps): () => void {
  let askedMs = nowMs();
  return () => {
    const now = nowMs();
    // A clock that was set back counts as time gone by.
    const isDue = now - askedMs >= askEveryMs || now < askedMs;
    if (!isDue || isHidden() || !isLoggedIn()) return;
    askedMs = now;
    ask();
  };
}
