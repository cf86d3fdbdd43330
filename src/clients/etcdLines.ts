/**
 * The connections to one endpoint, one after the other: the newest serves whoever comes, those that
 * were retired serve whom they have. A connection is closed when the last has left it and not
 * before: gRPC takes the next keepalive of a connection that is being closed for its failure, which
 * ends all that still works there.
 */

interface Closable {
  close(): void;
}

/** A connection and what it is used for; let go of it once. */
export interface Line<P> {
  readonly pool: P;
  /** Another use of it, which may last longer. */
  use(): Use;
  /** The next to come gets another one. */
  retire(): void;
  release(): void;
}

export interface Use {
  /** More than once is once. */
  readonly release: () => void;
}

export interface Lines<P> {
  take(): Line<P>;
  /** All of them, with all that goes on there. */
  close(): void;
}

export function createLines<P extends Closable>(connect: () => P): Lines<P> {
  const users = new Map<P, number>();
  let newest: P | undefined;

  const leave = (pool: P): void => {
    const left = (users.get(pool) ?? 0) - 1;
    if (left > 0) users.set(pool, left);
    else {
      users.delete(pool);
      if (pool !== newest) pool.close();
    }
  };
  const use = (pool: P): Use => {
    users.set(pool, (users.get(pool) ?? 0) + 1);
    let isReleased = false;
    return {
      release: () => {
        if (isReleased) return;
        isReleased = true;
        if (users.has(pool)) leave(pool);
      },
    };
  };

  return {
    take: () => {
      const pool = (newest ??= connect());
      const { release } = use(pool);
      return {
        pool,
        release,
        use: () => use(pool),
        retire: () => {
          if (newest !== pool) return;
          newest = undefined;
          if (!users.has(pool)) pool.close();
        },
      };
    },
    close: () => {
      const all = new Set(users.keys());
      if (newest !== undefined) all.add(newest);
      users.clear();
      newest = undefined;
      for (const pool of all) pool.close();
    },
  };
}
