/** The model file system against the real one: the same calls give the same results and tree. */
import fc from 'fast-check';
import * as fs from 'node:fs';
import { join, posix } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import {
  type FileHandle,
  type FileStats,
  type FileSystem,
  nodeFileSystem,
} from '../../../src/clients/fileSystem.ts';
import { createKernel } from '../../../src/simulate/kernel/kernel.ts';
import { createFileSystemModel } from '../../../src/simulate/model/fileSystem.ts';
import { createFileSystemWire } from '../../../src/simulate/model/fileSystemWire.ts';
import { fcParams } from '../../support/seed.ts';
import { createTempDir } from '../../support/tempDir.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } =
  fs.constants;

type Command =
  | { readonly type: 'Open'; readonly path: string; readonly flags: number; readonly mode: number }
  | { readonly type: 'Write'; readonly slot: number; readonly text: string; readonly at: number }
  | { readonly type: 'WriteFile'; readonly slot: number; readonly text: string }
  | { readonly type: 'Read'; readonly slot: number; readonly length: number; readonly at: number }
  | { readonly type: 'Chmod'; readonly slot: number; readonly mode: number }
  | { readonly type: 'Stat' | 'Sync' | 'Close'; readonly slot: number }
  | { readonly type: 'StatPath' | 'Lstat' | 'List' | 'ReadFile' | 'Unlink'; readonly path: string }
  | { readonly type: 'Rename'; readonly path: string; readonly to: string }
  | { readonly type: 'Mkdir' | 'ChmodPath'; readonly path: string; readonly mode: number }
  | { readonly type: 'Truncate'; readonly path: string; readonly length: number }
  | { readonly type: 'Link'; readonly path: string; readonly target: string }
  | { readonly type: 'RemoveTree'; readonly path: string };

/** One file system under a root, and the little that the port does not offer. */
interface Side {
  readonly fileSystem: FileSystem;
  readonly symlink: (target: string, path: string) => void;
  readonly removeTree: (path: string) => void;
  /** Undefined where opening failed. */
  readonly handles: (FileHandle | undefined)[];
}

const path = fc.constantFrom('a', 'b', 'd', 'd/a', 'd/b', 'd/e', 'd/e/a', 'l', 'l/a', 'd/l');
const slot = fc.nat(3);
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('x'.repeat(5000), 'ä\n'.repeat(40)),
);
const mode = fc.constantFrom(0o600, 0o644, 0o666, 0o700, 0o755, 0o777);
const flags = fc.constantFrom(
  ...[O_RDONLY, O_RDWR, O_WRONLY | O_CREAT, O_RDWR | O_CREAT | O_TRUNC, O_WRONLY | O_TRUNC],
  ...[O_RDONLY | O_DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, O_RDONLY | O_NOFOLLOW],
  ...[O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, O_RDWR | O_CREAT, O_WRONLY | O_NOFOLLOW],
);
const byPath = fc.constantFrom('StatPath', 'Lstat', 'List', 'ReadFile', 'Unlink');

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('Open'), path, flags, mode }) },
  fc.record({ type: fc.constant('Write'), slot, text, at: fc.nat(6000) }),
  fc.record({ type: fc.constant('WriteFile'), slot, text }),
  fc.record({ type: fc.constant('Read'), slot, length: fc.nat(6000), at: fc.nat(20) }),
  fc.record({ type: fc.constant('Chmod'), slot, mode }),
  fc.record({ type: fc.constantFrom('Stat', 'Sync', 'Close'), slot }),
  { weight: 4, arbitrary: fc.record({ type: byPath, path }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('Rename'), path, to: path }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('Mkdir', 'ChmodPath'), path, mode }) },
  fc.record({ type: fc.constant('Truncate'), path, length: fc.nat(6000) }),
  fc.record({
    type: fc.constant('Link'),
    path,
    target: fc.constantFrom('a', 'd', 'l', 'e', 'none', '../a', 'd/e'),
  }),
  fc.record({ type: fc.constant('RemoveTree'), path }),
);

function perform(side: Side, root: string, it: Command): unknown {
  const { fileSystem, handles } = side;
  const at = 'path' in it ? join(root, it.path) : '';
  const handle = 'slot' in it ? handles[it.slot % Math.max(1, handles.length)] : undefined;
  switch (it.type) {
    case 'Open':
      return fileSystem.open(at, it.flags, it.mode).then(
        (opened) => void handles.push(opened),
        (error: unknown) => {
          handles.push(undefined);
          throw error;
        },
      );
    case 'Write': {
      const bytes = Buffer.from(it.text);
      return handle?.write(bytes, 0, bytes.length, it.at).then(({ bytesWritten }) => bytesWritten);
    }
    case 'WriteFile':
      return handle?.writeFile(it.text, 'utf8');
    case 'Read': {
      const buffer = Buffer.alloc(it.length);
      return handle
        ?.read(buffer, 0, it.length, it.at)
        .then(({ bytesRead }) => buffer.toString('utf8', 0, bytesRead));
    }
    case 'Chmod':
      return handle?.chmod(it.mode);
    case 'Stat':
      return handle?.stat().then(essence);
    case 'Sync':
      return handle?.sync();
    case 'Close':
      return handle?.close();
    case 'StatPath':
      return fileSystem.stat(at).then(essence);
    case 'Lstat':
      return fileSystem.lstat(at).then(essence);
    case 'List':
      return fileSystem.readdir(at).then((names) => names.sort());
    case 'ReadFile':
      return fileSystem.readFile(at, 'utf8');
    case 'Unlink':
      return fileSystem.unlink(at);
    case 'Rename':
      return fileSystem.rename(at, join(root, it.to));
    case 'Mkdir':
      return fileSystem.mkdir(at, { recursive: true, mode: it.mode });
    case 'ChmodPath':
      return fileSystem.chmod(at, it.mode);
    case 'Truncate':
      return fileSystem.truncate(at, it.length);
    case 'Link':
      side.symlink(it.target, at);
      return undefined;
    case 'RemoveTree':
      side.removeTree(at);
      return undefined;
  }
}

function essence(stats: FileStats): unknown {
  const { mode: bits, uid, gid, size } = stats;
  const kind = [stats.isFile(), stats.isDirectory(), stats.isSymbolicLink(), stats.isFIFO()];
  return { bits, uid, gid, kind, size: stats.isDirectory() ? undefined : size };
}

/** The value, or the code of the error. */
async function outcomeOf(side: Side, root: string, it: Command): Promise<unknown> {
  try {
    return await perform(side, root, it);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error.code;
    throw error;
  }
}

/** What Node makes of those with `recursive` depends on how many directories are missing. */
async function leadsNowhere({ fileSystem }: Side, root: string, it: Command): Promise<boolean> {
  if (it.type !== 'Mkdir') return false;
  const parts = it.path.split('/');
  for (const [index] of parts.entries()) {
    const at = join(root, ...parts.slice(0, index + 1));
    const entry = await fileSystem.lstat(at).catch(() => undefined);
    const target = await fileSystem.stat(at).catch(() => undefined);
    if (entry?.isSymbolicLink() === true && target === undefined) return true;
  }
  return false;
}

async function treeOf({ fileSystem }: Side, at: string): Promise<unknown> {
  const stats = await fileSystem.lstat(at);
  if (stats.isDirectory()) {
    const names = (await fileSystem.readdir(at)).sort();
    const entries = names.map(async (name) => [
      name,
      await treeOf({ fileSystem } as Side, join(at, name)),
    ]);
    return [essence(stats), ...(await Promise.all(entries))];
  }
  return [essence(stats), stats.isFile() ? await fileSystem.readFile(at, 'utf8') : undefined];
}

async function play(root: string, commands: readonly Command[]): Promise<void> {
  const kernel = createKernel(Date.UTC(2026, 0));
  const model = createFileSystemModel({
    nowMs: kernel.now,
    umask: process.umask(),
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
  });
  model.mkdir(root, 0o755);
  const scheduler = kernel.schedulerFor(() => false);
  const { fileSystem } = createFileSystemWire({ model, scheduler });
  const { symlink, removeTree } = model;
  const simulated: Side = { fileSystem, symlink, removeTree, handles: [] };
  const real: Side = {
    fileSystem: nodeFileSystem,
    symlink: (target, at) => fs.symlinkSync(target, at),
    removeTree: (at) => fs.rmSync(at, { recursive: true, force: true }),
    handles: [],
  };
  try {
    for (const it of commands) {
      if (await leadsNowhere(simulated, root, it)) continue;
      expect(await outcomeOf(simulated, root, it)).toEqual(await outcomeOf(real, root, it));
    }
    expect(await treeOf(simulated, root)).toEqual(await treeOf(real, root));
  } finally {
    await Promise.all(real.handles.map((one) => one?.close().catch(() => undefined)));
  }
}

describe('the model file system', () => {
  it('answers every script of calls as the real one does, and ends with the same tree', async () => {
    const temp = await createTempDir('model');
    let run = 0;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 60 }), async (commands) => {
          // One deeper, so that no link leads out of this run.
          const own = posix.join(temp.path, String(run++));
          const root = posix.join(own, 'root');
          fs.mkdirSync(root, { mode: 0o755, recursive: true });
          await play(root, commands);
          fs.rmSync(own, { recursive: true, force: true });
        }),
        fcParams(300),
      );
    } finally {
      await temp.remove();
    }
  });
});
