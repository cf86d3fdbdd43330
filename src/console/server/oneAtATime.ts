/**
 * One request at a time on a connection. Whoever sends the next before the answer, as no browser does,
 * is cut off: an answer that waits behind another is never told that its connection has gone, and
 * would keep for good what was reserved for it.
 */
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

export function oneAtATime(onRequest: RequestListener): RequestListener {
  const busy = new WeakSet<Socket>();
  return (request, response) => {
    const { socket } = request;
    if (busy.has(socket)) {
      socket.destroy();
      return;
    }
    busy.add(socket);
    const free = (): void => {
      busy.delete(socket);
    };
    response.once('finish', free);
    response.once('close', free);
    onRequest(request, response);
  };
}
