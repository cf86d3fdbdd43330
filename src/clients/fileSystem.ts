/**
 * The file system as supervene uses it: what `node:fs/promises` offers, and no more of it.
 *
 * Shapes and errors are Node's: a call that fails rejects with an `Error` whose `code` is the name of
 * the errno (`ENOENT`). A port, so that the simulator can put a disk of its own in its place.
 */
import { randomBytes } from 'node:crypto';
import { watch } from 'node:fs';
import * as promises from 'node:fs/promises';

/** Node's `Stats` with numbers, or with `{ bigint: true }`. */
export interface FileStats<Amount extends number | bigint = number> {
  readonly dev: Amount;
  readonly ino: Amount;
  /** With the bits of the kind. */
  readonly mode: Amount;
  readonly uid: Amount;
  readonly gid: Amount;
  /** Bytes. */
  readonly size: Amount;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
}

export interface BigFileStats extends FileStats<bigint> {
  /** Whole milliseconds since the epoch. */
  readonly ctimeMs: bigint;
  /** Since the epoch. */
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

export interface FileHandle {
  /** May read less than was asked for; 0 at the end. */
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  /** May write less than was asked for. */
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  /** Everything, from where the descriptor stands. */
  writeFile(text: string, encoding: 'utf8'): Promise<void>;
  stat(): Promise<FileStats>;
  chown(uid: number, gid: number): Promise<void>;
  chmod(mode: number): Promise<void>;
  /** Content and metadata; of a directory: its entries. After a failure what was lost stays lost. */
  sync(): Promise<void>;
  /** Content, and of the metadata only what is needed to read it back. */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** A name in the watched directory, or undefined when it is not known which. */
export type WatchDirectory = (
  path: string,
  onChange: (name: string | undefined) => void,
  onError: () => void,
) => { readonly close: () => void };

export interface FileSystem {
  /** `flags` are `constants.O_…`. */
  open(path: string, flags: number, mode?: number): Promise<FileHandle>;
  stat(path: string): Promise<FileStats>;
  stat(path: string, options: { readonly bigint: true }): Promise<BigFileStats>;
  lstat(path: string): Promise<FileStats>;
  lstat(path: string, options: { readonly bigint: true }): Promise<BigFileStats>;
  /** In no order. */
  readdir(path: string): Promise<string[]>;
  readFile(path: string): Promise<Buffer>;
  readFile(path: string, encoding: 'utf8'): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  mkdir(
    path: string,
    options: { readonly recursive: true; readonly mode: number },
  ): Promise<unknown>;
  chmod(path: string, mode: number): Promise<void>;
  truncate(path: string, length: number): Promise<void>;
  /** inotify. Throws when it is not to be had; `onError` when it is lost later. */
  readonly watch: WatchDirectory;
}

/** What whoever makes files needs. */
export interface FileDeps {
  readonly fileSystem: FileSystem;
  /** 16 hexadecimal digits for the name of a temporary file, never the same twice. */
  readonly nonce: () => string;
}

export const nodeFileSystem: FileSystem = {
  open: promises.open,
  stat: promises.stat,
  lstat: promises.lstat,
  readdir: promises.readdir,
  readFile: promises.readFile,
  rename: promises.rename,
  unlink: promises.unlink,
  mkdir: promises.mkdir,
  chmod: promises.chmod,
  truncate: promises.truncate,
  watch: (path, onChange, onError) => {
    const watcher = watch(path, (_type, name) => {
      onChange(name ?? undefined);
    });
    watcher.on('error', onError);
    return watcher;
  },
};

export const nodeFileDeps: FileDeps = {
  fileSystem: nodeFileSystem,
  nonce: () => randomBytes(8).toString('hex'),
};
