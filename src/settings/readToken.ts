/** The token that the agent asks for over HTTP; read at start. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { type Result, err, ok } from '../domain/result.ts';

const shortest = 32;
const remedy = 'make one with: (umask 077; openssl rand -hex 32 > FILE)';

/** The error is a sentence with the path in it, and never the token. */
export function readToken(path: string): Result<string, string> {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return err(`cannot read the token file ${path}: ${code}; ${remedy}`);
  }
  try {
    const found = fstatSync(fd);
    if (!found.isFile()) return err(`the token file ${path} is no file`);
    if ((found.mode & 0o007) !== 0) {
      return err(`the token file ${path} is open to everybody: chmod 600 ${path}`);
    }
    const token = readFileSync(fd, 'utf8').replace(/\r?\n$/, '');
    if (!/^[\x21-\x7e]*$/.test(token)) {
      return err(`the token file ${path} holds more than one word of plain characters; ${remedy}`);
    }
    if (token.length >= shortest) return ok(token);
    return err(`the token in ${path} is shorter than ${shortest} characters; ${remedy}`);
  } catch (error) {
    return err(`cannot read the token file ${path}: ${String(error)}`);
  } finally {
    closeSync(fd);
  }
}
