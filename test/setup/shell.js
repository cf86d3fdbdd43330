/** Small words shared by the set-up steps: where the project is, and how to run a command. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Runs with the output shown and without input; the exit status, 127 when it could not start. */
export function runLoudly(command, args, options = {}) {
  const result = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  return result.status ?? 127;
}

/** Runs with the output kept; `status` 127 when it could not start. */
export function runQuietly(command, args) {
  const result = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status: result.status ?? 127, output: `${result.stdout ?? ''}${result.stderr ?? ''}` };
}

export const isInPath = (command) => findInPath(command) !== undefined;

/** The file that would be run, or nothing. */
export function findInPath(command) {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir, command));
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
}
