/** Listening on a unix socket that only its owner may open, at a path that nobody else uses. */
import { chmod, lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { listenOn } from './listenOn.ts';

/** Undefined when it listens, else why not. A socket that a dead process has left is replaced. */
export async function listenOnSocket(server: Server, path: string): Promise<string | undefined> {
  // A longer path is cut off by the system without a word, and then exists nowhere.
  if (Buffer.byteLength(path) > 107) return `the path is too long for this system: ${path}`;
  const inTheWay = await removeStaleSocket(path);
  if (inTheWay !== undefined) return inTheWay;
  const failure = await listenPrivately(() => listenOn(server, { path }));
  if (failure !== undefined) return `cannot listen on ${path}: ${failure}`;
  await chmod(path, 0o600);
  return undefined;
}

/** The socket is never open to others, not even between its making and the chmod. */
function listenPrivately(listen: () => Promise<string | undefined>): Promise<string | undefined> {
  const before = process.umask(0o177);
  // The socket is made before `listen` returns; nothing else can be made in between.
  const listening = listen();
  process.umask(before);
  return listening;
}

async function removeStaleSocket(path: string): Promise<string | undefined> {
  try {
    const found = await lstat(path);
    if (!found.isSocket()) return `${path} is in the way: it is not a socket`;
    if (found.uid !== process.geteuid?.()) return `${path} is in the way: it is somebody else's`;
    if (await isAnswered(path)) return `${path} is in use by another process`;
    await unlink(path);
    return undefined;
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isAbsent ? undefined : `cannot remove ${path}: ${String(error)}`;
  }
}

/** Only a refused connection says that nobody listens any more. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', (error) => settle(!('code' in error && error.code === 'ECONNREFUSED')));
  });
}
