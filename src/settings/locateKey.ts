/**
 * The line on which a key of a TOML file is set, for error messages.
 *
 * A TOML parser does not tell; this looks for the last header and key that spell the name.
 * Tables written inline give the line they begin on; what cannot be found gives line 1.
 */
export function locateKey(text: string, key: string): number {
  let table = '';
  let best = 1;
  let bestLength = 0;
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*\[\s*([^\][]+?)\s*\]/.exec(line);
    if (header?.[1] !== undefined) table = `${plainKey(header[1])}.`;
    const assignment = /^\s*([A-Za-z0-9_.\s"'-]+?)\s*=/.exec(line);
    const name = assignment?.[1] === undefined ? table : `${table}${plainKey(assignment[1])}`;
    const isPart = key === name || key.startsWith(name.endsWith('.') ? name : `${name}.`);
    if (isPart && name.length > bestLength) [best, bestLength] = [index + 1, name.length];
  }
  return best;
}

function plainKey(written: string): string {
  return written
    .split('.')
    .map((part) => part.trim().replaceAll(/^["']|["']$/g, ''))
    .join('.');
}
