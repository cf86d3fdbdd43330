/**
 * What supervisord says when it refuses its files (fault 92 CANT_REREAD): which file, and a text
 * that is fit to be shown.
 *
 * The message may list the name of every variable in supervisord's environment, and quote lines
 * and `environment=` values of somebody else's file: those are cut out.
 */

export interface CantReread {
  readonly detail: string;
  /** As supervisord names it; undefined where the message does not say (a `[group:x]`, say). */
  readonly file: string | undefined;
}

/** `text` is the fault string, with or without `CANT_REREAD: ` in front. */
export function parseCantReread(text: string): CantReread {
  const message = text.replace(/^CANT_REREAD: /, '');
  return { detail: redact(message), file: findFile(message) };
}

// A string as Python's repr writes it.
const repr = String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`;

// Anchored, because the text in between may quote a file's own words. Messages of
// supervisor/options.py (`processes_from_section`) and of Python's configparser.
const places = [
  new RegExp(String.raw` in section (?:${repr}) \(file: (${repr})\)$`, 's'),
  new RegExp(String.raw`^File contains no section headers\.\nfile: (${repr}), line: \d+\n`),
  new RegExp(String.raw`^(?:Source|File) contains parsing errors: (${repr}|[^\n]+)\n`),
  new RegExp(String.raw`^While reading from (${repr}) \[line +\d+\]: `),
];

function findFile(message: string): string | undefined {
  for (const place of places) {
    const found = place.exec(message)?.[1];
    if (found !== undefined) return unquote(found);
  }
  return undefined;
}

function unquote(text: string): string | undefined {
  if (!/^['"]/.test(text)) return text;
  if (text.length < 2) return undefined;
  return text
    .slice(1, -1)
    .replace(
      /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/gs,
      (_all, x?: string, u?: string, long?: string, plain?: string) => {
        if (plain !== undefined) return escapes.get(plain) ?? plain;
        const code = Number.parseInt(x ?? u ?? long ?? '0', 16);
        return code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
      },
    );
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

const formatString = new RegExp(String.raw`^Format string (?:${repr}) for ('[^']*environment')`);
const badPairs = new RegExp(String.raw`^(Unexpected end of key/value pairs in value )(?:${repr})`);

function redact(message: string): string {
  return message
    .replace(/ Available names: [^']*?(?= in section ['"]|$)/s, ' Available names: (left out).')
    .replace(formatString, 'Format string for $1')
    .replace(badPairs, '$1(left out)')
    .replace(/^(File contains no section headers\.\nfile: [^\n]*)\n.*$/s, '$1')
    .replace(/^(\t\[line +\d+\]): .*$/gm, '$1')
    .replace(/\s*\n\s*/g, ' ')
    .slice(0, 1000);
}
