/** One `[[template]]` of supervene.toml: a file that is made of what the fleet tells. */

export interface Template {
  /** Absolute, as all paths here. */
  readonly src: string;
  readonly dest: string;
  /** Permission bits. */
  readonly mode: number;
  /** A number is an id, anything else a name of this host; without a group: the user's own. */
  readonly owner: {
    readonly user: string | number;
    readonly group: string | number | undefined;
  };
  /** Run on the new text before it replaces the old; undefined: every text is good. */
  readonly check: Hook | undefined;
  /** Run after it; undefined: whoever reads the file looks by itself. */
  readonly reload: Hook | undefined;
}

/** A program with its arguments, run without a shell. */
export interface Hook {
  /** The program first: an absolute path, or a name. */
  readonly words: readonly string[];
  readonly timeoutMs: number;
}

/** In the arguments of a check: where the new text lies meanwhile. */
export const stagedMark = '{staged}';
/** In the arguments of a check or a reload: the file itself. */
export const destMark = '{dest}';

export function fillIn(
  words: readonly string[],
  paths: { readonly dest: string; readonly staged?: string },
): readonly string[] {
  const { dest, staged = dest } = paths;
  return words.map((word) => word.replaceAll(stagedMark, staged).replaceAll(destMark, dest));
}
