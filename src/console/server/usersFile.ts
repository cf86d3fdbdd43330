/**
 * The file of users: looked at before each use, so that a change counts at once; written whole, under
 * a lock, with mode 0600. While it cannot be read nobody is let in.
 */
import {
  closeSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok, type Result } from '../../domain/result.ts';
import { formatUsers, parseUsers, type User } from './userList.ts';

const sizeMax = 4 * 1024 * 1024;

export interface UsersFile {
  /** `ok(undefined)`: there is no such file. The error is a sentence. */
  readonly read: () => Result<readonly User[] | undefined, string>;
}

export function createUsersFile(path: string): UsersFile {
  let seen = '';
  let known: Result<readonly User[] | undefined, string> = ok(undefined);
  return {
    read: () => {
      const mark = markOf(path);
      if (mark !== seen) known = readUsers(path);
      seen = mark;
      return known;
    },
  };
}

/** Another one after each change. */
function markOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs, mode } = statSync(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs, mode].join(' ');
  } catch (error) {
    return codeOf(error);
  }
}

export function readUsers(path: string): Result<readonly User[] | undefined, string> {
  const text = readPrivateText(path);
  if (!text.ok || text.value === undefined) return text.ok ? ok(undefined) : text;
  const users = parseUsers(text.value);
  return users.ok ? users : err(`the file of users ${path} ${users.error}`);
}

/** `ok(undefined)`: there is no such file. Refused when others may read it. */
export function readPrivateText(path: string): Result<string | undefined, string> {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    return codeOf(error) === 'ENOENT'
      ? ok(undefined)
      : err(`cannot read ${path}: ${codeOf(error)}`);
  }
  try {
    const found = fstatSync(fd);
    if (!found.isFile()) return err(`${path} is no file`);
    if ((found.mode & 0o077) !== 0) return err(`${path} is open to others: chmod 600 ${path}`);
    if (found.size > sizeMax) return err(`${path} is too large`);
    return ok(readFileSync(fd, 'utf8'));
  } catch (error) {
    return err(`cannot read ${path}: ${codeOf(error)}`);
  } finally {
    closeSync(fd);
  }
}

/** What `change` refuses is the error, and nothing is written. `undefined`: there is no file yet. */
export async function changeUsers(
  path: string,
  change: (users: readonly User[] | undefined) => Result<readonly User[], string>,
): Promise<Result<void, string>> {
  const lock = `${path}.lock`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (!(await takeLock(lock))) return err(`${lock} is there: somebody else changes the users`);
  } catch (error) {
    return err(`cannot write ${path}: ${codeOf(error)}`);
  }
  try {
    const users = readUsers(path);
    if (!users.ok) return users;
    const changed = change(users.value);
    if (!changed.ok) return changed;
    writePrivately(path, formatUsers(changed.value));
    return ok(undefined);
  } catch (error) {
    return err(`cannot write ${path}: ${codeOf(error)}`);
  } finally {
    unlinkSync(lock);
  }
}

const lockTries = 100;
const lockPauseMs = 50;
/** Whoever held it so long has ended in the middle. */
const lockAgeMaxMs = 30_000;

async function takeLock(path: string): Promise<boolean> {
  for (let left = lockTries; left > 0; left -= 1) {
    try {
      closeSync(openSync(path, 'wx', 0o600));
      return true;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    removeOld(path);
    await sleep(lockPauseMs);
  }
  return false;
}

function removeOld(path: string): void {
  try {
    if (Date.now() - statSync(path).mtimeMs > lockAgeMaxMs) unlinkSync(path);
  } catch {
    // Gone meanwhile.
  }
}

/** `isNew`: gives false, and writes nothing, when there is such a file already. */
export function writePrivately(path: string, text: string | Uint8Array, isNew = false): boolean {
  const beside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const fd = openSync(beside, 'wx', 0o600);
    try {
      keepOwner(fd, path);
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (!isNew) renameSync(beside, path);
    else {
      linkSync(beside, path);
      unlinkSync(beside);
    }
    return true;
  } catch (error) {
    removeQuietly(beside);
    if (isNew && codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** What root changes stays whose it was, or becomes whose folder it is in: a console is not root. */
function keepOwner(fd: number, path: string): void {
  if (process.geteuid?.() !== 0) return;
  const known = statSync(path, { throwIfNoEntry: false }) ?? statSync(dirname(path));
  fchownSync(fd, known.uid, known.gid);
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Never made, or renamed.
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
