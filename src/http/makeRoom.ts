/**
 * Room for whoever comes: beyond so many connections the one is ended that has been without a
 * request for longest, so that connections on which nothing is said keep nobody from an answer.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export function makeRoom(server: Server, connectionsMax: number): void {
  const open = new Set<unknown>();
  /** Those that are not being answered, longest first. */
  const silent = new Map<unknown, Socket>();
  const forget = (name: unknown): void => {
    open.delete(name);
    silent.delete(name);
  };
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    open.add(name);
    silent.set(name, socket);
    socket.once('close', () => forget(name));
    if (open.size <= connectionsMax) return;
    for (const [longest, its] of silent) {
      forget(longest);
      its.destroy();
      break;
    }
  });
  server.on('request', ({ socket }, response) => {
    const name = nameOf(socket);
    const its = silent.get(name);
    silent.delete(name);
    response.once('close', () => {
      if (open.has(name)) silent.set(name, its ?? socket);
    });
  });
}

/** Under TLS what a request comes on is another object than what was connected. */
function nameOf(socket: Socket): unknown {
  const { remoteAddress, remotePort } = socket;
  return remotePort === undefined ? socket : `${remoteAddress ?? ''} ${String(remotePort)}`;
}
