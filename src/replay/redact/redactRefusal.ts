/**
 * What supervisord says of a file that it refuses: it quotes the value, and the file may be a foreign
 * one, whose values are nowhere else in the journal. Where the fault is stays.
 */
const place = /(?: in section '[^'\n]*')?(?: \(file: '[^'\n]*'\))?$/;
/** To the last mark: a quoted value may have quotation marks of its own. */
const quoted = /(['"])(.*)['"]/s;

export function redactRefusal(detail: string): string {
  const { what, where } = parts(detail);
  return `${what.replace(quoted, "'[redacted]'")}${where}`;
}

/** What it quotes, to be found in other texts. */
export function quotedIn(detail: string): string | undefined {
  return quoted.exec(parts(detail).what)?.[2];
}

function parts(detail: string): { readonly what: string; readonly where: string } {
  const where = place.exec(detail)?.[0] ?? '';
  return { what: detail.slice(0, detail.length - where.length), where };
}
