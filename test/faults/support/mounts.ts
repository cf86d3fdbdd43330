/**
 * File systems that are read-only, full or busy, by mount(8) inside a test's own folder (root).
 *
 * Whoever makes `Mounts` calls `undoAll()` in an `afterEach`; should the process end before that, it
 * is done on its exit. Nothing outside of the folder for temporary files can be mounted over.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, realpathSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import process from 'node:process';

export interface Mounts {
  /** An empty memory file system of this size (`64k`) in place of the directory. */
  tmpfs(dir: string, size: string): void;
  /** Makes a directory or a file a mount point of its own: it cannot be renamed over (EBUSY). */
  bind(path: string): void;
  /** From now on EROFS; for processes that have it open too. `path` becomes a mount point. */
  makeReadOnly(path: string): void;
  /** Takes the newest mount at this path away: also one that is in use. */
  undo(path: string): void;
  undoAll(): void;
}

let whyNot: string | undefined | 'NotTried' = 'NotTried';

/** Undefined when mounting is permitted here; otherwise the reason. Tried once. */
export function whyNoMounts(): string | undefined {
  if (whyNot !== 'NotTried') return whyNot;
  // In a mount namespace of its own, so that the try leaves nothing behind.
  const script = 'mount --make-rprivate / && mount -t tmpfs tmpfs /mnt && umount /mnt';
  const run = spawnSync('unshare', ['-m', 'sh', '-c', script], { encoding: 'utf8' });
  const isPermitted = process.getuid?.() === 0 && run.status === 0;
  whyNot = isPermitted ? undefined : `mounting is not permitted here: ${firstLine(run.stderr)}`;
  return whyNot;
}

export function createMounts(): Mounts {
  const paths: string[] = [];
  const add = (path: string, ...args: readonly string[]): void => {
    run('mount', ...args, inTemporaryFolder(path));
    paths.push(path);
  };
  const bind = (path: string): void => {
    add(path, '--bind', path);
  };
  const undo = (path: string): void => {
    const at = paths.lastIndexOf(path);
    if (at === -1) throw new Error(`nothing is mounted at ${path}`);
    paths.splice(at, 1);
    run('umount', '-l', path);
  };
  const undoAll = (): void => {
    for (const path of paths.splice(0).reverse()) spawnSync('umount', ['-l', path]);
    process.removeListener('exit', undoAll);
  };
  process.once('exit', undoAll);
  return {
    tmpfs: (dir, size) => {
      add(dir, '-t', 'tmpfs', '-o', `size=${size},mode=0755`, 'tmpfs');
    },
    bind,
    makeReadOnly: (path) => {
      bind(path);
      run('mount', '-o', 'remount,ro,bind', path);
    },
    undo,
    undoAll,
  };
}

/** Writes a file `filler` until not one byte more fits; gives its path. */
export function fillUp(dir: string): string {
  const path = join(dir, 'filler');
  const file = openSync(path, 'w');
  for (let size = 65_536; size > 0; size = size === 1 ? 0 : size / 2) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch {
      // Full for this size.
    }
  }
  closeSync(file);
  return path;
}

function inTemporaryFolder(path: string): string {
  const real = realpathSync(path);
  if (real.startsWith(realpathSync(tmpdir()) + sep)) return path;
  throw new Error(`${path} is not in the folder for temporary files`);
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${firstLine(stderr)}`);
}

function firstLine(text: string | null): string {
  return text?.split('\n')[0] ?? 'no such command';
}
