/**
 * The model file system as one process has it: calls that take time, may fail, and end with it.
 *
 * A call does what it does at one moment, after its latency; without latency at once. After `kill`
 * nothing that was asked for happens any more and no call settles, as for a process that is gone.
 */
import { constants } from 'node:fs';
import { basename } from 'node:path';
import type { SchedulerLike } from 'rxjs';
import type { FileHandle, FileSystem } from '../../clients/fileSystem.ts';
import type { Descriptor, FileSystemModel } from './fileSystem.ts';
import { systemError } from './fileSystemError.ts';
import { createFileFaults, type FileCall, type FileFaults } from './fileSystemFaults.ts';

export interface FileSystemWireDeps {
  readonly model: FileSystemModel;
  readonly scheduler: SchedulerLike;
  readonly faults?: FileFaults;
  /** In milliseconds; none unless told. */
  readonly latencyMs?: (call: FileCall) => number;
  /**
   * Before a call that changes something; it may kill this process: then the call does not happen.
   * Must not throw.
   */
  readonly before?: (call: FileCall) => void;
  /** After it, whether it succeeded or failed; before its caller knows. Must not throw. */
  readonly after?: (call: FileCall) => void;
}

export interface FileSystemWire {
  readonly fileSystem: FileSystem;
  /** The process is gone, its descriptors and watches with it. */
  readonly kill: () => void;
  /** Every watch reports an error, as when inotify breaks down. */
  readonly breakWatches: () => void;
}

export function createFileSystemWire(deps: FileSystemWireDeps): FileSystemWire {
  const life: Life = {
    ...deps,
    faults: deps.faults ?? createFileFaults(),
    isOver: false,
    open: new Set(),
    watches: new Set(),
  };
  return {
    fileSystem: fileSystemOf(life),
    kill: () => {
      if (life.isOver) return;
      life.isOver = true;
      for (const descriptor of life.open) life.model.close(descriptor);
      for (const watch of life.watches) watch.close();
      life.open.clear();
      life.watches.clear();
    },
    breakWatches: () => {
      for (const watch of [...life.watches]) watch.fail();
    },
  };
}

interface Life extends FileSystemWireDeps {
  readonly faults: FileFaults;
  isOver: boolean;
  readonly open: Set<Descriptor>;
  readonly watches: Set<{ readonly close: () => void; readonly fail: () => void }>;
}

function fileSystemOf(life: Life): FileSystem {
  const { model } = life;
  return {
    open: (path, flags, mode) =>
      run(life, call('open', path, (flags & (O_CREAT | O_TRUNC)) !== 0), () => {
        const descriptor = model.open(path, flags, mode);
        life.open.add(descriptor);
        return handleOf(life, descriptor);
      }),
    stat: ((path: string, options?: object) =>
      run<unknown>(life, call('stat', path), () =>
        options === undefined ? model.stat(path) : model.bigStat(path),
      )) as FileSystem['stat'],
    lstat: ((path: string, options?: object) =>
      run<unknown>(life, call('lstat', path), () =>
        options === undefined ? model.lstat(path) : model.bigLstat(path),
      )) as FileSystem['lstat'],
    readdir: (path) => run(life, call('readdir', path), () => model.readdir(path)),
    readFile: ((path: string, encoding?: 'utf8') =>
      run<unknown>(life, call('readFile', path), () =>
        encoding === undefined ? model.readFile(path) : model.readText(path),
      )) as FileSystem['readFile'],
    rename: (path, to) =>
      run(life, { type: 'rename', path, to, isMutating: true }, () => model.rename(path, to)),
    unlink: (path) => run(life, call('unlink', path, true), () => model.unlink(path)),
    mkdir: (path, { mode }) => run(life, call('mkdir', path, true), () => model.mkdir(path, mode)),
    chmod: (path, mode) => run(life, call('chmod', path, true), () => model.chmod(path, mode)),
    truncate: (path, length) =>
      run(life, call('truncate', path, true), () => model.truncate(path, length)),
    watch: (path, onChange, onError) => watch(life, path, onChange, onError),
  };
}

function handleOf(life: Life, descriptor: Descriptor): FileHandle {
  const { model, faults } = life;
  const { path } = descriptor;
  const failSync = (): void => model.failSync(descriptor);
  const close = (): void => {
    life.open.delete(descriptor);
    model.close(descriptor);
  };
  return {
    read: (buffer, offset, length, position) =>
      run(life, call('read', path), () => ({
        bytesRead: model.read(descriptor, buffer, offset, length, position),
      })),
    write: (buffer, offset, length, position) =>
      run(life, call('write', path, true), () => {
        const count = faults.writes === 'short' ? Math.ceil(length / 2) : length;
        const bytes = buffer.subarray(offset, offset + count);
        return { bytesWritten: model.write(descriptor, bytes, position) };
      }),
    writeFile: (text) =>
      run(life, call('write', path, true), () => model.writeText(descriptor, text)),
    stat: () => run(life, call('fstat', path), () => model.fstat(descriptor)),
    chown: (uid, gid) =>
      run(life, call('chown', path, true), () => model.fchown(descriptor, uid, gid)),
    chmod: (mode) => run(life, call('chmod', path, true), () => model.fchmod(descriptor, mode)),
    sync: () => run(life, call('sync', path, true), () => model.sync(descriptor), failSync),
    datasync: () =>
      run(life, call('datasync', path, true), () => model.datasync(descriptor), failSync),
    // A close that fails has closed all the same.
    close: () => run(life, call('close', path), close, close),
  };
}

const { O_CREAT, O_TRUNC } = constants;

function call(type: FileCall['type'], path: string, isMutating = false): FileCall {
  return { type, path, isMutating };
}

/** `onFault`: what the call does where it is made to fail. */
function run<T>(life: Life, it: FileCall, act: () => T, onFault?: () => void): Promise<T> {
  if (life.isOver) return never();
  const delayMs = life.latencyMs?.(it) ?? 0;
  if (delayMs <= 0) return perform(life, it, act, onFault);
  return new Promise((resolve) => {
    life.scheduler.schedule(() => {
      if (!life.isOver) resolve(perform(life, it, act, onFault));
    }, delayMs);
  });
}

function perform<T>(
  life: Life,
  it: FileCall,
  act: () => T,
  onFault: (() => void) | undefined,
): Promise<T> {
  if (it.isMutating) life.before?.(it);
  if (life.isOver) return never();
  let settle: () => Promise<T>;
  try {
    const errno = life.faults.errnoOf(it);
    if (errno !== undefined) {
      onFault?.();
      throw systemError(errno, it.type, it.path);
    }
    const value = act();
    settle = () => Promise.resolve(value);
  } catch (error) {
    settle = () => Promise.reject(error as Error);
  }
  if (it.isMutating) life.after?.(it);
  return life.isOver ? never() : settle();
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

function watch(
  life: Life,
  path: string,
  onChange: (name: string | undefined) => void,
  onError: () => void,
): { readonly close: () => void } {
  if (life.isOver) return { close: () => undefined };
  const { faults, model, scheduler } = life;
  if (faults.watches === 'refused') throw systemError('ENOSPC', 'watch', path);
  let waiting = new Set<string>();
  const tellAll = (): void => {
    const names = waiting;
    waiting = new Set();
    for (const name of names) if (life.watches.has(it)) onChange(name);
  };
  const stop = model.watch(path, (name = basename(path)) => {
    if (life.isOver || faults.watches === 'deaf') return;
    if (waiting.size === 0) scheduler.schedule(tellAll, 0);
    waiting.add(name);
  });
  const close = (): void => {
    life.watches.delete(it);
    stop();
  };
  const it = { close, fail: onError };
  life.watches.add(it);
  return it;
}
