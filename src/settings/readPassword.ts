/** Passwords are read when they are needed: at the start, and etcd's again when it is refused. */
import { readFileSync } from 'node:fs';
import { type Result, err, ok } from '../domain/result.ts';

/** Without the line break at its end. The error is a sentence with the path in it. */
export function readPassword(path: string): Result<string, string> {
  try {
    const password = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (password === '') return err(`the password file ${path} is empty`);
    if (/[\r\n\0]/.test(password)) return err(`the password file ${path} has more than one line`);
    return ok(password);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return err(`cannot read the password file ${path}: ${reasons[code] ?? code}`);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};
