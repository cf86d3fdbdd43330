/**
 * App names (design section 5). A name that passed is safe as a supervisor group, as a program
 * and as a part of a file name: no separator, no wildcard, no leading dot, at most 63 bytes.
 * Names are compared as supervisor compares them: `Web` and `web` are two apps.
 */
import { quote } from './quote.ts';
import { err, ok, type Result } from './result.ts';
import { type AppName, type Problem } from './types.ts';

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** supervisorctl takes `all` for every group; `supervisord` is its name for the daemon itself. */
const reservedNames: readonly string[] = ['all', 'supervisord'];

/** Refuses with `E_APP_NAME` or `E_APP_NAME_RESERVED`. */
export function parseAppName(text: string): Result<AppName, Problem> {
  if (!namePattern.test(text)) {
    return err({
      code: 'E_APP_NAME',
      line: 0,
      message: `${quote(text)} cannot be the name of an app: ${whyNot(text)}`,
      remedy: 'Use 1 to 63 of the characters A-Z a-z 0-9 _ . - and begin with a letter or a digit.',
    });
  }
  if (reservedNames.includes(text)) {
    return err({
      code: 'E_APP_NAME_RESERVED',
      line: 0,
      message: `${quote(text)} cannot be the name of an app: it has a meaning for supervisorctl`,
      remedy: `Choose another name, ${quote(`${text}-1`)} for example.`,
    });
  }
  return ok(text as AppName);
}

function whyNot(text: string): string {
  if (text === '') return 'it is empty';
  const bad = /[^A-Za-z0-9_.-]/u.exec(text)?.[0];
  if (bad !== undefined) return `it contains ${quote(bad)}`;
  if (text.length > 63) return `it has ${String(text.length)} characters`;
  return `it begins with ${quote(text.slice(0, 1))}`;
}
