/**
 * A disk whose power can be cut: an ext4 file system on a loop device (root). What was not made
 * durable by then is lost, as the kernel's own test of file systems has it (EXT4_IOC_SHUTDOWN).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { createTempDir } from '../../support/tempDir.ts';

export interface CuttableDisk {
  /** Where it is mounted; the same after a cut. */
  readonly path: string;
  /** At once: nothing more reaches the disk, and every call on it fails with EIO. */
  cut(): void;
  /** Power is back: mounted anew with what had reached the disk. Nobody may have it open. */
  restore(): void;
  /** Unmounts it and removes everything. */
  stop(): Promise<void>;
}

/** Undefined when such a disk can be made here; otherwise the reason. Tried once. */
export async function whyNoCuttableDisk(): Promise<string | undefined> {
  if (whyNot !== 'NotTried') return whyNot;
  try {
    const disk = await startCuttableDisk();
    try {
      disk.cut();
      disk.restore();
    } finally {
      await disk.stop();
    }
    whyNot = undefined;
  } catch (error) {
    whyNot = `a disk on a loop device is not to be had here: ${String(error)}`;
  }
  return whyNot;
}

let whyNot: string | undefined | 'NotTried' = 'NotTried';

/** Throws what mount(8) and the like complain about. */
export async function startCuttableDisk(): Promise<CuttableDisk> {
  const dir = await createTempDir('disk');
  const image = join(dir.path, 'image');
  const path = join(dir.path, 'mnt');
  mkdirSync(path);
  let isMounted = false;
  const mount = (): void => {
    // `-o loop`: the loop device goes when the file system does.
    run('mount', '-o', 'loop', image, path);
    isMounted = true;
  };
  const unmountNow = (): void => {
    if (isMounted) spawnSync('umount', ['-l', path]);
    isMounted = false;
  };
  process.once('exit', unmountNow);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', unmountNow);
    unmountNow();
    await dir.remove();
  };
  try {
    run('truncate', '-s', '32M', image);
    run('mkfs.ext4', '-q', image);
    mount();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    path,
    cut: () => {
      run('python3', '-c', shutDown, path);
    },
    restore: () => {
      run('umount', path);
      isMounted = false;
      mount();
    },
    stop,
  };
}

/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: what is in memory is not written. */
const shutDown = `
import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))
`;

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command}: ${stderr.trim().slice(0, 200)}`);
}
