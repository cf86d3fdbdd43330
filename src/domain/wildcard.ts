/** Names with `*` for any run of characters and `?` for one: which apps a key or a rule is for. */

/** Takes time in proportion to both lengths at worst, whatever the pattern. */
export function matchesWildcard(pattern: string, name: string): boolean {
  let at = 0;
  let inPattern = 0;
  /** Where the last star stands, and how much of the name it takes by now. */
  let star = -1;
  let taken = 0;
  while (at < name.length) {
    const wanted = pattern[inPattern];
    if (wanted === '*') {
      star = inPattern;
      taken = at;
      inPattern += 1;
    } else if (wanted !== undefined && (wanted === '?' || wanted === name[at])) {
      at += 1;
      inPattern += 1;
    } else if (star >= 0) {
      taken += 1;
      at = taken;
      inPattern = star + 1;
    } else return false;
  }
  while (pattern[inPattern] === '*') inPattern += 1;
  return inPattern === pattern.length;
}

/** At least one of the patterns matches. */
export function matchesAny(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matchesWildcard(pattern, name));
}

/** Made of what app names are made of, and the two wildcards. */
export function isWildcard(text: string): boolean {
  return /^[A-Za-z0-9_.*?-]{1,64}$/.test(text);
}
