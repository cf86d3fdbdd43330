/**
 * From what stands in etcd to the text of a program: base64, or the plain text itself.
 *
 * Valid base64 always wins; plain text is what is not, and has a `=` or `:` inside a line. The
 * result is at most 64 KiB, ends lines with LF and holds no character of `characters.ts`. Problems
 * name places and single characters, never a longer part of the value: it may be a secret.
 */
import { assertNever } from '../assertNever.ts';
import { type LeafValue } from '../event.ts';
import { err, ok, type Result } from '../result.ts';
import { type Problem } from '../types.ts';
import { decodeUtf8, utf8SizeBytes } from '../utf8.ts';
import { type Base64Fault, decodeBase64 } from './base64.ts';
import { codePoint, findForbiddenCharacter } from './characters.ts';
import { programOptionsByName } from './programOptions.ts';

export const contentMaxBytes = 64 * 1024;

/**
 * Refuses with `E_EMPTY`, `E_TOO_LARGE`, `E_BASE64`, `E_NOT_UTF8`, `E_NUL`, `E_LONE_CR`, `E_BOM`,
 * `E_CONTROL_CHARACTER`, or `E_ELSEWHERE` for a value that was never kept.
 */
export function decodeContent(value: LeafValue): Result<string, Problem> {
  switch (value.type) {
    case 'Text':
      return decodeText(value.text);
    case 'Binary':
      return err(notUtf8('the value'));
    case 'TooLarge':
      return err(tooLarge(value.sizeBytes));
    case 'Elsewhere':
      return err({
        code: 'E_ELSEWHERE',
        line: 0,
        message: 'the content was not kept, since the app is placed on other hosts',
        remedy: 'Look at it on one of those hosts, or with `supervene show`.',
      });
    default:
      return assertNever(value);
  }
}

function decodeText(text: string): Result<string, Problem> {
  if (text.trim() === '') return err(empty);
  // Before any work: even with a line break after every second character it cannot be accepted.
  if (text.length > contentMaxBytes * 3) return err(tooLarge(text.length));
  const decoded = decodeBase64(text);
  if ('bytes' in decoded) return decodeBytes(decoded.bytes);
  const sizeBytes = utf8SizeBytes(text);
  if (text.startsWith('\ufeff') || looksLikeProgram(text)) {
    return sizeBytes > contentMaxBytes ? err(tooLarge(sizeBytes)) : normalise(text);
  }
  return err(notBase64(text, decoded.fault));
}

function decodeBytes(bytes: Uint8Array): Result<string, Problem> {
  if (bytes.length > contentMaxBytes) return err(tooLarge(bytes.length));
  const decoded = decodeUtf8(bytes);
  if ('badAt' in decoded) {
    return err(notUtf8(`byte ${String(decoded.badAt + 1)} of the decoded base64`));
  }
  return normalise(decoded.text);
}

function normalise(text: string): Result<string, Problem> {
  if (text.trim() === '') return err(empty);
  const withLf = text.includes('\r') ? text.replaceAll('\r\n', '\n') : text;
  const problem = findForbiddenCharacter(withLf);
  return problem === undefined ? ok(withLf) : err(problem);
}

/**
 * A `=` or `:` with something before it in its line, that is more than the padding of damaged
 * base64: `Y29tbWFuZA=` is such damage, `command=x` is a program.
 */
function looksLikeProgram(text: string): boolean {
  return text.split('\n').some((line) => {
    const trimmed = line.trim();
    const delimiter = trimmed.search(/[=:]/);
    if (delimiter <= 0) return false;
    let end = trimmed.length;
    while (trimmed[end - 1] === '=') end -= 1;
    const isInside = delimiter < end;
    return isInside || programOptionsByName.has(trimmed.slice(0, delimiter).trim().toLowerCase());
  });
}

const empty: Problem = {
  code: 'E_EMPTY',
  line: 0,
  message: 'the content is empty',
  remedy: 'Publish the body of a [program:x] section, with a command at least.',
};

function tooLarge(sizeBytes: number): Problem {
  return {
    code: 'E_TOO_LARGE',
    line: 0,
    message: `the content has ${String(sizeBytes)} bytes; at most ${String(contentMaxBytes)} are read`,
    remedy: 'Move data out of the content, into a file on the hosts for example.',
  };
}

function notUtf8(what: string): Problem {
  return {
    code: 'E_NOT_UTF8',
    line: 0,
    message: `${what} is not UTF-8`,
    remedy: 'Publish base64 of UTF-8 text, or the text itself.',
  };
}

function notBase64(text: string, { at, reason }: Base64Fault): Problem {
  const before = text.slice(0, at ?? text.length);
  const char = at === undefined ? undefined : text.codePointAt(at);
  const what = char === undefined ? reason : `the character ${codePoint(char)} ${reason}`;
  return {
    code: 'E_BASE64',
    line: before.trimEnd().split('\n').length,
    message: `neither base64 (${what}) nor the text of a program (no line has a = or :)`,
    remedy: 'Encode the body with `base64`, or publish it with `supervene publish`.',
  };
}
