/**
 * Room for whoever comes: beyond so many connections the one is ended that has been without a
 * request for longest, so that connections on which nothing is said keep nobody from an answer.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export function makeRoom(server: Server, connectionsMax: number): void {
  const open = new Set<Socket>();
  /** Those that are not being answered, longest first. */
  const silent = new Set<Socket>();
  const forget = (socket: Socket): void => {
    open.delete(socket);
    silent.delete(socket);
  };
  server.on('connection', (socket) => {
    open.add(socket);
    silent.add(socket);
    socket.once('close', () => forget(socket));
    if (open.size <= connectionsMax) return;
    for (const longest of silent) {
      forget(longest);
      longest.destroy();
      break;
    }
  });
  server.on('request', ({ socket }, response) => {
    silent.delete(socket);
    response.once('close', () => {
      if (open.has(socket)) silent.add(socket);
    });
  });
}
