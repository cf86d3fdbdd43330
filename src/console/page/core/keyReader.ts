/** Which shortcut a key completes, alone or after the one before it. */
export interface KeyReader {
  /** The keys of the shortcut, or undefined when there is none, or not yet. */
  readonly read: (key: string, atMs: number, known: readonly string[]) => string | undefined;
}

const pauseMaxMs = 1500;

export function createKeyReader(): KeyReader {
  let first: { readonly key: string; readonly atMs: number } | undefined;
  return {
    read: (key, atMs, known) => {
      const before = first !== undefined && atMs - first.atMs <= pauseMaxMs ? first.key : undefined;
      first = undefined;
      const both = before === undefined ? undefined : `${before} ${key}`;
      if (both !== undefined && known.includes(both)) return both;
      if (known.includes(key)) return key;
      if (known.some((keys) => keys.startsWith(`${key} `))) first = { key, atMs };
      return undefined;
    },
  };
}
