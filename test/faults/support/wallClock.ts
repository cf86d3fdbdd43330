/**
 * A wall clock that jumps, for one process: libfaketime in front of it (Debian: libfaketime). The
 * time that only goes on, which timers are made of, is left alone, as when somebody sets the date.
 */
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

export interface WallClock {
  /** For the process whose clock it is. */
  readonly environment: Readonly<Record<string, string>>;
  /** Away from the true time, in seconds, at once. */
  jump(offsetS: number): void;
}

/** Where packages put it; SUPERVENE_LIBFAKETIME names another one. */
function findLibrary(): string | undefined {
  const named = process.env['SUPERVENE_LIBFAKETIME'];
  if (named !== undefined) return named;
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
  return ['', ...folders]
    .map((folder) => join('/usr/lib', folder, 'faketime/libfaketimeMT.so.1'))
    .find((path) => existsSync(path));
}

export const whyNoWallClock = (): string | undefined =>
  findLibrary() === undefined
    ? 'libfaketime is not installed (apt install libfaketime)'
    : undefined;

/** Its file is in `dir`, which is the caller's. */
export function createWallClock(dir: string): WallClock {
  const path = join(dir, 'clock');
  const jump = (offsetS: number): void => {
    // Never half a file for a reader.
    writeFileSync(`${path}.new`, `${offsetS < 0 ? '-' : '+'}${String(Math.abs(offsetS))}\n`);
    renameSync(`${path}.new`, path);
  };
  jump(0);
  return {
    environment: {
      LD_PRELOAD: findLibrary() ?? '',
      FAKETIME_TIMESTAMP_FILE: path,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    jump,
  };
}
