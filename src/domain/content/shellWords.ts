/**
 * Python's `shlex`, in the two ways supervisor uses it: to cut a command into words, and to cut
 * `environment` into tokens.
 */
import { err, ok, type Result } from '../result.ts';

export type ShellFault = 'NoClosingQuotation' | 'NoEscapedCharacter';

const isBlank = (char: string) => char === ' ' || char === '\t' || char === '\n' || char === '\r';

/** `shlex.split(command)`: quotes and backslashes as in a POSIX shell, no comments. */
export function splitCommand(command: string): Result<readonly string[], ShellFault> {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < command.length) {
    const char = command[at] ?? '';
    at += 1;
    if (isBlank(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === '\\') {
      if (at >= command.length) return err('NoEscapedCharacter');
      word = (word ?? '') + (command[at] ?? '');
      at += 1;
    } else if (char === "'" || char === '"') {
      const quoted = readQuoted(command, at, char);
      if (quoted === undefined) return err('NoClosingQuotation');
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== undefined) words.push(word);
  return ok(words);
}

/** From behind the opening quote to behind the closing one; undefined without a closing one. */
function readQuoted(command: string, start: number, mark: string) {
  let text = '';
  for (let at = start; at < command.length; at += 1) {
    const char = command[at] ?? '';
    if (char === mark) return { text, end: at + 1 };
    const next = command[at + 1] ?? '';
    // Between double quotes a backslash escapes only those and itself.
    if (mark === '"' && char === '\\' && (next === '"' || next === '\\')) {
      text += next;
      at += 1;
    } else {
      text += char;
    }
  }
  return undefined;
}

const environmentWordChar = /[A-Za-z0-9_/.+():-]/;

/**
 * `list(shlex.shlex(text))` with supervisor's word characters: words, quoted strings with their
 * quotes, and every other character on its own. `#` begins a comment, but inside a word it does
 * not end the word.
 */
export function splitEnvironment(text: string): Result<readonly string[], ShellFault> {
  const tokens: string[] = [];
  const points = Array.from(text);
  let word = '';
  const flush = () => {
    if (word !== '') tokens.push(word);
    word = '';
  };
  for (let at = 0; at < points.length; at += 1) {
    const char = points[at] ?? '';
    if (isBlank(char)) {
      flush();
    } else if (char === '#') {
      const end = points.indexOf('\n', at);
      at = end === -1 ? points.length : end;
    } else if (environmentWordChar.test(char)) {
      word += char;
    } else if (char !== "'" && char !== '"') {
      flush();
      tokens.push(char);
    } else if (word !== '') {
      word += char;
    } else {
      const end = points.indexOf(char, at + 1);
      if (end === -1) return err('NoClosingQuotation');
      tokens.push(points.slice(at, end + 1).join(''));
      at = end;
    }
  }
  flush();
  return ok(tokens);
}
