/**
 * One agent on a host: a lock on the journal and one on the conf directory itself, so that agents
 * with different journals exclude one another as well.
 *
 * flock(2) through flock(1), which inherits our descriptor: the lock belongs to the open file, so
 * it stays ours when flock(1) is gone and ends with our process, however it dies. Node opens files
 * close-on-exec: no other child gets it.
 */
import { closeSync, constants, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asyncScheduler } from 'rxjs';
import { runCommand } from '../../effects/drivers/runCommand.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { toJournalError } from './journalError.ts';
import { describeHolder } from './lockHolder.ts';

export interface LockOptions {
  readonly journalDir: string;
  readonly confDir: string;
  /** The `host.id` of this agent, for the one who meets the lock. */
  readonly host: string;
}

export interface Lock {
  /**
   * Takes the lock of the conf directory that stands there now, when it is another one than at the
   * start or was missing then. Cheap when nothing has changed.
   */
  readonly followConfDir: () => Promise<Result<void, string>>;
  readonly release: () => Promise<void>;
}

interface HeldConfDir {
  readonly identity: string;
  readonly fd: number;
}

/** Errors are sentences for people; when another agent holds it, they say which. */
export async function acquireLock(options: LockOptions): Promise<Result<Lock, string>> {
  const journal = await lockJournal(options);
  if (!journal.ok) return journal;
  let held: HeldConfDir | undefined;
  const followConfDir = async (): Promise<Result<void, string>> => {
    const identity = await identityOf(options.confDir);
    // A missing directory cannot be written either; it is locked when it appears.
    if (identity === undefined || identity === held?.identity) return ok(undefined);
    const locked = await lockConfDir(options.confDir);
    if (!locked.ok) return locked;
    if (held !== undefined) closeSync(held.fd);
    held = locked.value === undefined ? undefined : { identity, fd: locked.value };
    return ok(undefined);
  };
  const first = await followConfDir();
  if (!first.ok) {
    closeSync(journal.value);
    return first;
  }
  return ok({
    followConfDir,
    release: () => {
      if (held !== undefined) closeSync(held.fd);
      held = undefined;
      closeSync(journal.value);
      return Promise.resolve();
    },
  });
}

/** The file stays when the lock is released: removing it would let two hold "the" lock. */
async function lockJournal(options: LockOptions): Promise<Result<number, string>> {
  const { journalDir, confDir, host } = options;
  const path = join(journalDir, 'lock');
  let fd: number;
  try {
    await mkdir(journalDir, { recursive: true, mode: 0o700 });
    fd = openLockFile(path);
  } catch (error) {
    return err(toJournalError(error, `lock the journal in ${journalDir}`).detail);
  }
  const locked = await flock(fd, path);
  if (!locked.ok) {
    closeSync(fd);
    return locked.error === 'Held' ? err(await describeHolder(journalDir, path)) : locked;
  }
  tellWhoWeAre(fd, { pid: process.pid, host, sinceMs: Date.now(), confDir });
  return ok(fd);
}

async function lockConfDir(confDir: string): Promise<Result<number | undefined, string>> {
  let fd: number;
  try {
    fd = openSync(confDir, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch {
    // Not a real directory, or gone again: nothing is written into it, so nothing need be locked.
    return ok(undefined);
  }
  const locked = await flock(fd, confDir);
  if (locked.ok) return ok(fd);
  closeSync(fd);
  return locked.error === 'Held' ? err(await describeHolder(confDir, confDir)) : locked;
}

/** Opened for reading only on a read-only disk, where a lock is as good. */
function openLockFile(path: string): number {
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_RDONLY } = constants;
  try {
    return openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EROFS') {
      return openSync(path, O_RDONLY | O_NOFOLLOW);
    }
    throw error;
  }
}

/** `Held`: somebody else has it. */
async function flock(fd: number, what: string): Promise<Result<void, string>> {
  const outcome = await runCommand(asyncScheduler, {
    command: 'flock',
    args: ['-n', '3'],
    env: process.env,
    inherits: fd,
    timeoutMs: 10_000,
    outputMaxBytes: 4_096,
  });
  switch (outcome.type) {
    case 'NotStarted': {
      const remedy = `flock did not start (${outcome.detail}); install util-linux`;
      return err(`cannot lock ${what}: ${remedy}`);
    }
    case 'TimedOut':
      return err(`cannot lock ${what}: flock did not end`);
    case 'Ended':
      if (outcome.code === 0) return ok(undefined);
      if (outcome.code === 1) return err('Held');
      return err(`cannot lock ${what}: flock ended with status ${String(outcome.code)}`);
  }
}

function tellWhoWeAre(fd: number, holder: object): void {
  try {
    ftruncateSync(fd, 0);
    writeSync(fd, `${JSON.stringify(holder)}\n`, 0);
    fsyncSync(fd);
  } catch {
    // A full or read-only disk: the lock holds all the same, it only does not say who has it.
  }
}

async function identityOf(path: string): Promise<string | undefined> {
  try {
    const stats = await lstat(path, { bigint: true });
    return stats.isDirectory() ? `${String(stats.dev)}:${String(stats.ino)}` : undefined;
  } catch {
    return undefined;
  }
}
